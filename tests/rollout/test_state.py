"""webhook.rollout.state: what the world shows of every VM's rollout."""

import pytest

from tests import builders
from tests.builders import inventory, kubevirt_node, required, term, value
from tests.judge.test_room import memory
from tests.judge.test_world import migration
from tests.rollout.states import vm
from webhook.objects.virtual_machine import TARGET_HASH
from webhook.rollout import observe
from webhook.rollout.state import Limits, Slots

HDD = {"disk": "hdd"}
NODES = [
    kubevirt_node("n1", {"disk": "ssd"}),
    kubevirt_node("n2", {"disk": "hdd"}),
    kubevirt_node("n3", {"disk": "hdd"}),
]
STAGE = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "KubeVirt",
    "metadata": {"name": "kv"},
    "spec": {"configuration": {"vmRolloutStrategy": "Stage"}},
}


def observed(*trees, nodes=NODES, stamped_only=False):
    """Return what the world shows of the rollouts."""
    with inventory(*nodes, *trees).reading() as world:
        return observe(world, stamped_only=stamped_only)


def due(*trees, **options):
    """Return the VMs that are due."""
    return tuple(vm for vm in observed(*trees, **options).vms if vm.due)


def drifted(name="vm", status=None, vm=None, source=None, **placement):
    """Return VM, VMI and pod of a VM that runs on n1 and now wants an HDD, VMI included."""
    placement = placement or {"nodeSelector": HDD}
    wanted = vm or builders.vm(name, **placement)
    pod = source or builders.launcher(name)
    return [wanted, builders.vmi(name, status=status, **placement), pod]


def test_a_vm_whose_pod_has_other_rules_on_a_node_that_breaks_the_new_ones_is_due():
    (found,) = due(*drifted())
    assert (found.namespace, found.name, found.instance_uid) == ("default", "vm", "vmi-vm")
    assert (found.node, found.feasible) == ("n1", ("n2", "n3"))
    assert found.hash == value(builders.vm(nodeSelector=HDD)).placement.hash
    assert (found.propagated, found.blocked) == (True, "")


def test_what_an_instancetype_contributes_is_read_off_the_vmi():
    typed = builders.vm(spec={"instancetype": {"name": "u1"}})
    (found,) = due(*drifted(vm=typed, nodeSelector=HDD))
    assert (found.feasible, found.propagated) == (("n2", "n3"), True)
    assert due(*drifted(vm=typed, nodeSelector={"disk": "ssd"})) == ()


def test_a_vm_whose_node_satisfies_the_rules_is_not_due():
    assert due(*drifted(nodeSelector={"disk": "ssd"})) == ()


def test_drift_is_not_due():
    assert due(*drifted(source=builders.launcher(nodeSelector=HDD))) == ()


