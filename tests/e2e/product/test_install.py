"""Installing into a cluster where VMs run, some against their own rules, moves none of them."""

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.go_build import NotBuilt
from tests.cluster.product import RECONCILER, Product
from tests.cluster.waiting import until
from tests.e2e.conftest import FOUND
from tests.e2e.machines import VM, VMI, ZONE, in_zone, virtual_machine
from tests.e2e.product.moving import Moving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

DISK = "disk"
OURS = "vmaffinity.io/"
UNTOUCHED = ("drifted", "changed", "content")


@pytest.fixture
def shop(request):
    """Start a control plane without the product; it is to be installed by the test."""
    found = request.config.stash[FOUND]
    if isinstance(found, NotBuilt):
        pytest.fail(str(found), pytrace=False)

    def has_failures() -> bool:
        return bool(request.session.testsfailed)

    with ControlPlane.start(assets=found, keep_logs=has_failures) as cluster:
        made = Moving(Product(cluster), "default")
        until("the default service account", lambda: made.find("ServiceAccount", "default"))
        yield made


def populate(shop):
    """Run VMs, and break the rules of two of them; returns where all are."""
    shop.cluster.kubectl("label", "node", "node-a", f"{DISK}=ssd")
    items = [
        virtual_machine("drifted", nodeSelector={DISK: "ssd"}),
        *(virtual_machine(name, affinity=in_zone("zone-1")) for name in ("changed", "mover")),
        virtual_machine("content", nodeSelector={ZONE: "zone-2"}),
    ]
    for item in items:
        shop.apply(item)
    places = {name: shop.wait_until_ready(name) for name in (*UNTOUCHED, "mover")}
    shop.cluster.kubectl("label", "node", "node-a", f"{DISK}-")
    shop.apply(virtual_machine("changed", affinity=in_zone("zone-2")))
    until(
        "KubeVirt has copied the rules",
        lambda: shop.get(VMI, "changed")["spec"]["affinity"] == in_zone("zone-2"),
    )
    assert shop.zone_of(shop.node_of("changed")) == "zone-1"
    return places


def move(shop, zone):
    """Change the rules of one VM, which is carried through, so everything was looked at."""
    shop.apply(virtual_machine("mover", affinity=in_zone(zone)))
    shop.wait_for_report("Succeeded", "mover")
    assert shop.zone_of(shop.node_of("mover")) == zone


def assert_nothing_happened(shop, places):
    """Check that nothing was moved or written, but what was changed through the webhook."""
    assert {m["spec"]["vmiName"] for m in shop.migrations()} <= {"mover"}
    for name in UNTOUCHED:
        assert shop.node_of(name) == places[name]
        metadata = shop.get(VM, name)["metadata"]
        assert [key for key in metadata.get("annotations", {}) if key.startswith(OURS)] == []
        assert not any("vm-affinity" in entry["manager"] for entry in shop.managed_fields(name))
    records = shop.kubectl("get", "affinityrollouts", "-o", "name").stdout.split()
    assert [record.partition("/")[2] for record in records] == ["mover"]


def test_installing_moves_nothing_that_runs(shop):
    places = populate(shop)
    shop.product.install()
    until("the reconciler leads", lambda: "leading" in shop.cluster.log(RECONCILER).read_text())
    move(shop, "zone-2")
    assert_nothing_happened(shop, places)
    for name in UNTOUCHED:
        shop.kubectl("label", "vm", name, "team=shop")
    shop.product.stop(RECONCILER)
    shop.product.start_reconciler()
    move(shop, "zone-1")
    assert_nothing_happened(shop, places)
    shop.apply(virtual_machine("changed", nodeSelector={"kubernetes.io/hostname": "node-c"}))
    shop.wait_for_report("Succeeded", "changed")
    assert shop.node_of("changed") == "node-c"
