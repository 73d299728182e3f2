"""The store over HTTP/1.1: keep-alive, chunked watches, and /control for the bench.

GET  /control/status   what was sent, listed and is watched, as JSON
POST /control/start    changes at `pods` and `nodes` per second, until
POST /control/stop     which tells how many were made, and in how many seconds
POST /control/mark     a pod behind all changes so far; answers the uid of its controller
POST /control/relist   410 Gone to every watch of pods; status then tells when the list is done
"""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.bench.api.churn import Churn, paced
from tests.bench.api.store import Collection, Expired, Log, Store
from tests.kube.api_server import status_object

VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.3"}
BOOKMARK_SECONDS = 20.0
IDLE_SECONDS = 300


@dataclass
class Stream:
    """A running stream of changes: its threads, and what they did by kind."""

    going: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    done: dict[str, tuple[int, float]] = field(default_factory=dict)


class Bulk:
    """What the server is asked to do; one stream of changes at a time."""

    def __init__(self, store: Store, seed: int = 1) -> None:
        self.store = store
        self.churn = Churn(store, seed)
        self.lines: Counter[str] = Counter()
        self.pages: Counter[str] = Counter()
        self.watches: Counter[str] = Counter()
        #: When pods were last told 410, their list was begun, and they were watched again.
        self.relist: dict[str, float] = {}
        self._stream: Stream | None = None
        self._marker = ""

    def status(self) -> dict[str, object]:
        """Counters since the start, by kind, and the last relist in seconds of this process."""
        return {
            "objects": {kind: len(each) for kind, each in self.store.collections.items()},
            "lines": self.lines,
            "pages": self.pages,
            "watches": self.watches,
            "relist": self.relist,
            "now": time.monotonic(),
        }

    def start(self, pods: float, nodes: float) -> None:
        """Begin a stream of changes at these rates per second; 0 is none."""
        self.stop()
        stream = self._stream = Stream()
        stream.going.set()
        acts = {"Pod": (pods, self.churn.pod_event), "Node": (nodes, self.churn.node_event)}
        for kind, (rate, act) in acts.items():
            if rate:
                run = threading.Thread(target=_changes, args=(stream, kind, rate, act), daemon=True)
                stream.threads.append(run)
                run.start()

    def stop(self) -> dict[str, tuple[int, float]]:
        """End the stream; the changes made by kind, and in how many seconds."""
        stream, self._stream = self._stream, None
        if stream is None:
            return {}
        stream.going.clear()
        for thread in stream.threads:
            thread.join()
        return stream.done

    def mark(self) -> str:
        """Write a marker behind all changes of pods, in place of the last one."""
        if self._marker:
            self.churn.unmark(self._marker)
        self._marker = self.churn.mark()
        return self._marker

    def expire(self) -> None:
        """Make whoever watches pods list them again."""
        self.relist = {"told": time.monotonic()}
        self.store.collections["Pod"].expire()

    def saw_page(self, kind: str, first: bool) -> None:
        """A page was asked for."""
        self.pages[kind] += 1
        if kind == "Pod" and first and "told" in self.relist:
            self.relist.setdefault("begun", time.monotonic())

    def saw_watch(self, kind: str) -> None:
        """A watch was asked for: what was listed has been taken in."""
        self.watches[kind] += 1
        if kind == "Pod" and "begun" in self.relist:
            self.relist.setdefault("done", time.monotonic())


def _changes(stream: Stream, kind: str, rate: float, act) -> None:
    stream.done[kind] = paced(rate, act, stream.going.is_set)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    bulk: Bulk
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_GET(self):
        """A page, a watch, the version, or the status."""
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        collection = self.bulk.store.at(url.path)
        try:
            if url.path == "/version":
                self._json(VERSION)
            elif url.path == "/control/status":
                self._json(self.bulk.status())
            elif collection is None:
                self._status(404, "NotFound", f"{url.path} is not served")
            elif query.get("watch"):
                self._watch(collection, query)
            else:
                self._list(collection, query)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_POST(self):
        """Do what /control says."""
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        match url.path:
            case "/control/start":
                self.bulk.start(float(query.get("pods", 0)), float(query.get("nodes", 0)))
                self._json({})
            case "/control/stop":
                self._json(self.bulk.stop())
            case "/control/mark":
                self._json({"uid": self.bulk.mark()})
            case "/control/relist":
                self.bulk.expire()
                self._json({})
            case _:
                self._status(404, "NotFound", f"{url.path} is not served")

    def _list(self, collection: Collection, query: dict[str, str]) -> None:
        token = query.get("continue", "")
        self.bulk.saw_page(collection.kind, first=not token)
        try:
            page = collection.page(self.bulk.store.version, int(query.get("limit", 0)), token)
        except Expired as error:
            self._status(410, "Expired", str(error))
        else:
            self._send(200, page)

    def _watch(self, collection: Collection, query: dict[str, str]) -> None:
        """Send changes as they come, each in a chunk of its own, and bookmarks in between."""
        version, ends = int(query["resourceVersion"]), time.monotonic()
        ends += float(query.get("timeoutSeconds", IDLE_SECONDS))
        self.bulk.saw_watch(collection.kind)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        epoch, left = collection.epoch, ends - time.monotonic()
        while left > 0:
            try:
                lines, version = _awaited(collection, version, epoch, min(left, BOOKMARK_SECONDS))
            except Expired as error:
                self._chunks(
                    [_line("ERROR", json.loads(status_object(410, "Expired", f"{error}")))]
                )
                break
            self._chunks(lines or [_bookmark(collection, version)])
            self.bulk.lines[collection.kind] += len(lines)
            left = ends - time.monotonic()
        self._chunks([b""])

    def _chunks(self, pieces: list[bytes]) -> None:
        self.wfile.write(b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces))
        self.wfile.flush()

    def _json(self, content: object) -> None:
        self._send(200, json.dumps(content).encode())

    def _status(self, code: int, reason: str, message: str) -> None:
        self._send(code, status_object(code, reason, message))

    def _send(self, code: int, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Stay silent."""


def _awaited(
    collection: Collection, version: int, epoch: int, seconds: float
) -> tuple[list[bytes], int]:
    """The changes after a version, waited for so long; raises Expired."""
    log: Log = collection.log
    with collection.changed:
        if collection.epoch == epoch and log.since(version)[1] == version:
            collection.changed.wait(seconds)
        if collection.epoch != epoch:
            raise Expired("the bench wants a relist")
        return log.since(version)


def _line(type_: str, object_: object) -> bytes:
    return json.dumps({"type": type_, "object": object_}).encode() + b"\n"


def _bookmark(collection: Collection, version: int) -> bytes:
    metadata = {"resourceVersion": str(version)}
    return _line("BOOKMARK", {"kind": collection.kind, "metadata": metadata})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Stay silent: the client hangs up as it pleases."""


def server(store: Store, port: int, seed: int = 1) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 that is not running yet."""
    handler = type("BulkHandler", (Handler,), {"bulk": Bulk(store, seed)})
    return _Server(("127.0.0.1", port), handler)
