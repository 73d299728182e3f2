"""Run the demo: certificates, the server, six changes, the migration plan."""

import base64
import json
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path

import yaml
from jsonpatch import JsonPatch

from tests.demo import reviews

START_SECONDS = 30
CLI = (sys.executable, "-m", "webhook")


def main() -> None:
    """Print what a person would see of each change."""
    objects = reviews.recorded()
    with tempfile.TemporaryDirectory(prefix="vm-affinity-demo-") as name:
        folder = Path(name)
        extra = folder / "not-migratable.yaml"
        extra.write_text(yaml.safe_dump(reviews.not_migratable(objects)))
        cluster = [str(reviews.INVENTORY), str(extra)]
        run(sys.executable, "-m", "certs", "init", "--dir", str(folder / "tls"), "--ip=127.0.0.1")
        say("The cluster: 15 nodes, 61 pods, 8 VMs, recorded with kubectl get -A -o yaml.")
        say("The server: gunicorn over TLS with our own CA, as it runs in a cluster.\n")
        changed = []
        with serving(cluster, folder / "tls") as connect:
            for number, edit in enumerate(reviews.edits(objects), 1):
                say(f"{number}. {edit.title}")
                if apply(connect, objects, edit):
                    changed.append(edit)
        plan(objects, changed, cluster, folder)


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def run(*command: str) -> str:
    """Run a command of ours to its end; a failure ends the demo with its words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr or done.stdout)
    return done.stdout


@contextmanager
def serving(cluster: list[str], tls: Path) -> Iterator["Connect"]:
    """The server on a free port of 127.0.0.1, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [*CLI, "serve", "--cluster", *cluster, f"--bind=127.0.0.1:{port}"]
    command += [f"--tls-cert={tls / 'tls.crt'}", f"--tls-key={tls / 'tls.key'}"]
    server = subprocess.Popen(command)
    try:
        connect = Connect(port, tls / "ca.crt")
        connect.wait(server)
        yield connect
    finally:
        server.terminate()
        server.wait(START_SECONDS)


class Connect:
    """An HTTPS client that trusts nothing but the CA of the demo."""

    def __init__(self, port: int, ca: Path) -> None:
        self.port = port
        self.context = ssl.create_default_context(cafile=str(ca))

    def open(self) -> HTTPSConnection:
        """A connection whose certificate is verified."""
        return HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.context)

    def wait(self, server: subprocess.Popen) -> None:
        """Until the server answers /readyz."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and server.poll() is None:
            try:
                connection = self.open()
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        sys.exit("the server did not become ready")

    def send(self, path: str, review: dict) -> dict:
        """POST an AdmissionReview; returns its response."""
        connection = self.open()
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"{path}?timeout=5s", json.dumps(review), headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"{path} answered {answer.status}: {body.decode()}")
        response: dict = json.loads(body)["response"]
        return response


def apply(connect: Connect, objects: list[dict], edit: reviews.Edit) -> bool:
    """Send an edit through /mutate and /validate as the API server does; print the outcome."""
    old = reviews.find(objects, "VirtualMachine", edit.namespace, edit.name)
    new = reviews.edited(old, edit)
    say(indented(yaml.safe_dump(edit.fields, sort_keys=False), "     | "))
    say(f"   $ kubectl apply -n {edit.namespace} -f {edit.name}.yaml")
    stamped = connect.send("/mutate", reviews.review("/mutate", old, new))
    patch = JsonPatch.from_string(decoded(stamped["patch"]))
    answer = connect.send("/validate", reviews.review("/validate", old, patch.apply(new)))
    for warning in answer.get("warnings", ()):
        say(wrapped(f"Warning: {warning}"))
    if not answer["allowed"]:
        status = answer["status"]
        hook = 'admission webhook "validate.vmaffinity.io" denied the request'
        say(wrapped(f"Error from server ({status['reason']}): {hook}: {status['message']}") + "\n")
        return False
    say(f"   virtualmachine.kubevirt.io/{edit.name} configured")
    verdict = answer.get("auditAnnotations", {}).get("code")
    say("   verdict: " + ("VMA-001, it may stay where it is" if verdict else "it has to move"))
    say(f"   JSON patch: {json.dumps(patch.patch)}\n")
    return True


def decoded(patch: str) -> str:
    """The JSON text of a base64 patch."""
    return base64.b64decode(patch).decode()


def wrapped(text: str) -> str:
    """A long line, folded for reading."""
    return textwrap.fill(text, 100, initial_indent="   ", subsequent_indent="     ")


def indented(text: str, prefix: str) -> str:
    """A block of text behind a prefix."""
    return textwrap.indent(text.rstrip(), prefix)


def plan(
    objects: list[dict], changed: list[reviews.Edit], cluster: list[str], folder: Path
) -> None:
    """Print the plan for the cluster after KubeVirt has copied what was accepted."""
    trees = [
        reviews.edited(reviews.find(objects, kind, edit.namespace, edit.name), edit)
        for edit in changed
        for kind in ("VirtualMachine", "VirtualMachineInstance")
    ]
    copied = folder / "accepted.yaml"
    copied.write_text(yaml.safe_dump_all(trees))
    say("KubeVirt copies the accepted rules to the running VMIs and stops there. Our part:")
    say("   $ vm-affinity reconcile --cluster …")
    say(indented(run(*CLI, "reconcile", "--cluster", *cluster, str(copied)), "   "))


main()
