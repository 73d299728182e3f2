"""The tiny API server over real HTTP, with faults by script.

Faults are queued per kind of request (list, page, watch, write); each request takes the
first that is meant for it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.kube.api_server import ApiServer, Recorded, status_object
from tests.kube.store import Refusal, Store, line

VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.2"}
LONGEST_WATCH = 30.0


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; a watch goes wrong after so many lines.

    what: status, eof, cut (in the middle of a line), gone (410 as an event), error (500 as an
    event), garbage (a line that is no JSON), bookmark (one, and the end), slow (single bytes),
    odd (an object without a resourceVersion), late (a write that is done and not answered).
    """

    what: str
    on: str = "watch"
    after: int = 0
    code: int = 500


@dataclass
class StoreServer(ApiServer):
    """The store, the faults to come, and all requests that were seen."""

    store: Store = field(default_factory=Store)
    faults: list[Fault] = field(default_factory=list)
    closing: bool = False

    def fault(self, on: str) -> Fault | None:
        """Take the next fault for this kind of request."""
        with self.store.changed:
            found = next((f for f in self.faults if f.on == on), None)
            if found is not None:
                self.faults.remove(found)
            return found

    def watches(self) -> int:
        """Count the watches that were asked for."""
        return sum("watch" in request.query for request in self.requests)

    def note(self, request: Recorded) -> None:
        """Remember a request, and wake up who waits for one."""
        with self.store.changed:
            self.requests.append(request)
            self.store.changed.notify_all()

    def wait_until(self, condition, seconds: float = 10.0) -> None:
        """Wait for a condition on the requests or the store; it must come true."""
        with self.store.changed:
            assert self.store.changed.wait_for(condition, seconds), "it never came true"


class _Hangup(Exception):
    """Close the connection without another word."""


class _Handler(BaseHTTPRequestHandler):
    state: StoreServer
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query, headers = dict(parse_qsl(url.query)), dict(self.headers)
        request = Recorded(self.command, url.path, query, headers, body)
        self.state.note(request)
        try:
            self._serve(request)
        except Refusal as refusal:
            self._send(refusal.code, status_object(refusal.code, refusal.reason, str(refusal)))
        except (_Hangup, BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_PATCH = do_POST = do_PUT = do_DELETE = do_GET

    def _serve(self, request):
        if request.path == "/version":
            self._refuse("version")
            self._send(200, json.dumps(VERSION).encode())
        elif request.method != "GET":
            self._write(request)
        else:
            self._read(request)

    def _write(self, request):
        fault = self._refuse("write")
        written = self.state.store.write(request.method, request.path, request.json())
        if fault is not None:
            raise _Hangup
        self._send(201 if request.method == "POST" else 200, json.dumps(written).encode())

    def _read(self, request):
        store = self.state.store
        collection, key = store.split(request.path)
        if key is not None:
            if key not in store.objects[collection]:
                raise Refusal(404, "NotFound", f"{request.path} not found")
            self._send(200, json.dumps(store.objects[collection][key]).encode())
        elif request.query.get("watch"):
            self._watch(collection, int(request.query["resourceVersion"]))
        else:
            fault = self._refuse("page" if request.query.get("continue") else "list")
            content = json.dumps(store.page(collection, request.query)).encode()
            self._send(200, content[: len(content) // 2] if fault else content)

    def _watch(self, collection, version):
        fault = self._refuse("watch") or Fault("none", after=1 << 30)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for number, said in enumerate(self._lines(collection, version, fault.after)):
            pieces = [bytes([byte]) for byte in said] if fault.what == "slow" else [said]
            if fault.what == "cut" and number == fault.after - 1:
                self._chunks([said[: len(said) // 2]])
                raise _Hangup
            self._chunks(pieces)
            version = json.loads(said)["object"].get("metadata", {}).get("resourceVersion")
        self._chunks([*self._last_words(fault, self._told(collection, int(version or 0))), b""])

    def _told(self, collection, version):
        """The version up to which a watch that stands at this one has missed nothing."""
        store = self.state.store
        with store.changed:
            missed_nothing = store.since(collection, version) == []
            return max(version, store.version) if missed_nothing else version

    def _lines(self, collection, version, limit):
        """Give the changes since a version and those to come, until the limit or the end."""
        store, told = self.state.store, 0
        while told < limit:
            with store.changed:
                changes = store.since(collection, version)
                if not changes and changes is not None and not self.state.closing:
                    store.changed.wait(LONGEST_WATCH)
                    continue
            if self.state.closing:
                return
            if changes is None:
                yield line("ERROR", {"code": 410, "message": "too old resource version"})
                return
            for change in changes[: limit - told]:
                told, version = told + 1, change.version
                yield line(change.type, change.object)

    def _last_words(self, fault, told):
        words = {
            "gone": line("ERROR", {"kind": "Status", "code": 410, "message": "too old"}),
            "error": line("ERROR", {"kind": "Status", "code": 500, "message": "etcd"}),
            "garbage": b'{"type": "ADDED", "object": {"metadata"\n',
            "odd": line("MODIFIED", {"metadata": {"name": "x"}}),
            "bookmark": line("BOOKMARK", {"metadata": {"resourceVersion": str(told)}}),
        }
        return [words[fault.what]] if fault.what in words else []

    def _refuse(self, on):
        """Answer with the status of a fault, or give the fault to be played."""
        fault = self.state.fault(on)
        if fault is not None and fault.what == "status":
            raise Refusal(fault.code, "Expired" if fault.code == 410 else "InternalError")
        return fault

    def _chunks(self, pieces):
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()

    def _send(self, code, content):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    block_on_close = True

    def handle_error(self, request, client_address):
        """Stay silent: the client hangs up as it pleases."""


@contextmanager
def serving() -> Iterator[StoreServer]:
    """Serve a store on a free port until the block ends."""
    state = StoreServer()
    handler = type("Handler", (_Handler,), {"state": state, "timeout": LONGEST_WATCH})
    with _Server(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            with state.store.changed:
                state.closing = True
                state.store.changed.notify_all()
            with suppress(OSError):
                server.shutdown()
            thread.join()
