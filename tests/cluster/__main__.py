"""python -m tests.cluster build | up | status | down: the local control plane for people."""

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any, TextIO

from tests.cluster import assets
from tests.cluster.control_plane import ControlPlane
from tests.cluster.go_build import NotBuilt
from tests.cluster.product import Product
from tests.cluster.waiting import until

UP_SECONDS, DOWN_SECONDS = 180, 60
STATE, LOCK, LOG = "cluster.json", "cluster.lock", "cluster.log"
KUBECONFIG = "cluster.kubeconfig"
"""A link at a place that stays, so that a shell need not be told twice."""


def run_product(cluster: ControlPlane) -> None:
    """Install the product; its processes are logged, restarted, and end with the cluster."""
    Product(cluster).install()
    print(
        "The webhook and the reconciler run in it, as vm-affinity-system/vm-affinity.", flush=True
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one of the four things."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    commands = {"build": _build, "up": _up, "status": _status, "down": _down}
    parser.add_argument("command", choices=[*commands, "supervise"], metavar="|".join(commands))
    chosen = parser.parse_args(arguments).command
    try:
        return {**commands, "supervise": _supervise}[chosen]()
    except (NotBuilt, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1


def _build() -> int:
    """Find or build the programs, so that nothing after it has to wait for a compiler."""
    assets.ensure()
    return 0


def _up() -> int:
    if _running():
        print("It is up already.")
        return _status()
    assets.ensure()
    _file(STATE).unlink(missing_ok=True)
    with _file(LOG).open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster", "supervise"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    with _file(LOG).open() as log:
        until("the control plane is up", lambda: _told(log, child), UP_SECONDS)
    if _state() is None:
        return 1
    return _status()


def _told(log: TextIO, child: subprocess.Popen) -> bool:
    """Pass on what the supervisor says; true when there is nothing more to wait for."""
    is_over = _state() is not None or child.poll() is not None
    sys.stdout.write(log.read())
    sys.stdout.flush()
    return is_over


def _status() -> int:
    state = _state()
    if not _running() or state is None:
        print("No control plane is up; `make cluster-up` starts one.")
        return 1
    print(
        f"The logs are in {state['folder']}; docs/local-cluster.md tells how to make things fail;"
    )
    print("`make cluster-down` ends it. To use it:\n")
    print(f"export KUBECONFIG={_file(KUBECONFIG)}")
    print(f'export PATH="{state["programs"]}:$PATH"   # kubectl of the same release')
    return 0


def _down() -> int:
    if not _running():
        print("No control plane is up.")
        return 0
    os.kill(int(_file(LOCK).read_text("utf-8")), signal.SIGTERM)
    until("the control plane is down", lambda: not _running(), DOWN_SECONDS)
    print("The control plane is down.")
    return 0


def _supervise() -> int:
    """Hold the control plane until told to end; the lock is the sign of life, with our pid."""
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with _file(LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        with ControlPlane.start(say=_say) as cluster:
            _file(KUBECONFIG).unlink(missing_ok=True)
            _file(KUBECONFIG).symlink_to(cluster.kubeconfig)
            run_product(cluster)
            state = {
                "folder": str(cluster.folder),
                "programs": str(Path(cluster.assets["kubectl"]).parent),
            }
            part = _file(STATE).with_suffix(".part")
            part.write_text(json.dumps(state), "utf-8")
            part.rename(_file(STATE))
            ended.wait()
            _file(STATE).unlink()
            _file(KUBECONFIG).unlink()
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _running() -> bool:
    with _file(LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _state() -> Any:
    try:
        return json.loads(_file(STATE).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _file(name: str) -> Path:
    folder = assets.cache()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


if __name__ == "__main__":
    sys.exit(main())
