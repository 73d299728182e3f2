"""webhook.rollout.start: what a due VM waits for."""

from dataclasses import replace

import pytest

from tests.rollout.model import START
from tests.rollout.states import only, vm
from webhook.objects.rollout import Phase
from webhook.rollout import RolloutState, decide
from webhook.rollout.state import Limits


@pytest.mark.parametrize(
    ("facts", "phase"),
    [
        pytest.param({"blocked": "not live-migratable"}, Phase.BLOCKED, id="a person is needed"),
        pytest.param({"propagated": False}, Phase.PENDING, id="KubeVirt has not copied yet"),
        pytest.param({"evacuating": True}, Phase.QUEUED, id="a drain moves it"),
        pytest.param({"feasible": ()}, Phase.WAITING_CAPACITY, id="no room"),
        pytest.param({"quota": "full"}, Phase.WAITING_CAPACITY, id="no room in the quota"),
        pytest.param({"due": False, "stays": True}, Phase.NOT_NEEDED, id="its node satisfies"),
        pytest.param({"due": False, "stays": False}, Phase.NOT_NEEDED, id="drift"),
        pytest.param({"running": False}, Phase.NOT_NEEDED, id="it does not run"),
        pytest.param({"at_restart": "Stage"}, Phase.NOT_NEEDED, id="at the next restart"),
    ],
)
def test_what_a_vm_waits_for(facts, phase):
    step = only(vm(**facts))
    assert step.phase is phase
    assert step.creates is None


def test_the_budgets_hold_within_one_plan():
    vms = tuple(vm(name=f"vm{i}", node=f"n{i % 3}") for i in range(6))
    plan = decide(RolloutState(vms, Limits(per_cluster=2, per_node=1)), START)
    assert sum(step.creates is not None for step in plan.steps) == 2
    assert [s.phase for s in plan.steps[2:]] == [Phase.QUEUED] * 4


def test_busy_nodes_use_up_the_budget():
    plan = decide(RolloutState((vm(),), Limits(4, 1), ("a",)), START)
    assert plan.steps[0].message == "a already sends away as many of its VMs as it may"


def test_the_quota_is_spoken_of_before_the_nodes():
    assert only(vm(quota="the quota is full", feasible=(), summary="0/3")).message == (
        "the quota is full"
    )


def test_vms_under_a_quota_start_one_after_the_other():
    vms = tuple(vm(name=f"vm{i}", node=f"n{i}", rationed=True) for i in range(3))
    elsewhere = vm(namespace="other", node="n3", rationed=True)
    plan = decide(RolloutState((*vms, elsewhere), Limits(9, 9)), START)
    assert [step.phase for step in plan.steps] == [
        *(Phase.MIGRATING, Phase.QUEUED, Phase.QUEUED, Phase.MIGRATING)
    ]
    assert plan.steps[1].message == (
        "another migration has yet to take its share of the namespace's quota"
    )
    free = tuple(replace(each, rationed=False) for each in vms)
    plan = decide(RolloutState(free, Limits(9, 9)), START)
    assert {step.phase for step in plan.steps} == {Phase.MIGRATING}


def test_a_target_pod_that_is_still_to_come_is_awaited():
    for awaited, phase in (({"ns"}, Phase.QUEUED), ({"other"}, Phase.MIGRATING)):
        state = RolloutState((vm(rationed=True),), Limits(9, 9), awaited=frozenset(awaited))
        assert decide(state, START).steps[0].phase is phase
