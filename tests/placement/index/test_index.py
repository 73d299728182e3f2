"""ClusterIndex, event by event; `test_properties.py` has any sequence of them."""

from dataclasses import replace

import pytest

from tests import builders
from webhook.objects import (
    Applied,
    Claim,
    Deleted,
    Features,
    HostPort,
    KubeVirt,
    NodeInfo,
    PodInfo,
    Profile,
    Replaced,
    Version,
)
from webhook.objects.profile import DeviceClass, Namespace
from webhook.objects.storage import (
    STORAGE_TYPES,
    CSIStorageCapacity,
    PersistentVolumeClaim,
    StorageClass,
)
from webhook.placement import ClusterIndex

POD = PodInfo("default", "p", node_name="n", usage={"cpu": 5})


def used(index, resource="cpu", name="n"):
    slot = index.nodes.slots[name]
    return int((index.allocatable.row(resource) - index.free.row(resource))[slot])


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


def test_a_node_that_is_told_of_twice_keeps_its_pods_and_room():
    index = builders.index(builders.node("n", allocatable={"cpu": "1"}))
    index.apply(Applied(POD))
    index.apply(Applied(replace(index.nodes.infos["n"])))
    slot = index.nodes.slots["n"]
    assert (used(index), int(index.allocatable.row("cpu")[slot])) == (5, 1000)


def test_a_pod_that_only_gets_on_with_its_life_stays_where_it_is():
    index = builders.index(builders.node("n"))
    for phase in ("Pending", "Running", "Running"):
        index.apply(Applied(replace(POD, phase=phase, owner_uid="o", requests={"cpu": 9})))
        assert [(p.phase, p.requests) for p in index.owned("o")] == [(phase, {"cpu": 9})]
        assert (used(index), used(index, "pods")) == (5, 1)
    index.apply(Applied(replace(POD, phase="Failed", owner_uid="o")))
    assert (used(index), used(index, "pods")) == (0, 0)


def test_a_pod_that_waits_for_the_scheduler_takes_nothing():
    index = builders.index(builders.node("n"))
    index.apply(Applied(PodInfo("default", "p", usage={"cpu": 5})))
    assert (used(index), list(index.nominated(POD)), list(index.pods)) == (0, [], ["default/p"])


def test_a_node_that_changes_or_goes_leaves_the_others_alone():
    there = replace(POD, labels={"a": "b"}, host_ports=(HostPort(80),))
    stays = replace(there, name="q", node_name="m", usage={"cpu": 3})
    index = builders.index(*(builders.node(name, allocatable={"cpu": "1"}) for name in "mn"))
    index.apply(Applied(there))
    index.apply(Applied(stays))
    index.apply(Applied(NodeInfo("n", allocatable={"cpu": 7})))
    cpu = index.allocatable.row("cpu")
    assert [int(cpu[s]) for s in (0, 1)] == [1000, 7]
    assert [used(index, "pods", name) for name in "mn"] == [1, 1]
    index.apply(Deleted(NodeInfo, "n"))
    assert (used(index, name="m"), used(index, "pods", "m"), index.ports.taken(HostPort(80))) == (
        3,
        1,
        index.nodes.bit("m"),
    )
    assert index.standing(index.placed.all) == index.nodes.bit("m")
    assert [int(cpu[s]) for s in (0, 1)] == [1000, 0]
    index.apply(Applied(NodeInfo("n")))
    assert (used(index), used(index, "pods"), used(index, "pods", "m")) == (5, 1, 1)
    assert index.standing(index.placed.all) == index.nodes.all


def test_a_node_in_the_place_of_another_inherits_nothing():
    index = builders.index(builders.node("n"))
    index.apply(Applied(POD))
    index.apply(Deleted(NodeInfo, "n"))
    index.apply(Applied(NodeInfo("m")))
    assert index.nodes.slots == {"m": 0}
    assert (used(index, name="m"), int(index.allocatable.row("cpu")[0])) == (0, 0)


@pytest.mark.parametrize(
    "type_", [NodeInfo, PodInfo, Namespace, DeviceClass, KubeVirt, *STORAGE_TYPES]
)
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
    assert set(index.keys(NodeInfo)) == {"b", "c"}
    assert list(index.nodes.named(index.nodes.cordoned)) == ["b"]
    assert (index.keys(Namespace), index.keys(PodInfo), index.keys(Profile)) == (["blue"], [], [])


CLAIM, WAIT = PersistentVolumeClaim("red", "c"), StorageClass("wait")


