"""A kube-scheduler extender that writes down which nodes passed all Filter plugins.

It refuses every node, so that nothing is ever bound and one pod gives a verdict for each node.
"""

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFUSAL = "passed every filter"
"""What the scheduler's text then counts these nodes under."""


class RecordingExtender:
    """The last answer for each pod, by uid: the names of the nodes that passed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._passed: dict[str, frozenset[str]] = {}

    def passed(self, uid: str) -> frozenset[str]:
        """Return the nodes that passed; a pod that no node passed is never asked about."""
        return self._passed.get(uid, frozenset())

    def forget(self) -> None:
        """Forget all pods."""
        self._passed.clear()

    def filter(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Answer an ExtenderArgs with an ExtenderFilterResult, whatever case its keys have."""
        given = {key.lower(): value for key, value in arguments.items()}
        names = given["nodenames"] or []
        self._passed[given["pod"]["metadata"]["uid"]] = frozenset(names)
        return {"NodeNames": [], "FailedNodes": dict.fromkeys(names, REFUSAL)}


@contextmanager
def recording(port: int) -> Iterator[RecordingExtender]:
    """Serve one on 127.0.0.1 for as long as the block."""
    extender = RecordingExtender(f"http://127.0.0.1:{port}")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits 40 ms for an acknowledgement

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(extender.filter(json.loads(asked))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of a scheduler that ended in the middle of a question."""
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)

    with Server(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield extender
        finally:
            server.shutdown()
