"""webhook.kube.watching: all kinds together, ready when all are listed, and ended at once."""

import gc
import json
import threading
import time

import pytest

from tests.builders import namespace, node, vm
from tests.kube.loops import PATIENCE, WatchedInventory
from tests.kube.store_server import Fault
from webhook.kube.client import connect
from webhook.kube.reflector import Surroundings
from webhook.kube.watch_state import BadAnswer
from webhook.kube.watched import WATCHED
from webhook.kube.watching import Watching, server_version
from webhook.objects import Version

PATHS = {row.kind: row.path for row in WATCHED}
SURROUNDINGS = Surroundings(time.monotonic, lambda: 0.0)


@pytest.fixture
def unfrozen():
    """Give back to the collector what the code under test took from it."""
    yield
    gc.unfreeze()


@pytest.fixture
def watching(cluster, cluster_api, unfrozen):
    """Watch the cluster with an inventory to wait on, until the test ends."""
    started = Watching(cluster_api, WatchedInventory(), SURROUNDINGS)
    yield started
    started.stop()


def threads():
    """The names of the threads that watch."""
    return {t.name for t in threading.enumerate() if t.name.startswith("watch")}


@pytest.mark.edge
def test_the_inventory_is_complete_once_synced_and_follows(cluster, watching):
    cluster.store.put(PATHS["Node"], node("a"))
    cluster.store.put(PATHS["Namespace"], namespace())
    cluster.store.put(PATHS["VirtualMachine"], vm())
    cluster.store.absent.add(PATHS["AffinityRollout"])
    watching.start()
    assert watching.wait_synced(PATIENCE)
    inventory = watching._inventory
    assert gc.get_freeze_count() > 0
    now = time.monotonic()
    with inventory.reading(now) as world:
        assert world.unknown == ""
        assert world.index.version == Version(1, 36, 2)
        assert [v.name for v in world.virtual_machines()] == ["vm"]
        assert list(world.index.nodes.infos) == ["a"]
    with inventory.reading(now + 151) as world:
        assert world.unknown.startswith("the watch of NodeInfo is silent")
    cluster.store.put(PATHS["VirtualMachine"], vm("second"))
    inventory.wait_until(lambda: "second" in str(inventory.freeze()))


@pytest.mark.edge
def test_one_kind_that_cannot_be_listed_keeps_us_from_being_synced(cluster, watching):
    cluster.store.absent.add(PATHS["KubeVirt"])
    watching.start()
    watching._inventory.wait_until(lambda: "lost" in {c[0] for c in watching._inventory.calls})
    assert not watching.wait_synced(0.0)
    assert "not listed yet" in watching._inventory.unknown


@pytest.mark.edge
def test_a_stop_ends_every_thread(cluster, watching):
    watching.start()
    assert watching.wait_synced(PATIENCE)
    assert len(threads()) == len(WATCHED)
    watching.stop()
    assert threads() == set()


@pytest.mark.edge
def test_what_was_never_started_can_be_stopped(watching):
    watching.stop()
    watching.start()
    watching.stop()
    assert threads() == set()


@pytest.mark.edge
def test_the_version_is_asked_for_until_it_is_known(cluster, watching, monkeypatch):
    monkeypatch.setattr("webhook.kube.watching.VERSION_RETRY", 0.001)
    cluster.faults += [Fault("status", "version")]
    watching.start()
    assert watching.wait_synced(PATIENCE)
    assert [r.path for r in cluster.requests[:2]] == ["/version", "/version"]


@pytest.mark.edge
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", json.dumps({"gitVersion": "x"}).encode()])
def test_an_answer_without_a_version_is_a_bad_answer(server, tmp_path, content):
    server.answers["GET"] = (200, content)
    with pytest.raises(BadAnswer, match="the answer to /version"):
        server_version(connect(server.kubeconfig(tmp_path)))