def test_a_freeze_builds_an_equal_index():
    index = ClusterIndex(Version(1, 33))
    objects = (POD, NodeInfo("n"), Namespace("red", {"a": "b"}), Profile("other"), CLAIM)
    for object_ in (*objects, DeviceClass("gpu")):
        index.apply(Applied(object_))
    assert index.freeze() == (
        Applied(Version(1, 33)),
        Applied(Profile("other")),
        Replaced(Namespace, (Namespace("red", {"a": "b"}),)),
        Replaced(NodeInfo, (NodeInfo("n"),)),
        Replaced(PodInfo, (POD,)),
        Replaced(DeviceClass, (DeviceClass("gpu"),)),
        *(Replaced(t, (CLAIM,) if t is PersistentVolumeClaim else ()) for t in STORAGE_TYPES),
    )


@pytest.mark.parametrize(
    ("one", "changed", "other"),
    [
        pytest.param(
            CLAIM, replace(CLAIM, request=1), PersistentVolumeClaim("blue", "c"), id="by namespace"
        ),
        pytest.param(WAIT, replace(WAIT, provisioner="p"), StorageClass("now"), id="by name"),
        pytest.param(
            CSIStorageCapacity("a", "x"),
            CSIStorageCapacity("a", "x", "wait"),
            CSIStorageCapacity("b", "x"),
            id="also capacities",
        ),
        pytest.param(
            DeviceClass("gpu"), DeviceClass("gpu", "a/b"), DeviceClass("fpga"), id="device classes"
        ),
    ],
)
def test_objects_are_kept_by_key(one, changed, other):
    index, type_ = ClusterIndex(), type(one)

    def held():
        lists = [each for each in index.freeze() if isinstance(each, Replaced)]
        objects = next(each.objects for each in lists if each.type is type_)
        assert len(index.keys(type_)) == len(objects)
        assert {each.key for each in objects} == set(index.keys(type_))
        return {each.key: each for each in objects}

    for object_ in (one, other, changed):
        index.apply(Applied(object_))
    assert held() == {one.key: changed, other.key: other}
    index.apply(Deleted(type_, one.key))
    assert held() == {other.key: other}
    index.apply(Replaced(type_, (one,)))
    assert held() == {one.key: one}


def test_ports_are_taken_as_long_as_their_pod_is_there():
    index, pod = builders.index(builders.node("n")), replace(POD, host_ports=(HostPort(80),))
    index.apply(Applied(pod))
    with index.assuming(gone=[pod]):
        assert index.ports.taken(HostPort(80)) == 0
    assert index.ports.taken(HostPort(80)) == 1
    index.apply(Applied(replace(pod, phase="Failed")))
    assert index.ports.taken(HostPort(80)) == 0


def test_volumes_are_used_as_long_as_their_pod_is_there():
    index, pod = builders.index(builders.node("n")), replace(POD, claims=(Claim("c"),))
    index.apply(Applied(pod))
    assert index.storage.users.pods == {0: {pod.key: pod}}
    with index.assuming(gone=[pod]):
        assert index.storage.users.pods == {}
    assert index.storage.users.claims.nodes(("default", "c")) == 1


@pytest.mark.parametrize(
    ("classes", "version", "delegated"),
    [
        pytest.param([], (1, 36), [], id="no class"),
        pytest.param([DeviceClass("gpu", "a/gpu")], (1, 36), ["less", "none"], id="where none is"),
        pytest.param([DeviceClass("gpu", "a/gpu")], (1, 35), [], id="but not before 1.36"),
        pytest.param([DeviceClass("gpu", "a/fpga")], (1, 36), [], id="another resource"),
        pytest.param(
            [DeviceClass("x", "a/fpga"), DeviceClass("y", "a/gpu")],
            (1, 36),
            ["less", "none"],
            id="any class",
        ),
    ],
)
def test_a_device_class_may_serve_a_resource(classes, version, delegated):
    index = ClusterIndex(Version(*version))
    amounts = {"some": {"a/gpu": 1}, "none": {"a/gpu": 0}, "less": {"a/gpu": -1}}
    for object_ in (*(NodeInfo(n, allocatable=has) for n, has in amounts.items()), *classes):
        index.apply(Applied(object_))
    assert sorted(index.nodes.named(index.delegated("a/gpu"))) == delegated


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
        pytest.param([waiting("a", 9, scheduler_name="x")], [], id="of another scheduler"),
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
