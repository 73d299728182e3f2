"""Children end in any case, and come back when they end by themselves."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.cluster import processes
from tests.cluster.ports import SIZE, reserved
from tests.cluster.processes import Processes, end_orphans, own_folder
from tests.cluster.waiting import until
from tests.cluster.webhooks import by_url

FOREVER = (sys.executable, "-c", "import threading; threading.Event().wait()")
KILLED_OWNER = """
import os, sys
from tests.cluster.processes import Processes, own_folder
with own_folder() as folder:
    children = Processes(folder)
    children.start("child", sys.argv[1:])
    print(folder, children.pid("child"), flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def children(tmp_path):
    """Run programs that end with the test."""
    made = Processes(tmp_path)
    yield made
    made.stop_all()


@pytest.mark.edge
def test_a_stopped_program_is_gone(children):
    children.start("child", FOREVER)
    pid = children.pid("child")
    children.stop("child")
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.edge
def test_a_program_that_ended_is_started_again(children):
    process = children.start("child", FOREVER)
    os.kill(children.pid("child"), 9)
    until("it runs again", lambda: process.restarts == 1)


@pytest.mark.edge
def test_who_ends_again_and_again_is_not_waited_for(children, monkeypatch):
    monkeypatch.setattr(processes, "FIRST_PAUSE", 0.001)
    process = children.start("child", ("false",))
    until("it ended often", lambda: process.restarts >= processes.UNSTABLE)
    with pytest.raises(RuntimeError, match="child ended 4 times in a row"):
        children.require_stable()


@pytest.mark.edge
def test_children_of_a_killed_owner_are_ended_by_the_next(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    owner = subprocess.run(
        [sys.executable, "-c", KILLED_OWNER, *FOREVER],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    folder, pid = owner.stdout.split()
    assert is_running(pid)
    with own_folder() as mine:
        until("the orphan is gone", lambda: not is_running(pid))
        assert not Path(folder).exists()
        end_orphans()
        assert mine.exists()


def is_running(pid: str) -> bool:
    """Whether a process is neither gone nor waiting to be reaped."""
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return False


def test_two_clusters_never_share_a_port():
    with reserved() as one, reserved() as two:
        assert abs(one.first - two.first) >= SIZE
        assert one["etcd"] == one["etcd"] != one["kube-apiserver"]


def test_a_webhook_is_called_by_url_on_its_own_path():
    service = {"name": "webhook", "namespace": "system", "path": "/validate"}
    manifest = {"webhooks": [{"name": "a", "clientConfig": {"service": service}}]}
    changed = by_url(manifest, "https://127.0.0.1:8443", b"pem")
    assert changed["webhooks"][0]["clientConfig"] == {
        "url": "https://127.0.0.1:8443/validate",
        "caBundle": "cGVt",
    }
    assert manifest["webhooks"][0]["clientConfig"] == {"service": service}
