"""VolumeRestrictions: missing claims, inline disks in the way, claims for one pod only."""

from dataclasses import replace

import pytest

from tests.placement.cases import Answer, answers
from tests.placement.volumes import bound, cluster, pod, volume
from webhook.objects import Disk, NodeInfo, Version
from webhook.placement import evaluate
from webhook.placement.framework import PreFilter
from webhook.placement.volume_restrictions import PLUGIN, prefilter, volume_restrictions

DISK = "node(s) had no available disk"
IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
    "already in-use by another pod"
)
BEFORE_1_34 = (
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
)
A, B = NodeInfo("a", allocatable={"pods": 9}), NodeInfo("b", allocatable={"pods": 9})
ONE_POD = bound("c", access_modes=frozenset({"ReadWriteOnce", "ReadWriteOncePod"}))
SHARED = bound("s", access_modes=frozenset({"ReadWriteOnce"}))
GCE = Disk("gcePersistentDisk", "d")


def refused(index, asking):
    return answers(volume_restrictions(asking, index), index)


@pytest.mark.parametrize(
    ("asking", "outcome"),
    [
        pytest.param(pod(), PreFilter(skip=True), id="no volume"),
        pytest.param(pod("c", "s"), PreFilter(skip=True), id="claims that nobody else uses"),
        pytest.param(
            pod("s", "x", "y"),
            PreFilter(refusal='persistentvolumeclaim "x" not found'),
            id="the first missing claim is named",
        ),
        pytest.param(
            pod(ephemeral=["x"]), PreFilter(skip=True), id="that of an ephemeral volume is not"
        ),
        pytest.param(
            pod("c", namespace="other"),
            PreFilter(refusal='persistentvolumeclaim "c" not found'),
            id="a claim of another namespace is none",
        ),
        *(
            pytest.param(pod(disks=[Disk(kind, "d")]), PreFilter(), id=f"an inline {kind}")
            for kind in ("gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd")
        ),
        pytest.param(
            pod(disks=[Disk("cinder", "d")]), PreFilter(skip=True), id="an inline disk of others"
        ),
    ],
)
def test_a_pod_that_nothing_can_be_in_the_way_of_is_skipped(asking, outcome):
    assert prefilter(asking, cluster(A, ONE_POD, SHARED)) == outcome


@pytest.mark.parametrize(
    ("other", "in_use"),
    [
        pytest.param(pod("c", name="q", node_name="b"), True, id="another pod"),
        pytest.param(pod("s", "c", name="q", node_name="a"), True, id="as one of its claims"),
        pytest.param(pod("s", name="q", node_name="b"), False, id="another claim"),
        pytest.param(pod("c", name="q", node_name="x"), False, id="a pod on an unknown node"),
        pytest.param(pod("c", name="q"), False, id="a pod without a node"),
        pytest.param(
            pod("c", name="q", node_name="b", phase="Failed"), False, id="a pod that has ended"
        ),
        pytest.param(
            pod("c", name="q", node_name="b", namespace="other"), False, id="another's claim"
        ),
        pytest.param(
            pod(ephemeral=["c"], name="q", node_name="b"), False, id="as an ephemeral volume"
        ),
    ],
)
def test_a_claim_for_one_pod_in_use_blocks_every_node_for_now(other, in_use):
    index = cluster(A, B, ONE_POD, SHARED, other)
    assert prefilter(pod("c", "s"), index) == PreFilter(skip=not in_use)
    blocked: list[Answer] = [(["a", "b"], IN_USE, "Unschedulable", [])] if in_use else []
    assert refused(index, pod("c", "s")) == blocked


def test_a_claim_that_is_shared_or_ephemeral_is_no_matter():
    own = bound("e", access_modes=frozenset({"ReadWriteOncePod"}))
    index = cluster(A, SHARED, own, pod("s", "e", name="q", node_name="a"))
    assert prefilter(pod("s", ephemeral=["e"]), index) == PreFilter(skip=True)
    assert refused(index, pod("s", ephemeral=["e"])) == []


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        pytest.param(Version(1, 33, 9), BEFORE_1_34, id="1.33"),
        pytest.param(Version(1, 34), IN_USE, id="1.34"),
    ],
)
def test_the_reason_was_reworded(version, reason):
    index = cluster(A, ONE_POD, pod("c", name="q", node_name="a"), version=version)
    assert refused(index, pod("c")) == [(["a"], reason, "Unschedulable", [])]


def reading(disk):
    return replace(disk, read_only=True)


def rbd(*monitors, name="rbd/i"):
    return Disk("rbd", name, monitors=frozenset(monitors))


