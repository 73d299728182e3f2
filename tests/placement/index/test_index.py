"""ClusterIndex, event by event; `test_properties.py` has any sequence of them."""

from dataclasses import replace

import pytest

from tests import builders
from webhook.objects import (
    Applied,
    Deleted,
    Features,
    KubeVirt,
    NodeInfo,
    PodInfo,
    Profile,
    Replaced,
    Version,
)
from webhook.objects.profile import Namespace
from webhook.placement import ClusterIndex

POD = PodInfo("default", "p", node_name="n", usage={"cpu": 5})


def used(index, resource="cpu", name="n"):
    return int(index.used.row(resource)[index.nodes.slots[name]])


def test_a_pod_counts_on_its_node():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))
    assert (used(index), used(index, "pods")) == (5, 1)


def test_a_pod_counts_as_soon_as_its_node_is_known():
    index = ClusterIndex()
    index.apply(Applied(POD))
    index.apply(Applied(NodeInfo("n")))
    assert (used(index), used(index, "pods")) == (5, 1)


def test_a_pod_that_is_told_of_twice_counts_once():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))
    index.apply(Applied(replace(POD)))
    assert (used(index), used(index, "pods")) == (5, 1)


def test_a_pod_that_finished_counts_no_longer():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))
    index.apply(Applied(replace(POD, phase="Succeeded")))
    assert (used(index), used(index, "pods")) == (0, 0)


def test_a_pod_that_is_deleted_counts_no_longer():
    index = builders.index(builders.node("n"))
    for pod in (POD, replace(POD, name="elsewhere", node_name="unknown")):
        index.apply(Applied(pod))
        index.apply(Deleted(PodInfo, pod.key))
    assert (used(index), used(index, "pods"), index.pods) == (0, 0, {})


def test_one_of_two_pods_that_wait_for_a_node_may_go():
    index, other = ClusterIndex(), replace(POD, name="other")
    for event in (Applied(POD), Applied(other), Deleted(PodInfo, POD.key), Applied(NodeInfo("n"))):
        index.apply(event)
    assert (used(index), index.keys(PodInfo)) == (5, ["default/other"])


def test_a_finished_list_of_pods_drops_the_others():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))
    index.apply(Replaced(PodInfo, (replace(POD, name="other", usage={"cpu": 1}),)))
    assert (used(index), index.keys(PodInfo)) == (1, ["default/other"])


def test_a_node_that_changes_keeps_its_pods():
    index = builders.index(builders.node("n", allocatable={"cpu": "1", "memory": "1"}))
    index.apply(Applied(POD))
    index.apply(Applied(NodeInfo("n", {"zone": "a"}, True, (), {"cpu": 7})))
    slot = index.nodes.slots["n"]
    assert [int(index.allocatable.row(r)[slot]) for r in ("cpu", "memory")] == [7, 0]
    assert (used(index), index.nodes.with_label("zone", "a"), index.nodes.cordoned) == (5, 1, 1)


def test_a_node_in_the_place_of_another_inherits_nothing():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))
    index.apply(Deleted(NodeInfo, "n"))
    index.apply(Applied(NodeInfo("m")))
    assert index.nodes.slots == {"m": 0}
    assert (used(index, name="m"), int(index.allocatable.row("cpu")[0])) == (0, 0)


@pytest.mark.parametrize("type_", [NodeInfo, PodInfo, Namespace, KubeVirt])
def test_what_is_unknown_can_be_deleted(type_):
    index = ClusterIndex()
    before = index.freeze()
    index.apply(Deleted(type_, "nothing"))
    assert index.freeze() == before


def test_kinds_that_no_verdict_reads_are_ignored():
    index = ClusterIndex()
    before = index.freeze()
    index.apply(Applied(KubeVirt()))
    index.apply(Replaced(KubeVirt, (KubeVirt(),)))
    assert index.freeze() == before


def test_a_deleted_profile_leaves_the_default():
    index = ClusterIndex()
    index.apply(Applied(Profile("other")))
    assert index.profile == Profile("other")
    index.apply(Deleted(Profile, "other"))
    assert index.profile == Profile()


def test_the_servers_version_decides_on_its_features():
    index = ClusterIndex()
    index.apply(Applied(Version(1, 30)))
    assert (index.version, index.features) == (Version(1, 30), Features.of(Version(1, 30)))


