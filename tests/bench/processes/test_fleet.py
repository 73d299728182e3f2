"""Processes that do not come up, and waiting that ends."""

import subprocess
import sys

import pytest

from tests.bench.processes.fleet import NotRunning, Served, end, running, wait_until

pytestmark = pytest.mark.edge


def test_an_api_server_that_ends_at_once_is_told_with_its_log(tmp_path):
    with pytest.raises(NotRunning, match="the API server ended"), running((1, 30, 1), tmp_path):
        pass
    assert "at least 20 nodes" in (tmp_path / "api.log").read_text()


def test_a_server_that_has_ended_is_no_server_that_is_slow(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    served = Served("echo", process, 1, tmp_path / "ca.crt", tmp_path / "echo.log")
    with pytest.raises(NotRunning, match=r"echo ended; its log is .*echo\.log"):
        served.ready()


def test_waiting_tells_how_long_it_took_and_gives_up():
    answers = iter([False, True])
    assert wait_until(lambda: next(answers), "it comes true") > 0
    with pytest.raises(NotRunning, match=r"it comes true: not within 0.01 s"):
        wait_until(lambda: False, "it comes true", 0.01)


def test_a_process_that_does_not_listen_is_ended_all_the_same():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    end(process)
    assert process.returncode is not None
