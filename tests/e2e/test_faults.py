"""Each switch of the stand-in shows what it says, and is over when it is turned off."""

import pytest

from tests.cluster.api import ApiError
from tests.cluster.components import NODE_GRACE_SECONDS
from tests.cluster.faults import ANNOTATION, REASON, Fault
from tests.cluster.nodes import FOUR_IN_TWO_ZONES
from tests.cluster.waiting import until
from tests.e2e.machines import VMI, VMIM, ZONE, virtual_machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

SPECS = {spec.name: spec for spec in FOUR_IN_TWO_ZONES}
OTHER_OF_ZONE_1 = {"node-a": "node-b", "node-b": "node-a"}


@pytest.fixture
def web(machines):
    """Run a VM that can only go to the other node of its zone; gives where it is."""
    return machines.run(virtual_machine("web", nodeSelector={ZONE: "zone-1"}))


def failure(machines, migration: str):
    """Return why a migration failed; KubeVirt writes it one pass after the phase."""

    def reason():
        return (
            machines.get(VMIM, migration)["status"].get("migrationState", {}).get("failureReason")
        )

    return until("the reason is told", reason)


def test_a_migration_fails_with_the_reason_given_and_the_next_one_succeeds(cluster, machines, web):
    cluster.faults.vm("web", Fault.MIGRATION_FAILS, machines.namespace, "the guest is too busy")
    assert machines.migrate("web", "first") == "Failed"
    assert failure(machines, "first") == "the guest is too busy"
    assert machines.node_of("web") == web
    target = OTHER_OF_ZONE_1[web]
    until("the target ended", lambda: machines.pod_phases("web")[target] == "Failed")
    cluster.faults.clear()
    assert machines.migrate("web", "second") == "Succeeded"


def test_a_fault_of_one_migration_is_not_one_of_the_next(cluster, machines, web):
    cluster.faults.migration("first", Fault.MIGRATION_FAILS, machines.namespace)
    assert machines.migrate("web", "first") == "Failed"
    assert machines.migrate("web", "second") == "Succeeded"


def test_people_switch_by_annotation(machines, web):
    switch = (f"{ANNOTATION}={Fault.MIGRATION_FAILS}", f"{REASON}=by hand")
    machines.kubectl("annotate", "vm", "web", *switch)
    assert machines.migrate("web", "first") == "Failed"
    assert failure(machines, "first") == "by hand"
    machines.kubectl("annotate", "vm", "web", f"{ANNOTATION}-")
    assert machines.migrate("web", "second") == "Succeeded"


def test_a_migration_that_hangs_runs_until_it_is_cancelled(cluster, machines, web):
    cluster.faults.vm("web", Fault.MIGRATION_HANGS, machines.namespace)
    machines.start_migration("web")
    machines.wait_for_phase("by-hand", "Running")
    machines.cancel("by-hand")
    assert machines.node_of("web") == web
    target = OTHER_OF_ZONE_1[web]
    until("the target ended", lambda: machines.pod_phases("web")[target] == "Failed")
    cluster.faults.clear()
    assert machines.migrate("web", "again") == "Succeeded"


def test_a_migration_that_hung_goes_on_when_the_switch_is_turned_off(cluster, machines, web):
    cluster.faults.vm("web", Fault.MIGRATION_HANGS, machines.namespace)
    machines.start_migration("web")
    machines.wait_for_phase("by-hand", "Running")
    cluster.faults.clear()
    assert machines.wait_for_phase("by-hand", "Succeeded", "Failed") == "Succeeded"


def test_a_target_that_is_never_ready_holds_the_migration_up(cluster, machines, web):
    cluster.faults.vm("web", Fault.NEVER_READY, machines.namespace)
    machines.start_migration("web")
    machines.wait_for_phase("by-hand", "Scheduling")
    target = OTHER_OF_ZONE_1[web]
    until("the target is bound", lambda: machines.pod_phases("web").get(target) == "Pending")
    assert machines.pod_phases("web")[web] == "Running"
    machines.cancel("by-hand")
    assert machines.node_of("web") == web


