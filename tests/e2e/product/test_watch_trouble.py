"""The watches meet trouble while the cluster changes: the inventory ends up like a fresh one."""

import time
from contextlib import contextmanager

import pytest

from tests.cluster.product import RECONCILER, WEBHOOK
from tests.cluster.waiting import until
from tests.e2e.machines import VM, VMI, ZONE, in_zone, virtual_machine
from tests.e2e.product.proxy import Trouble, What, between
from tests.kube.loops import content
from webhook.inventory import DISCONNECTED_FOR, SILENT_FOR, Inventory
from webhook.kube.client import connect
from webhook.kube.reflector import Surroundings
from webhook.kube.watching import Watching
from webhook.objects import NodeInfo
from webhook.objects.rollout import RolloutRecord

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CHANGING = ("nodes", "pods", "virtualmachines", "virtualmachineinstances")
LABEL = "trouble.vmaffinity.io/seen"
SETTLE_SECONDS = 45


@contextmanager
def watching(kubeconfig):
    """Keep an inventory as our processes do, under the rights of a kubeconfig."""
    inventory = Inventory()
    surroundings = Surroundings(time.monotonic, lambda: 0.0)
    reflectors = Watching(connect(str(kubeconfig)), inventory, surroundings)
    reflectors.start()
    try:
        until("everything is listed", lambda: is_synced(inventory))
        yield inventory
    finally:
        reflectors.stop()


def is_synced(inventory):
    """Whether every kind was listed, optional ones too."""
    return not inventory.unknown and inventory.listed(RolloutRecord)


@pytest.fixture
def proxy(product):
    """Stand between an inventory and the API server."""
    cluster = product.cluster
    with between(cluster.server, cluster.credentials.path("ca.crt")) as made:
        yield made


@pytest.fixture
def inventory(product, proxy):
    """Keep an inventory through the proxy."""
    with watching(proxy.kubeconfig(product.kubeconfig, "watched-through-a-proxy")) as made:
        yield made


@pytest.fixture
def nodes(product):
    """Give a function that labels a node; no label is left after the test."""

    def label(node, value):
        product.cluster.kubectl("label", "--overwrite", "node", node, f"{LABEL}={value}")

    yield label
    product.cluster.kubectl("label", "node", "--all", f"{LABEL}-")


def assert_like_a_fresh_one(product, inventory):
    """Wait until an inventory holds what one without any trouble does, and is alive."""
    with watching(product.kubeconfig) as fresh:
        until(
            "it is like a fresh one", lambda: content(inventory) == content(fresh), SETTLE_SECONDS
        )
    until("it is connected", lambda: not cut_off(inventory))
    with inventory.reading(time.monotonic()) as world:
        assert world.unknown == ""


def cut_off(inventory):
    """Return what the inventory would call itself if nothing got better for 30 s."""
    return inventory.stale(time.monotonic() + DISCONNECTED_FOR + 1)


def labels_of(inventory, node):
    """Return what an inventory knows of a node's labels."""
    with inventory.reading() as world:
        return world.index.nodes.infos[node].labels


def upheaval(moving, nodes):
    """Change nodes, VMs and pods: one VM goes, one comes, one moves, one node is relabelled."""
    nodes("node-a", "one")
    moving.api.delete(VM, "going", moving.namespace)
    moving.apply(virtual_machine("coming", nodeSelector={ZONE: "zone-1"}))
    moving.start_migration("moving")
    moving.wait_until_ready("coming")
    moving.wait_for_phase("by-hand", "Succeeded")
    until("the VM is gone", lambda: moving.find(VMI, "going") is None)
    nodes("node-a", "two")
    nodes("node-b", "two")


@pytest.fixture
def populated(moving):
    """Run the VMs that the upheaval is about."""
    for name in ("going", "moving"):
        moving.apply(virtual_machine(name, nodeSelector={ZONE: "zone-1"}))
    for name in ("going", "moving"):
        moving.wait_until_ready(name)
    return moving


@pytest.mark.parametrize("what", [What.GONE, What.CUT, What.SLOW])
def test_trouble_in_mid_stream(product, proxy, inventory, populated, nodes, what):
    proxy.troubles += [Trouble(what, resource) for resource in CHANGING]
    upheaval(populated, nodes)
    proxy.wait_for_troubles()
    assert_like_a_fresh_one(product, inventory)
    assert labels_of(inventory, "node-b")[LABEL] == "two"


@pytest.mark.parametrize("what", [What.CUT, What.SLOW])
def test_trouble_in_the_list_that_follows_a_410(product, proxy, inventory, populated, nodes, what):
    proxy.troubles += [Trouble(What.GONE, resource) for resource in CHANGING]
    proxy.troubles += [Trouble(what, resource, on="list") for resource in CHANGING]
    upheaval(populated, nodes)
    proxy.wait_for_troubles()
    assert_like_a_fresh_one(product, inventory)


def test_a_watch_that_hangs_is_told_from_one_at_which_nothing_happens(
    product, proxy, inventory, nodes
):
    with watching(product.kubeconfig) as fresh:
        proxy.troubles.append(Trouble(What.HANG, "nodes"))
        nodes("node-a", "hangs")
        proxy.wait_for_troubles()
        later = time.monotonic() + SILENT_FOR
        nodes("node-a", "still-hangs")
        until("others see it", lambda: labels_of(fresh, "node-a").get(LABEL) == "still-hangs")
        assert labels_of(inventory, "node-a").get(LABEL) not in ("hangs", "still-hangs")
        assert NodeInfo.__name__ in inventory.stale(later)
        assert NodeInfo.__name__ not in fresh.stale(later)
    proxy.let_go()
    assert_like_a_fresh_one(product, inventory)


def test_cut_off_while_the_cluster_goes_on(product, proxy, inventory, populated, nodes):
    assert not cut_off(inventory)
    proxy.refuse()
    until("it knows that it is cut off", lambda: cut_off(inventory))
    assert "cut off" in cut_off(inventory)
    with inventory.reading(time.monotonic() + DISCONNECTED_FOR + 1) as world:
        assert "stale" in world.unknown
    upheaval(populated, nodes)
    proxy.serve()
    assert_like_a_fresh_one(product, inventory)


def test_the_api_server_restarts(product, inventory, populated, nodes):
    """The inventory follows, and so do the processes that run all the time."""
    processes = product.cluster.processes
    before = {name: processes.pid(name) for name in (WEBHOOK, RECONCILER)}

    def while_down():
        until("it knows that it is cut off", lambda: cut_off(inventory))

    product.cluster.restart_apiserver(while_down=while_down)
    upheaval(populated, nodes)
    assert_like_a_fresh_one(product, inventory)
    assert product.is_ready()
    populated.apply(virtual_machine("coming", nodeSelector={ZONE: "zone-2"}))
    populated.wait_for_report("Succeeded", "coming")
    assert populated.zone_of(populated.node_of("coming")) == "zone-2"
    (ours,) = [m for m in populated.migrations() if m["metadata"]["name"] != "by-hand"]
    assert ours["spec"]["vmiName"] == "coming"
    assert {name: processes.pid(name) for name in before} == before


def test_the_api_server_restarts_in_the_middle_of_a_rollout(moving):
    moving.run(virtual_machine("web", affinity=in_zone("zone-1")))
    moving.apply(virtual_machine("web", affinity=in_zone("zone-2")))
    until("it is under way", moving.migrations)
    moving.cluster.restart_apiserver()
    moving.wait_for_report("Succeeded")
    assert moving.zone_of(moving.node_of("web")) == "zone-2"
    assert len(moving.migrations()) == 1
