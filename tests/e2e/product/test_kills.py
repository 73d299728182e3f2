"""The reconciler is killed before and after each of its writes: one migration all the same."""

import itertools
import os
import signal
from contextlib import contextmanager

import pytest

from tests.cluster.faults import Fault
from tests.cluster.product import RECONCILER
from tests.cluster.waiting import until
from tests.e2e.machines import VMIM, ZONE, in_zone, virtual_machine
from tests.e2e.product.proxy import Kill, Request, between

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

CREATE = f"create {VMIM}"
HAPPY = (
    "create AffinityRollout",
    "record Migrating",
    CREATE,
    "annotate Migrating",
    "event RolloutMigrating",
    "record Succeeded",
    "annotate Succeeded",
    "event RolloutSucceeded",
)
"""All writes of the path, in their order."""

PENDING = ("create AffinityRollout", "record Pending", "annotate Pending")
"""Those that come first when KubeVirt takes its time."""

IN_PASSING = frozenset({"record Pending", "annotate Pending", "record Verifying"})
"""What a look at just the right moment writes, too."""

MOMENTS = pytest.mark.parametrize("before", [True, False], ids=["before", "after"])


def name_of(write: Request) -> str:
    """Say what a write does, and of which phase it tells."""
    body = write.json()
    if write.method == "POST":
        return f"event {body['reason']}" if body["kind"] == "Event" else f"create {body['kind']}"
    if write.path.endswith("/status"):
        return f"record {body['status']['phase']}"
    if write.method == "PATCH":
        return f"annotate {body['metadata']['annotations']['vmaffinity.io/phase']}"
    return f"{write.method} {write.path}"


class Mortal:
    """The reconciler behind a proxy; it can be killed and is started again by hand only."""

    def __init__(self, product, proxy):
        self.product, self.proxy, self.alive = product, proxy, False
        self.kubeconfig = proxy.kubeconfig(product.kubeconfig, "through-a-proxy")

    def start(self):
        """Start it, unless it runs."""
        if not self.alive:
            self.product.start_reconciler(self.kubeconfig)
            self.alive = True

    def end(self):
        """Kill it."""
        self.product.stop(RECONCILER, grace=0)
        self.alive = False

    def kill_at(self, namespace, name, before, nth=1):
        """Have it killed at the n-th such write in a namespace."""
        seen = itertools.count(1)

        def wanted(write):
            if f"/namespaces/{namespace}/" not in write.path or name_of(write) != name:
                return False
            return next(seen) == nth

        assert self.alive
        self.proxy.kill = Kill(wanted, before, self.end)
        return self.proxy.kill

    def writes(self, namespace):
        """Return what was done in a namespace, and what came of it."""
        within = [w for w in self.proxy.writes if f"/namespaces/{namespace}/" in w.path]
        return [(name_of(write), write.status) for write in within]


@pytest.fixture(scope="module")
def behind_a_proxy(product):
    """Run the reconciler behind a proxy for all tests of this module."""
    cluster = product.cluster
    with between(cluster.server, cluster.credentials.path("ca.crt")) as proxy:
        reconciler = Mortal(product, proxy)
        product.stop(RECONCILER)
        try:
            reconciler.start()
            yield reconciler
        finally:
            if reconciler.alive:
                product.stop(RECONCILER)
            product.start_reconciler()


@pytest.fixture
def reconciler(behind_a_proxy):
    """Give it alive, and see to it that the next test gets it alive."""
    yield behind_a_proxy
    behind_a_proxy.proxy.kill = None
    behind_a_proxy.start()


@contextmanager
def standing_still(cluster, name):
    """Stop a program's clock for a block."""
    pid = cluster.processes.pid(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def change(moving):
    """Have a person change the rules of the VM."""
    moving.apply(virtual_machine("web", affinity=in_zone("zone-2")))


def wait_for_a_look(moving):
    """Wait until the reconciler, which takes VMs by name, has looked at one behind `web`."""
    item = virtual_machine("witness", nodeSelector={ZONE: "zone-1"})
    moving.apply({**item, "spec": {**item["spec"], "runStrategy": "Halted"}})
    moving.wait_for_report("NotNeeded", "witness")


def assert_moved_once(moving, reconciler):
    """Check that the VM has arrived by the only migration that there ever was."""
    moving.wait_for_report("Succeeded")
    wait_for_a_look(moving)
    assert reconciler.writes(moving.namespace).count((CREATE, 201)) == 1
    (migration,) = moving.migrations()
    assert migration["status"]["phase"] == "Succeeded"
    assert moving.zone_of(moving.node_of("web")) == "zone-2"
    record = moving.record("web")["status"]
    assert record["phase"] == "Succeeded"
    assert [a["migration"] for a in record["attempts"]] == [migration["metadata"]["name"]]


def test_these_are_all_writes_of_the_path(moving, reconciler):
    moving.run(virtual_machine("web", affinity=in_zone("zone-1")))
    moving.wait_for_report("NotNeeded")
    change(moving)
    until(
        "the last write",
        lambda: (HAPPY[-1], 201) in reconciler.writes(moving.namespace),
    )
    written = dict.fromkeys(name for name, _ in reconciler.writes(moving.namespace))
    assert [name for name in written if name not in IN_PASSING] == ["annotate NotNeeded", *HAPPY]
    assert_moved_once(moving, reconciler)


@MOMENTS
@pytest.mark.parametrize("write", HAPPY)
def test_killed_at_a_write(moving, reconciler, write, before):
    moving.run(virtual_machine("web", affinity=in_zone("zone-1")))
    kill = reconciler.kill_at(moving.namespace, write, before)
    change(moving)
    until("it is killed", kill.done.is_set)
    reconciler.start()
    assert_moved_once(moving, reconciler)


@MOMENTS
def test_killed_when_it_tells_of_a_migration_that_goes_on(moving, reconciler, faults, before):
    moving.run(virtual_machine("web", affinity=in_zone("zone-1")))
    faults.vm("web", Fault.MIGRATION_HANGS, moving.namespace)
    kill = reconciler.kill_at(moving.namespace, "record Migrating", before, nth=2)
    change(moving)
    until("it is killed", kill.done.is_set)
    reconciler.start()
    faults.clear()
    assert_moved_once(moving, reconciler)


@MOMENTS
@pytest.mark.parametrize("write", PENDING)
def test_killed_at_a_write_while_kubevirt_takes_its_time(moving, reconciler, write, before):
    moving.run(virtual_machine("web", affinity=in_zone("zone-1")))
    kill = reconciler.kill_at(moving.namespace, write, before)
    with standing_still(moving.cluster, "virt-controller"):
        change(moving)
        until("it is killed", kill.done.is_set)
        reconciler.start()
        moving.wait_for_report("Pending")
        assert moving.migrations() == []
    assert_moved_once(moving, reconciler)