def test_a_target_that_no_node_can_take_fails_at_kubevirts_timeout(machines, web):
    machines.apply(virtual_machine("web", nodeSelector={ZONE: "nowhere"}))
    until(
        "the VMI has the new selector",
        lambda: machines.get(VMI, "web")["spec"]["nodeSelector"][ZONE] == "nowhere",
    )
    machines.start_migration("web", migrationUnschedulablePodTimeoutSeconds="2")
    assert machines.wait_for_phase("by-hand", "Succeeded", "Failed") == "Failed"
    assert machines.node_of("web") == web


def test_a_vm_can_stop_being_migratable_and_become_so_again(cluster, machines, web):
    cluster.faults.vm("web", Fault.NOT_MIGRATABLE, machines.namespace, "its disk is local")
    condition = until(
        "it is not migratable",
        lambda: (
            (found := machines.condition("web", "LiveMigratable"))["status"] == "False" and found
        ),
    )
    assert condition["message"] == "its disk is local"
    with pytest.raises(ApiError, match="DisksNotLiveMigratable"):
        machines.start_migration("web")
    cluster.faults.clear()
    until(
        "it is migratable", lambda: machines.condition("web", "LiveMigratable")["status"] == "True"
    )
    assert machines.migrate("web") == "Succeeded"


def test_a_silent_target_fails_the_migration_and_becomes_not_ready(cluster, machines, web):
    target = OTHER_OF_ZONE_1[web]
    cluster.faults.vm("web", Fault.MIGRATION_HANGS, machines.namespace)
    machines.start_migration("web")
    machines.wait_for_phase("by-hand", "Running")
    cluster.faults.node(target, Fault.SILENT)
    try:
        machines.wait_for_phase("by-hand", "Failed")
        assert "lost connection" in failure(machines, "by-hand")
        assert machines.node_of("web") == web
        until(
            f"{target} is not ready", lambda: not is_ready(cluster, target), NODE_GRACE_SECONDS + 15
        )
    finally:
        cluster.faults.clear()
        cluster.add_node(SPECS[target])


def test_a_node_can_vanish_and_come_back(cluster, machines, web):
    target = OTHER_OF_ZONE_1[web]
    cluster.kubectl("annotate", "node", target, f"{ANNOTATION}={Fault.GONE}")
    try:
        until(f"{target} is gone", lambda: cluster.api.find("Node", target) is None)
        machines.start_migration("web", migrationUnschedulablePodTimeoutSeconds="2")
        assert machines.wait_for_phase("by-hand", "Succeeded", "Failed") == "Failed"
    finally:
        cluster.add_node(SPECS[target])
    assert machines.migrate("web", "again") == "Succeeded"
    assert machines.node_of("web") == target


def test_a_vm_on_a_node_that_vanished_starts_elsewhere(cluster, machines):
    node = machines.run(virtual_machine("web"))
    uid = machines.get(VMI, "web")["metadata"]["uid"]
    cluster.faults.node(node, Fault.GONE)
    try:
        until("it starts again", lambda: new_ready(machines, uid), 120)
        assert machines.node_of("web") != node
    finally:
        cluster.faults.clear()
        cluster.add_node(SPECS[node])


def test_a_node_that_the_cluster_gave_up_by_mistake_comes_back(cluster):
    unknown = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
    status = {"status": {"conditions": [unknown]}}
    given_up = cluster.api.patch("/api/v1/nodes/node-a/status", status, "strategic")
    (ready,) = [each for each in given_up["status"]["conditions"] if each["type"] == "Ready"]
    assert ready["status"] == "Unknown"
    until("node-a is ready", lambda: is_ready(cluster, "node-a"))


def is_ready(cluster, node: str) -> bool:
    """Whether a node is ready."""
    conditions = cluster.api.get("Node", node)["status"]["conditions"]
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def new_ready(machines, uid: str) -> bool:
    """Whether the VM runs as another VMI than this one."""
    found = machines.find(VMI, "web")
    return found is not None and found["metadata"]["uid"] != uid and machines.is_ready("web")
