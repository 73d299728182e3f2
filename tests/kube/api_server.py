"""A small API server on the loopback interface, which records what it is asked.

It knows GET and server-side apply of the objects that a test puts in, and answers
what a test tells it to. The client under test is the real one, over a real socket.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import yaml

HELD_SECONDS, BYTE_SECONDS = 20, 0.02
TOKEN = "a-token-that-nobody-may-see"  # noqa: S105 - made up, so that tests can look for it


@dataclass(frozen=True)
class Recorded:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self):
        """Read the body."""
        return json.loads(self.body)


@dataclass
class ApiServer:
    """What the server knows, was told to answer, and has seen."""

    url: str = ""
    objects: dict[str, dict] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    requests: list[Recorded] = field(default_factory=list)
    #: Answers wait for it, if only between their bytes.
    released: threading.Event = field(default_factory=threading.Event)
    holds: str = ""

    def hold(self, what: str) -> None:
        """Hold back "all" of every answer, or give its "body" in single bytes, until released."""
        self.holds = what

    def pieces(self, content: bytes) -> Iterator[bytes]:
        """The body as it goes over the wire."""
        if self.holds != "body":
            yield content
            return
        for byte in content:
            self.released.wait(BYTE_SECONDS)
            yield bytes([byte])

    def answer(self, request: Recorded) -> tuple[int, bytes]:
        """Answer as told for this method, else as an API server would."""
        self.requests.append(request)
        if self.holds == "all":
            self.released.wait(HELD_SECONDS)
        if request.method in self.answers:
            return self.answers[request.method]
        found = self.objects.get(request.path)
        if found is None:
            return 404, status_object(404, "NotFound", f'"{request.path}" not found')
        return 200, json.dumps(found).encode()

    def kubeconfig(self, folder: Path, token: str = TOKEN) -> str:
        """Write a kubeconfig that leads here, with two contexts, and return its path."""
        entry = {"cluster": "loopback", "user": "tester"}
        path = folder / "kubeconfig"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [
                {"name": "loopback", "cluster": {"server": self.url}},
                {"name": "nowhere", "cluster": {"server": "http://127.0.0.1:1"}},
            ],
            "users": [{"name": "tester", "user": {"token": token}}],
            "contexts": [
                {"name": "here", "context": entry},
                {"name": "away", "context": {**entry, "cluster": "nowhere"}},
            ],
        }
        path.write_text(yaml.safe_dump(content), "utf-8")
        return str(path)


def status_object(code: int, reason: str, message: str) -> bytes:
    """Write a failure as the API server does."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    return json.dumps({**status, "code": code, "reason": reason, "message": message}).encode()


def webhook_configuration(kind: str, name: str, *webhooks: str) -> dict:
    """Make a webhook configuration whose caBundle is not set yet."""
    service = {"name": "vm-affinity-webhook", "namespace": "vm-affinity-system"}
    entries = [{"name": each, "clientConfig": {"service": service}} for each in webhooks]
    api_version = "admissionregistration.k8s.io/v1"
    metadata = {"name": name, "resourceVersion": "7"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "webhooks": entries}


def ca_bundles(request: Recorded) -> dict[str, bytes]:
    """Read which webhook an apply gives which bundle."""
    return {
        each["name"]: base64.b64decode(each["clientConfig"]["caBundle"])
        for each in request.json()["webhooks"]
    }


@contextmanager
def running() -> Iterator[ApiServer]:
    """Serve on a free port until the block ends."""
    state = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            query, headers = dict(parse_qsl(url.query)), dict(self.headers)
            code, content = state.answer(Recorded(self.command, url.path, query, headers, body))
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(OSError):  # who asked may be gone
                for piece in state.pieces(content):
                    self.wfile.write(piece)

        do_PATCH = do_PUT = do_GET

        def log_message(self, *_):
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            state.released.set()
            server.shutdown()
            thread.join()
