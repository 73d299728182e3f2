"""The real server as a process: `vm-affinity serve` over TLS on a free port of 127.0.0.1."""

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

SECONDS = 30
VM_AFFINITY = (sys.executable, "-m", "webhook")


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def make_certificates(folder: Path, *options: str) -> None:
    """Make or renew a set for 127.0.0.1 with the project's own command."""
    command = [sys.executable, "-m", "certs", "init", "--dir", str(folder), "--ip", "127.0.0.1"]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=SECONDS)


@dataclass
class Server:
    """A running server and the CA that its clients trust."""

    process: subprocess.Popen[str]
    port: int
    tls: Path
    clients: list[HTTPSConnection] = field(default_factory=list)

    def connect(self, host: str = "127.0.0.1", ca: Path | None = None) -> HTTPSConnection:
        """A connection that verifies the server's certificate and name; closed at the end."""
        context = ssl.create_default_context(cafile=str(ca or self.tls / "ca.crt"))
        self.clients.append(HTTPSConnection(host, self.port, timeout=10, context=context))
        return self.clients[-1]

    def get(self, path: str) -> tuple[int, str]:
        """GET over a connection of its own."""
        connection = self.connect()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        """Until /readyz says so; fails with what the process said when it ended instead."""
        deadline, tick = time.monotonic() + SECONDS, threading.Event()
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended: {self.process.communicate()}")
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except (OSError, HTTPException):
                tick.wait(0.05)
        raise AssertionError(f"not ready after {SECONDS} s")


def post(connection: HTTPSConnection, path: str, body: Any) -> tuple[int, str]:
    """POST a tree as JSON, or bytes as they are; the connection is kept."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, data, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def serve_command(tls: Path, *cluster: str) -> list[str]:
    """`vm-affinity serve` over these files, all but its --bind."""
    pair = ["--tls-cert", f"{tls / 'tls.crt'}", "--tls-key", f"{tls / 'tls.key'}"]
    return [*VM_AFFINITY, "serve", "--cluster", *cluster, *pair]


@contextmanager
def serving(
    tls: Path, *cluster: str, command: list[str] | None = None, env: dict[str, str] | None = None
) -> Iterator[Server]:
    """The server (or another one that takes --bind), ready; it is ended with the block."""
    port = free_port()
    process = subprocess.Popen(
        [*(command or serve_command(tls, *cluster)), "--bind", f"127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    server = Server(process, port, tls)
    try:
        server.wait_until_ready()
        yield server
    finally:
        for client in server.clients:
            client.close()
        process.terminate()
        try:
            process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
