"""Start and end the processes: API server, webhook and echo, each with its log in a folder."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.processes import usage
from tests.bench.processes.connection import Connection, get, post
from tests.kube.api_server import ApiServer
from tests.serving import SECONDS, free_port, make_certificates
from webhook.config import ALLOCATOR, Settings

GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "python:webhook.gunicorn_conf")
APPS = "tests.bench.processes.apps"
POLL_SECONDS = 0.05
PR_SET_PDEATHSIG = 1


class NotRunning(Exception):
    """A process ended, or did not get ready in time; says which, and where its log is."""


@dataclass(frozen=True)
class Served:
    """A gunicorn with one worker behind TLS."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    ca: Path
    log: Path

    @property
    def worker(self) -> int:
        """The process that answers."""
        (worker,) = usage.children(self.process.pid)
        return worker

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection; none is kept for long, as the server closes one that is silent."""
        with closing(Connection(self.port, self.ca)) as connection:
            yield connection

    def ready(self) -> bool:
        """Whether /readyz says so; raises NotRunning where nobody can."""
        if self.process.poll() is not None:
            raise NotRunning(f"{self.name} ended; its log is {self.log}")
        with suppress(OSError), self.connected() as connection:
            return connection.ask(get("/readyz"))[0] == 200
        return False

    def holds(self, uid: str) -> bool:
        """Whether the webhook's index has the pod whose controller has this uid."""
        with self.connected() as connection:
            return bool(json.loads(connection.ask(get(f"/holds/{uid}"))[1]))


@dataclass(frozen=True)
class Control:
    """The API server's /control paths."""

    port: int

    def tell(self, what: str) -> Any:
        """POST a command; its answer."""
        return self._answer(post(f"/control/{what}"))

    def status(self) -> Any:
        """What was sent, listed and is watched."""
        return self._answer(get("/control/status"))

    def _answer(self, request: bytes) -> Any:
        with closing(Connection(self.port)) as connection:
            return json.loads(connection.ask(request)[1])


@dataclass(frozen=True)
class Fleet:
    """All processes, ready.

    `seconds` is how long the webhook took to read the cluster, and `loaded` its memory then.
    """

    control: Control
    webhook: Served
    echo: Served
    seconds: float
    loaded: usage.Memory


def wait_until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> float:
    """Look again and again; the seconds that it took. Raises NotRunning."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() > began + seconds:
            raise NotRunning(f"{what}: not within {seconds:g} s")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - began


@contextmanager
def running(
    cluster: tuple[int, int, int], folder: Path, progress: Callable[[str], object] = str
) -> Iterator[Fleet]:
    """All processes over a cluster of (nodes, pods, seed); what they say goes to the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    make_certificates(folder / "tls", "--force")
    nodes, pods, _ = cluster
    with ExitStack() as stack:
        progress(f"starting an API server with {nodes:,} nodes and {pods:,} pods")
        port = free_port()
        api = stack.enter_context(_api(cluster, port, folder))
        _wait_for_word(api, folder)
        progress("the webhook reads the cluster")
        kubeconfig = ApiServer(url=f"http://127.0.0.1:{port}").kubeconfig(folder)
        webhook = stack.enter_context(_gunicorn("webhook", folder, kubeconfig))
        echo = stack.enter_context(_gunicorn("echo", folder))
        wait_until(echo.ready, "the echo answers")
        seconds = wait_until(webhook.ready, "the webhook is ready", 60 + pods / 200)
        loaded = usage.memory(webhook.worker)
        progress(f"ready after {seconds:.1f} s")
        yield Fleet(Control(port), webhook, echo, seconds, loaded)


@contextmanager
def _api(
    cluster: tuple[int, int, int], port: int, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    nodes, pods, seed = map(str, cluster)
    size = ["--nodes", nodes, "--pods", pods, "--seed", seed]
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.api", "--port", str(port), *size],
            stdout=subprocess.PIPE,
            stderr=log,
            preexec_fn=_die_with_parent,
        )
    try:
        yield process
    finally:
        end(process)


def _wait_for_word(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Until it says that it serves, or has ended."""
    assert process.stdout is not None
    if not process.stdout.readline().startswith(b"ready"):
        raise NotRunning(f"the API server ended; its log is {folder / 'api.log'}")


@contextmanager
def _gunicorn(name: str, folder: Path, kubeconfig: str = "") -> Iterator[Served]:
    """An application of apps.py under the settings that the webhook is deployed with."""
    port, tls = free_port(), folder / "tls"
    settings = Settings(
        bind=f"127.0.0.1:{port}",
        tls_cert=str(tls / "tls.crt"),
        tls_key=str(tls / "tls.key"),
        kubeconfig=kubeconfig,
    )
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*GUNICORN, f"{APPS}:{name}()"],
            stdout=out,
            stderr=out,
            env={**ALLOCATOR, **os.environ, **settings.to_env()},
            preexec_fn=_die_with_parent,
        )
    served = Served(name, process, port, tls / "ca.crt", log)
    try:
        yield served
    finally:
        end(process)


def _die_with_parent() -> None:
    """Whoever kills the bench ends what it started, too."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end(process: subprocess.Popen[bytes]) -> None:
    """Terminate it, and kill it if it does not listen."""
    process.terminate()
    try:
        process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
