"""webhook.cli.live: the commands against a live API server, as real processes."""

import re
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.edge

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
"""


def started(*arguments):
    """Start the command as its own process."""
    return subprocess.Popen(
        [sys.executable, "-m", "webhook", *arguments], stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def kubeconfig(tmp_path):
    """Write a kubeconfig of a server that nobody runs."""
    path = tmp_path / "config"
    path.write_text(KUBECONFIG)
    return path


@pytest.mark.parametrize("command", ["reconcile", "serve"])
def test_an_unusable_kubeconfig_is_one_sentence(command, tmp_path):
    process = started(command, f"--kubeconfig={tmp_path / 'none'}")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert re.fullmatch(r"error: Cannot use .*\n", said)


def test_a_version_is_refused_for_a_live_cluster(kubeconfig):
    process = started("reconcile", f"--kubeconfig={kubeconfig}", "--kubernetes-version=1.36")
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.count("\n")) == (2, 1)
    assert "a live API server says its own version" in said


def test_the_reconciler_waits_for_its_lease_and_ends_when_told(kubeconfig):
    process = started("reconcile", f"--kubeconfig={kubeconfig}", "--identity=me")
    assert process.stderr is not None
    assert "waiting for the lease" in process.stderr.readline()
    assert "was neither taken nor renewed" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.stderr.close()