EBS, ISCSI, RBD = Disk("awsElasticBlockStore", "d"), Disk("iscsi", "d"), rbd("m1", "m2")


@pytest.mark.parametrize(
    ("mine", "theirs", "conflict"),
    [
        pytest.param(GCE, GCE, True, id="one GCE disk"),
        pytest.param(GCE, Disk("gcePersistentDisk", "e"), False, id="two GCE disks"),
        pytest.param(reading(GCE), GCE, True, id="one GCE disk, written there"),
        pytest.param(GCE, reading(GCE), True, id="one GCE disk, written here"),
        pytest.param(reading(GCE), reading(GCE), False, id="one GCE disk, only read"),
        pytest.param(EBS, EBS, True, id="one EBS volume"),
        pytest.param(reading(EBS), reading(EBS), True, id="one EBS volume, even if only read"),
        pytest.param(EBS, Disk("awsElasticBlockStore", "e"), False, id="two EBS volumes"),
        pytest.param(ISCSI, ISCSI, True, id="one iSCSI name"),
        pytest.param(reading(ISCSI), reading(ISCSI), False, id="one iSCSI name, only read"),
        pytest.param(ISCSI, Disk("iscsi", "e"), False, id="two iSCSI names"),
        pytest.param(RBD, rbd("m2", "m3"), True, id="one image, one monitor in common"),
        pytest.param(RBD, rbd("m3"), False, id="one image, no monitor in common"),
        pytest.param(reading(RBD), reading(RBD), False, id="one image, only read"),
        pytest.param(RBD, rbd("m1", name="rbd/j"), False, id="two images"),
        pytest.param(GCE, EBS, False, id="the same name in two plugins"),
        pytest.param(Disk("cinder", "d"), Disk("cinder", "d"), False, id="a plugin of no matter"),
    ],
)
def test_a_disk_can_be_in_the_way_on_its_node(mine, theirs, conflict):
    other = pod(name="q", node_name="b", disks=[theirs])
    index = cluster(A, B, other, pod(name="r", node_name="a", disks=[Disk("rbd", "x/y")]))
    blocked: list[Answer] = [(["b"], DISK, "Unschedulable", [])] if conflict else []
    assert refused(index, pod(disks=[mine])) == blocked


def test_any_disk_of_any_pod_counts():
    several = pod(name="q", node_name="b", disks=[ISCSI, EBS])
    index = cluster(A, B, several, pod(name="r", node_name="b", disks=[Disk("iscsi", "x")]))
    blocked: list[Answer] = [(["b"], DISK, "Unschedulable", [])]
    assert refused(index, pod(disks=[GCE, Disk("iscsi", "y"), EBS])) == blocked
    assert refused(index, pod(disks=[GCE, Disk("iscsi", "y")])) == []


def test_the_disk_speaks_before_the_claim():
    index = cluster(A, B, ONE_POD, pod("c", name="q", node_name="a", disks=[GCE]))
    assert refused(index, pod("c", disks=[GCE])) == [
        (["a"], DISK, "Unschedulable", []),
        (["b"], IN_USE, "Unschedulable", []),
    ]


def nominated(name="q", **fields):
    """A pod that is nominated to a, of the same priority."""
    return pod("c", name=name, nominated_node_name="a", **fields)


def told(asking, *objects):
    """The nodes for which the plugin speaks, with what it says."""
    index = cluster(A, B, ONE_POD, SHARED, volume("v"), *objects)
    table = evaluate(asking, index).table()
    return {row.name: row.reasons for row in table if row.plugin == PLUGIN.name}


def test_a_nominated_pod_is_not_seen_where_the_plugin_was_skipped():
    assert told(pod("c"), nominated()) == {}


@pytest.mark.parametrize(
    ("other", "seen"),
    [
        pytest.param(nominated(), True, id="its claim"),
        pytest.param(nominated(namespace="other"), True, id="one of that name elsewhere"),
        pytest.param(nominated(priority=-1), False, id="a lesser pod"),
        pytest.param(
            pod("s", name="q", nominated_node_name="a"), False, id="one with another claim"
        ),
        pytest.param(
            pod(name="q", ephemeral=["c"], nominated_node_name="a"),
            False,
            id="one with an ephemeral volume of that name",
        ),
    ],
)
def test_a_claim_of_a_nominated_pod_is_compared_by_name_alone(other, seen):
    asking = pod("c", disks=[Disk("iscsi", "d")])
    assert told(asking, other) == ({"a": (IN_USE,)} if seen else {})
