"""webhook.rollout: which running VMs should move now, and why others wait."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests import builders
from tests.builders import inventory, kubevirt_node, required, term, value
from tests.judge.test_world import migration
from webhook.rollout import CreateMigration, Due, Phase, RolloutState, decide, observe

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DUE = Due("shop", "web", "0123456789", "n1", "a" * 16, feasible=("n2", "n3"))
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


def only(due, **state):
    """Return the one step of a plan."""
    (step,) = decide(RolloutState(due=(due,), **state), NOW).steps
    return step


def phases(state):
    """Return the phase of each VM by its name."""
    return {step.name: step.phase for step in decide(state, NOW).steps}


def observed(*trees, nodes=NODES):
    """Return what the world shows of the rollouts."""
    with inventory(*nodes, *trees).reading() as world:
        return observe(world)


def drifted(name="vm", status=None, vm=None, source=None, **placement):
    """Return VM, VMI and pod of a VM that runs on n1 and now wants an HDD, VMI included."""
    placement = placement or {"nodeSelector": HDD}
    wanted = vm or builders.vm(name, **placement)
    pod = source or builders.launcher(name)
    return [wanted, builders.vmi(name, status=status, **placement), pod]


def test_nothing_due_is_an_empty_plan():
    plan = decide(RolloutState(), NOW)
    assert (plan.steps, plan.now) == ((), NOW)


def test_a_vm_that_can_move_gets_a_migration_named_after_its_instance_and_hash():
    step = only(DUE)
    assert (step.namespace, step.name, step.phase) == ("shop", "web", Phase.MIGRATING)
    assert step.message == "from n1 to one of n2, n3"
    assert step.action == CreateMigration("shop", "vma-01234567-aaaaaaaaaa-1", "web")


@pytest.mark.parametrize(
    ("change", "phase", "message"),
    [
        ({"migrating": True, "propagated": False}, Phase.QUEUED, "another migration"),
        ({"propagated": False, "blocked": "x"}, Phase.PENDING, "has not copied the new rules"),
        ({"blocked": "not live-migratable", "feasible": ()}, Phase.BLOCKED, "not live-migratable"),
        ({"feasible": (), "summary": "0/3 nodes"}, Phase.WAITING_CAPACITY, "0/3 nodes"),
    ],
)
def test_what_keeps_a_vm_waiting_is_said_in_this_order(change, phase, message):
    step = only(replace(DUE, **change))
    assert (step.phase, step.action) == (phase, None)
    assert message in step.message


def test_the_clusters_budget_goes_by_namespace_and_name():
    dues = [replace(DUE, name=name, source_node=name) for name in ("c", "a", "b")]
    state = RolloutState(due=tuple(dues), per_cluster=2, per_node=9)
    assert list(phases(state).items()) == [
        ("a", Phase.MIGRATING),
        ("b", Phase.MIGRATING),
        ("c", Phase.QUEUED),
    ]
    step = only(DUE, per_cluster=1, running=("n9",))
    assert step.message == "1 of 1 migrations of the cluster are under way"


def test_each_source_node_has_a_budget_of_its_own():
    dues = [replace(DUE, name=name, source_node=node) for name, node in (("a", "n1"), ("b", "n1"))]
    other = replace(DUE, name="c", source_node="n2")
    state = RolloutState(due=(*dues, other), per_cluster=9, per_node=1)
    assert list(phases(state).values()) == [Phase.MIGRATING, Phase.QUEUED, Phase.MIGRATING]
    step = only(DUE, per_cluster=9, running=("n1",))
    assert step.message == "n1 already sends 1 of its VMs away"


def test_who_waits_takes_no_slot():
    full = replace(DUE, name="a", feasible=())
    state = RolloutState(due=(full, replace(DUE, name="b")), per_cluster=1)
    assert phases(state) == {"a": Phase.WAITING_CAPACITY, "b": Phase.MIGRATING}


def test_a_vm_whose_pod_has_other_rules_on_a_node_that_breaks_the_new_ones_is_due():
    (due,) = observed(*drifted()).due
    assert (due.namespace, due.name, due.instance_uid) == ("default", "vm", "vmi-vm")
    assert (due.source_node, due.feasible) == ("n1", ("n2", "n3"))
    assert due.hash == value(builders.vm(nodeSelector=HDD)).placement.hash
    assert (due.propagated, due.blocked, due.migrating) == (True, "", False)


def test_a_vm_whose_node_satisfies_the_rules_is_not_due():
    assert observed(*drifted(nodeSelector={"disk": "ssd"})).due == ()


def test_drift_is_not_due():
    assert observed(*drifted(source=builders.launcher(nodeSelector=HDD))).due == ()


def test_a_vm_that_does_not_run_or_waits_for_a_restart_is_not_due():
    vm, vmi, pod = drifted()
    assert observed(vm).due == ()
    assert observed(vm, vmi).due == ()
    assert observed(vm, vmi, pod, STAGE).due == ()
    deleted = builders.vm(nodeSelector=HDD)
    deleted["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert observed(deleted, vmi, pod).due == ()


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
    (due,) = observed(vm, builders.vmi(**stale), pod).due
    assert not due.propagated


def test_a_vm_that_cannot_migrate_is_blocked_until_a_person_acts():
    condition = {"type": "LiveMigratable", "status": "False", "reason": "Disks"}
    (due,) = observed(*drifted(status={"conditions": [condition]})).due
    assert due.blocked == (
        "not live-migratable: Disks; annotate the VM with vmaffinity.io/rollout: OnRestart, or "
        "remove what blocks its migration"
    )


def test_a_vm_that_no_node_can_ever_take_is_blocked():
    (due,) = observed(*drifted(nodeSelector={"disk": "tape"})).due
    assert due.blocked.startswith("no node can ever take it: 0/3 nodes are available:")


def test_a_vm_that_no_node_can_take_now_waits():
    cordoned = [kubevirt_node(name, HDD, unschedulable=True) for name in ("n2", "n3")]
    (due,) = observed(*drifted(), nodes=[NODES[0], *cordoned]).due
    assert (due.blocked, due.feasible) == ("", ())
    assert "2 node(s) were unschedulable" in due.summary


def test_nodes_that_only_need_more_checks_count_as_reachable():
    pod = builders.launcher()
    pod["spec"]["volumes"] = [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]
    (due,) = observed(*drifted(source=pod)).due
    assert due.feasible == ("n2", "n3")


def test_the_budgets_leave_one_migration_for_drains():
    assert (observed().per_cluster, observed().per_node) == (4, 1)
    limits = {"parallelMigrationsPerCluster": 1, "parallelOutboundMigrationsPerNode": 4}
    cr = {**STAGE, "spec": {"configuration": {"migrations": limits}}}
    assert (observed(cr).per_cluster, observed(cr).per_node) == (1, 3)


def test_unfinished_migrations_count_by_the_node_that_they_leave():
    state = observed(*drifted(), migration("m", "vm"), migration("gone", "nobody"))
    assert state.running == ("n1",)
    assert state.due[0].migrating
    assert phases(state) == {"vm": Phase.QUEUED}