def test_a_vm_that_does_not_run_or_waits_for_a_restart_is_not_due():
    vm, vmi, pod = drifted()
    assert due(vm) == ()
    assert due(vm, vmi) == ()
    assert due(vm, vmi, pod, STAGE) == ()
    deleted = builders.vm(nodeSelector=HDD)
    deleted["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert due(deleted, vmi, pod) == ()


@pytest.mark.parametrize(
    "stale",
    [
        {"nodeSelector": {}},
        {"nodeSelector": HDD, "affinity": required(term("x", "Exists"))},
        {"nodeSelector": HDD, "tolerations": [{"operator": "Exists"}]},
    ],
)
def test_rules_that_the_instance_does_not_have_yet_are_not_propagated(stale):
    vm, _, pod = drifted()
    (found,) = due(vm, builders.vmi(**stale), pod)
    assert not found.propagated


def test_a_vm_that_cannot_migrate_is_blocked_until_a_person_acts():
    condition = {"type": "LiveMigratable", "status": "False", "reason": "Disks"}
    (found,) = due(*drifted(status={"conditions": [condition]}))
    assert found.blocked == (
        "not live-migratable: Disks; annotate the VM with vmaffinity.io/rollout: OnRestart, or "
        "remove what blocks its migration"
    )


def test_a_vm_that_no_node_can_ever_take_is_blocked():
    (found,) = due(*drifted(nodeSelector={"disk": "tape"}))
    assert found.blocked.startswith("no node can ever take it: 0/3 nodes are available:")


def test_a_vm_that_no_node_can_take_now_waits():
    cordoned = [kubevirt_node(name, HDD, unschedulable=True) for name in ("n2", "n3")]
    (found,) = due(*drifted(), nodes=[NODES[0], *cordoned])
    assert (found.blocked, found.feasible) == ("", ())
    assert "2 node(s) were unschedulable" in found.summary


def test_nodes_that_only_need_more_checks_count_as_reachable():
    pod = builders.launcher()
    pod["spec"]["resourceClaims"] = [{"name": "gpu", "resourceClaimName": "gpu"}]
    (found,) = due(*drifted(source=pod))
    assert found.feasible == ("n2", "n3")


def test_the_budgets_leave_one_migration_for_drains():
    assert observed().limits == Limits(4, 1)
    limits = {"parallelMigrationsPerCluster": 1, "parallelOutboundMigrationsPerNode": 4}
    cr = {**STAGE, "spec": {"configuration": {"migrations": limits}}}
    assert observed(cr).limits == Limits(1, 3)


def test_unfinished_migrations_count_by_the_node_that_they_leave():
    state = observed(*drifted(), migration("m", "vm"), migration("gone", "nobody"))
    assert state.busy_nodes == ("n1",)
    assert [m.name for m in state.vms[0].migrations] == ["m"]


def test_only_a_stamp_of_this_very_placement_shows_that_the_webhook_admitted_it():
    stamp = value(builders.vm(nodeSelector=HDD)).placement.hash
    for annotations, admitted in (
        ({}, False),
        ({TARGET_HASH: "x"}, False),
        ({TARGET_HASH: stamp}, True),
    ):
        vm = builders.vm(annotations=annotations, nodeSelector=HDD)
        (found,) = due(*drifted(vm=vm), stamped_only=True)
        assert found.admitted is admitted


def test_a_drained_node_shows_as_evacuating():
    (found,) = due(*drifted(status={"evacuationNodeName": "n1"}))
    assert found.evacuating


def test_a_quota_without_room_for_a_second_pod_is_told_by_its_code():
    (found,) = due(*drifted(), memory("1Gi", "1Gi"))
    assert found.rationed
    assert found.quota == (
        "[VMA-203] The namespace does not let in the second pod of a migration: quota q: "
        "requests.memory requested 1Gi, used 1Gi, limited 1Gi."
    )
    (found,) = due(*drifted(), memory("1Gi", "2Gi"))
    assert (found.rationed, found.quota) == (True, "")
    (found,) = due(*drifted(), memory("1Gi", "1Gi", namespace="other"))
    assert (found.rationed, found.quota) == (False, "")


def test_a_migration_without_its_target_pod_is_awaited():
    target = builders.launcher(node_name="n2")
    target["metadata"] |= {"uid": "pod-target", "name": "target"}
    started = [*drifted(), migration("m", "vm")]
    assert observed(*started).awaited == {"default"}
    assert observed(*started, target).awaited == frozenset()
    assert observed(*drifted()).awaited == frozenset()


def test_slots_run_out_in_the_cluster_and_on_a_node():
    slots = Slots(Limits(2, 1), [])
    n1, n2, n3 = (vm(node=name) for name in ("n1", "n2", "n3"))
    assert slots.refusal(n1) == ""
    slots.take(n1)
    assert slots.refusal(n1) == "n1 already sends away as many of its VMs as it may"
    slots.take(n2)
    assert slots.refusal(n3) == "2 migrations are under way in the cluster"
