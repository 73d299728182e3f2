"""An HTTP/1.1 client for measurements: prepared bytes out, a body of known length in.

What it costs is the same for every server, and it is in every figure; the lighter, the better.
"""

import socket
import ssl
from pathlib import Path

READ = 1 << 16
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Connection:
    """One connection over TLS to 127.0.0.1, kept open; without a CA, over plain TCP."""

    def __init__(self, port: int, ca: Path | None = None, seconds: float = 60.0) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket: socket.socket = plain
        if ca is not None:
            context = ssl.create_default_context(cafile=str(ca))
            self._socket = context.wrap_socket(plain, server_hostname="127.0.0.1")

    def ask(self, prepared: bytes) -> tuple[int, bytes]:
        """Send a request and wait for its answer: status and body. Raises ConnectionError."""
        self._socket.sendall(prepared)
        received = self._received()
        while (end := received.find(_END)) < 0:
            received += self._received()
        head = received[:end].lower()
        _, found, after = head.partition(_LENGTH)
        if not found:
            raise ConnectionError("an answer of unknown length cannot be read")
        length = after.split(b"\r\n", 1)[0]
        parts, left = [received[end + len(_END) :]], int(length) - len(received) + end + len(_END)
        while left > 0:
            parts.append(self._received())
            left -= len(parts[-1])
        return int(head[9:12]), b"".join(parts)

    def _received(self) -> bytes:
        received = self._socket.recv(READ)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def post(path: str, body: bytes = b"") -> bytes:
    """A POST of JSON, ready to be sent."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str) -> bytes:
    """A GET, ready to be sent."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
