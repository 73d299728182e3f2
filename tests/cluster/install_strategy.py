"""KubeVirt's CRDs, RBAC, webhooks and APIServices, as its own operator makes them.

`virt-operator --dump-install-strategy` computes them and stores them in a ConfigMap. No cluster is
needed for that: a stub takes the one POST and answers everything else with "not found".
"""

import base64
import gzip
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import yaml

SECONDS = 120
NOT_FOUND = {
    "apiVersion": "v1",
    "kind": "Status",
    "status": "Failure",
    "reason": "NotFound",
    "code": 404,
}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader in C where PyYAML has it: these are four megabytes."""


def objects(operator: Path, generator: Path, version: str) -> list[dict[str, Any]]:
    """Return every object of an installation of this version in the namespace kubevirt."""
    own_crd = subprocess.run(
        [generator, "--type=kv"], check=True, capture_output=True, text=True, timeout=SECONDS
    )
    documents = [own_crd.stdout, _dump(operator, version)]
    return [item for text in documents for item in yaml.load_all(text, _LOADER) if item]


def _dump(operator: Path, version: str) -> str:
    stored: list[dict[str, Any]] = []
    server = HTTPServer(("127.0.0.1", 0), _stub(stored))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    target = {
        "id": "local",
        "namespace": "kubevirt",
        "registry": "quay.io/kubevirt",
        "kubeVirtVersion": version,
    }
    settings = {
        "VIRT_OPERATOR_IMAGE": f"quay.io/kubevirt/virt-operator:{version}",  # only has to parse
        "TARGET_DEPLOYMENT_CONFIG": json.dumps(target),
    }
    master = f"--master=http://127.0.0.1:{server.server_port}"
    try:
        subprocess.run(
            [operator, master, "--dump-install-strategy"],
            check=True,
            capture_output=True,
            env={**os.environ, **settings},
            timeout=SECONDS,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return gzip.decompress(base64.b64decode(stored[0]["data"]["manifests"])).decode()


def _stub(stored: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Stub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(404, NOT_FOUND)

        def do_POST(self) -> None:
            stored.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(201, stored[-1])

        def _answer(self, code: int, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Stub
