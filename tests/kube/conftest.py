"""Loopback API servers, and connections to them as a kubeconfig describes them."""

import pytest

from tests.kube import api_server, store_server
from webhook.kube.client import connect


@pytest.fixture
def server():
    """Serve what a test tells it to answer."""
    with api_server.running() as state:
        yield state


@pytest.fixture
def api(server, tmp_path):
    """Connect to it."""
    return connect(server.kubeconfig(tmp_path))


@pytest.fixture
def cluster():
    """Serve a store of objects, with watches and with faults by script."""
    with store_server.serving() as state:
        yield state


@pytest.fixture
def cluster_api(cluster, tmp_path):
    """Connect to it."""
    return connect(cluster.kubeconfig(tmp_path))
