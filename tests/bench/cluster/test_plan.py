"""Who runs where."""

from collections import Counter

import pytest

from tests.bench.cluster.plan import DAEMONS, PODS_PER_NODE, TAINTS, Plan, planned, requested
from tests.bench.cluster.shapes import RECORDED


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(600, 18_000, 1, RECORDED)


def test_the_same_seed_gives_the_same_plan(plan):
    assert planned(600, 18_000, 1, RECORDED) == plan
    assert planned(600, 18_000, 2, RECORDED) != plan


def test_there_are_as_many_pods_as_asked_for(plan):
    assert len(plan.machines) == 2_400
    assert len(plan.machines) + len(plan.others) + 600 * len(DAEMONS) == 18_000


def test_nodes_have_the_shapes_of_the_real_cluster(plan):
    counts, total = Counter(plan.shapes), sum(weight for _, weight in RECORDED.nodes)
    for shape, weight in RECORDED.nodes[:4]:
        assert abs(counts[shape] / 600 - weight / total) < 0.05


def test_guests_and_batch_pods_have_the_sizes_of_the_real_cluster(plan):
    """Some are made smaller, as they fit nowhere: the mean comes out a little lower."""
    total = sum(weight for _, weight in RECORDED.pods)
    mean = sum(shape.memory * weight for shape, weight in RECORDED.pods) / total
    drawn = [pod.shape.memory for pod in plan.machines]
    assert 0.75 < sum(drawn) / len(drawn) / mean < 1.1


def test_pods_of_a_group_that_stays_apart_are_on_different_nodes(plan):
    seen = set()
    for pod in (*plan.machines, *plan.others):
        if pod.workload.apart and pod.node >= 0:
            assert (pod.workload.number, pod.node) not in seen
            seen.add((pod.workload.number, pod.node))
    assert seen


def test_no_node_holds_more_than_it_has_and_many_have_room(plan):
    used, count = Counter[int](), Counter[int]()
    for pod in plan.machines:
        used[pod.node] += requested(pod.shape).memory
        count[pod.node] += 1
    for pod in plan.others:
        used[pod.node] += pod.shape.memory
        count[pod.node] += 1
    shares = sorted(used[at] / (shape.memory - 2048) for at, shape in enumerate(plan.shapes))
    assert shares[-1] <= 1
    assert max(count[at] for at in range(600)) <= PODS_PER_NODE - len(DAEMONS)
    assert shares[300] < 0.9 < shares[-60]


def test_every_sort_of_taint_is_there_and_keeps_guests_off(plan):
    assert set(plan.taints) == set(TAINTS)
    assert {plan.taints[pod.node] for pod in plan.machines}.isdisjoint({"gpu", "infra"})
    assert all(plan.schedulable[pod.node] for pod in plan.machines)