def test_a_finished_list_drops_what_it_does_not_hold():
    index = builders.index(builders.node("a"), builders.node("b"), builders.namespace("red"))
    index.apply(Replaced(NodeInfo, (NodeInfo("b", unschedulable=True), NodeInfo("c"))))
    index.apply(Replaced(Namespace, (Namespace("blue"),)))
    assert sorted(index.keys(NodeInfo)) == ["b", "c"]
    assert list(index.nodes.named(index.nodes.cordoned)) == ["b"]
    assert (index.keys(Namespace), index.keys(PodInfo), index.keys(Profile)) == (["blue"], [], [])


def test_a_freeze_builds_an_equal_index():
    index = ClusterIndex(Version(1, 33))
    for object_ in (POD, NodeInfo("n"), Namespace("red", {"a": "b"}), Profile("other")):
        index.apply(Applied(object_))
    assert index.freeze() == (
        Applied(Version(1, 33)),
        Applied(Profile("other")),
        Replaced(Namespace, (Namespace("red", {"a": "b"}),)),
        Replaced(NodeInfo, (NodeInfo("n"),)),
        Replaced(PodInfo, (POD,)),
    )


def test_pods_are_found_by_their_controller():
    index = ClusterIndex()
    mine, other = replace(POD, owner_uid="o1"), replace(POD, name="q", owner_uid="o2")
    done = replace(POD, name="r", owner_uid="o1", phase="Failed")
    for pod in (mine, other, done, replace(POD, name="s")):
        index.apply(Applied(pod))
    assert list(index.owned("o1")) == [mine, done]
    assert (list(index.owned("")), list(index.owned("o9"))) == ([], [])


def waiting(name, priority=0, **fields):
    return PodInfo("default", name, nominated_node_name="n", priority=priority, **fields)


@pytest.mark.parametrize(
    ("pods", "ahead"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([waiting("a", 5), waiting("b", 6)], ["a", "b"], id="as much or more priority"),
        pytest.param([waiting("a", 4)], [], id="less priority"),
        pytest.param([waiting("p", 9)], [], id="the pod itself"),
        pytest.param([waiting("a", 9, node_name="m")], [], id="bound since"),
        pytest.param([waiting("a", 9, phase="Failed")], [], id="finished"),
        pytest.param([waiting("a", 4), waiting("b", 9)], ["b"], id="some of them"),
    ],
)
def test_nominated_pods_go_first_by_priority(pods, ahead):
    index = builders.index(builders.node("n"))
    for pod in pods:
        index.apply(Applied(pod))
    found = list(index.nominated(PodInfo("default", "p", priority=5)))
    assert [(bit, [p.name for p in group]) for bit, group in found] == (
        [(1, ahead)] if ahead else []
    )


def test_a_nomination_to_an_unknown_node_waits_for_nobody():
    index = ClusterIndex()
    index.apply(Applied(waiting("a")))
    assert list(index.nominated(PodInfo("default", "p"))) == []


def test_an_assumption_holds_inside_and_is_undone_after():
    index = builders.index(builders.node("n"), builders.node("m"))
    index.apply(Applied(POD))
    moved, unknown = replace(POD, node_name="m"), PodInfo("default", "unknown")
    with index.assuming(gone=[unknown, POD], here=[replace(POD, name="q")]):
        assert list(index.pods) == ["default/q"]
    with index.assuming(here=[moved]), index.assuming(gone=[moved]):
        assert (used(index), used(index, name="m"), index.pods) == (0, 0, {})
    assert (used(index), used(index, name="m"), index.pods) == (5, 0, {"default/p": POD})


def test_an_assumption_is_undone_when_its_body_fails():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))
    with pytest.raises(LookupError), index.assuming(gone=[POD]):
        raise LookupError
    assert (used(index), index.pods) == (5, {"default/p": POD})


def test_an_assumption_is_undone_when_it_cannot_be_made():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))

    def broken():
        yield replace(POD, name="q")
        raise LookupError

    with pytest.raises(LookupError), index.assuming(gone=[POD], here=broken()):
        pytest.fail("the body may not run")
    assert (used(index), index.pods) == (5, {"default/p": POD})
