"""A proxy between one of our processes and the API server, with switches for what goes wrong.

The process gets a kubeconfig that leads here. Everything is passed on, its token too, over
TLS that is verified; a watch line by line. The switches:

* `kill`: end a process at one of its writes, before the API server hears of it, or after it
  has answered and before the process hears that;
* `troubles`: what the next line of a watch, or the next list, of a resource meets;
* `refuse` and `serve`: cut every connection and take no other, until told otherwise.
"""

import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.cluster.waiting import until

HOP_BY_HOP = frozenset(
    {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding"}
)
GONE = {"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "old"}
DRIBBLE, BREATH = 64, 0.001
"""A slow answer comes in single bytes, with this pause after so many."""

BROKEN = (OSError, http.client.HTTPException)


class What(StrEnum):
    """What can happen to the next line of a watch, or to a list."""

    GONE = "gone"
    """Instead of the line comes an ERROR event with code 410, and the end."""

    CUT = "cut"
    """Half of it comes, and then the connection is closed."""

    SLOW = "slow"
    """It comes byte by byte, and so does all that follows."""

    HANG = "hang"
    """Nothing comes any more, until `let_go` closes the connection."""


@dataclass(frozen=True)
class Trouble:
    """What happens to a resource, such as "pods"."""

    what: What
    resource: str
    on: str = "watch"


@dataclass(frozen=True)
class Request:
    """A request as it came in, and the status that the API server answered it with."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 0

    @property
    def writes(self) -> bool:
        """Whether it changes anything; Leases do not count."""
        return self.method != "GET" and "/leases" not in self.path

    @property
    def resource(self) -> str:
        """The last part of the path: of a list, the resource in the plural."""
        return self.path.rpartition("/")[2]

    def json(self) -> Any:
        """Read the body."""
        return json.loads(self.body or b"{}")


@dataclass
class Kill:
    """At which write, and when; `end` ends the process and returns when it is gone."""

    wanted: Callable[[Request], bool]
    before: bool
    end: Callable[[], object]
    done: threading.Event = field(default_factory=threading.Event)

    def carry_out(self) -> None:
        """End the process, then tell who waits for it."""
        self.end()
        self.done.set()


class Proxy:
    """One proxy; made by `between`."""

    def __init__(self, server: str, ca: str) -> None:
        self.url, self.writes = "", list[Request]()
        self.troubles: list[Trouble] = []
        self.kill: Kill | None = None
        self.refusing = False
        self.address = urlsplit(server)
        self.tls = ssl.create_default_context(cafile=ca)
        self.released = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()

    def kubeconfig(self, of: Path, name: str) -> Path:
        """Write a kubeconfig like another one, beside it, that leads here."""
        config = json.loads(of.read_text("utf-8"))
        config["clusters"][0]["cluster"] = {"server": self.url}
        path = of.parent / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config), "utf-8")
        return path

    def wait_for_troubles(self, seconds: float = 30) -> None:
        """Wait until every trouble has come about."""
        until("every trouble has come about", lambda: not self.troubles, seconds)

    def refuse(self) -> None:
        """Cut every connection, and take no other."""
        self.refusing = True
        self._shut_all()

    def serve(self) -> None:
        """Take connections again."""
        self.refusing = False

    def let_go(self) -> None:
        """Close what hangs."""
        self.released.set()

    def close(self) -> None:
        """End every request."""
        self.refuse()
        self.let_go()

    def due_kill(self, request: Request) -> Kill | None:
        """Take the kill that is meant for this request."""
        with self._lock:
            kill = self.kill
            if kill is None or not request.writes or not kill.wanted(request):
                return None
            self.kill = None
            return kill

    def due_trouble(self, resource: str, on: str) -> What | None:
        """Take the next trouble that is meant for this resource."""
        with self._lock:
            found = next((t for t in self.troubles if (t.resource, t.on) == (resource, on)), None)
            if found is None:
                return None
            self.troubles.remove(found)
            return found.what

    @contextmanager
    def holding(self, *sockets: socket.socket) -> Iterator[None]:
        """Keep sockets where `refuse` finds them; raises OSError while it is on."""
        with self._lock:
            self._sockets.update(sockets)
        try:
            if self.refusing:
                raise ConnectionAbortedError("told to refuse")
            yield
        finally:
            with self._lock:
                self._sockets.difference_update(sockets)

    def _shut_all(self) -> None:
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    # below TLS: its own shutdown is not for another thread than the reader's
                    socket.socket.shutdown(each, socket.SHUT_RDWR)


class _Hangup(ConnectionError):
    """Close the connection without another word."""


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Serve requests until either side is gone."""
        with suppress(*BROKEN), self.proxy.holding(self.connection):
            super().handle()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, url.path, dict(parse_qsl(url.query)), body)
        kill = self.proxy.due_kill(request)
        if kill is not None and kill.before:
            self._end(kill)
        with self._asked(request) as answer:
            if "watch" in request.query and answer.status == 200:
                self._watch(request, answer)
                return
            content = answer.read()
            if request.writes:
                status = answer.status
                done = Request(request.method, request.path, request.query, body, status)
                self.proxy.writes.append(done)
            if kill is not None:
                self._end(kill)
            self._send(request, answer, content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _end(self, kill: Kill) -> None:
        kill.carry_out()
        raise _Hangup

    @contextmanager
    def _asked(self, request: Request) -> Iterator[http.client.HTTPResponse]:
        """The API server's answer, over a connection of its own."""
        where = self.proxy.address
        upstream = http.client.HTTPSConnection(
            str(where.hostname), where.port, context=self.proxy.tls
        )
        try:
            upstream.connect()
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
            with self.proxy.holding(upstream.sock):
                upstream.request(self.command, self.path, request.body or None, headers)
                with closing(upstream.getresponse()) as answer:
                    yield answer
        finally:
            upstream.close()

    def _send(self, request: Request, answer: http.client.HTTPResponse, content: bytes) -> None:
        """Pass on an answer that is whole."""
        what = self.proxy.due_trouble(request.resource, "list") if not request.writes else None
        self._hang_if(what)
        self._head(answer, ("Content-Length", str(len(content))))
        if what is What.CUT:
            self.wfile.write(content[: len(content) // 2])
            raise _Hangup
        for piece in self._pieces(content, what is What.SLOW):
            self.wfile.write(piece)

    def _watch(self, request: Request, answer: http.client.HTTPResponse) -> None:
        """Pass a watch on, line by line, and its end as it came."""
        self._head(answer, ("Transfer-Encoding", "chunked"))
        slow = False
        while line := answer.readline():
            what = self.proxy.due_trouble(request.resource, "watch")
            self._hang_if(what)
            if what is What.GONE:
                line = json.dumps({"type": "ERROR", "object": GONE}).encode() + b"\n"
            elif what is What.CUT:
                self._chunk(line[: len(line) // 2])
                raise _Hangup
            slow = slow or what is What.SLOW
            for piece in self._pieces(line, slow):
                self._chunk(piece)
            if what is What.GONE:
                break
        self.wfile.write(b"0\r\n\r\n")

    def _hang_if(self, what: What | None) -> None:
        if what is What.HANG:
            self.proxy.released.wait()
            raise _Hangup

    def _pieces(self, content: bytes, slow: bool) -> Iterator[bytes]:
        if not slow:
            yield content
            return
        for number, byte in enumerate(content):
            if number % DRIBBLE == 0:
                self.proxy.released.wait(BREATH)
            yield bytes([byte])

    def _chunk(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def _head(self, answer: http.client.HTTPResponse, length: tuple[str, str]) -> None:
        self.send_response_only(answer.status, answer.reason)
        for key, value in answer.getheaders():
            if key.lower() not in HOP_BY_HOP:
                self.send_header(key, value)
        self.send_header(*length)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined at the end

    def handle_error(self, *_: object) -> None:
        """Stay silent: connections are cut here all the time."""


@contextmanager
def between(server: str, ca: str | os.PathLike[str]) -> Iterator[Proxy]:
    """Run a proxy to an API server until the block ends."""
    proxy = Proxy(server, str(ca))
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    with _Server(("127.0.0.1", 0), handler) as listening:
        proxy.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            listening.shutdown()
            thread.join()
            proxy.close()
