"""Storage: what claims, volumes, nodes and pods make of each other, whatever changes first."""

from copy import deepcopy
from dataclasses import replace
from itertools import permutations

import pytest

from tests.placement.volumes import bound, claim, cluster, holdings, pod, volume
from webhook.objects import Applied, Deleted, Disk, NodeInfo, Version
from webhook.objects.storage import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.placement.index.storage import foreign

A, B = NodeInfo("a"), NodeInfo("b")
OLD = Version(1, 35)
VOLUME = volume("v", driver="x", handle="h")
AT = VolumeAttachment("t", "x", "a", "v")
LIMITS = CSINode("a", limits={"x": 1}, migrated_plugins=frozenset({"kubernetes.io/aws-ebs"}))
USER = pod("c", name="q", node_name="a")
INLINE = pod(name="r", node_name="a", disks=[Disk("awsElasticBlockStore", "vol-1")])
BROKEN = pod(name="s", node_name="a", disks=[Disk("awsElasticBlockStore", "aws://z/1")])
EPHEMERAL = pod(name="t", node_name="a", ephemeral=["c"])
SLOW = StorageClass("slow", "x")


def used(index):
    """The volumes that pods use, by node."""
    return holdings(index)["used"]


def attached(index):
    """The volumes that are attached, by node."""
    return holdings(index)["attached"]


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param((A, bound(), VOLUME, USER, LIMITS), id="a claim"),
        pytest.param((A, claim(), SLOW, USER), id="a claim without a volume"),
        pytest.param((A, VOLUME, AT, LIMITS), id="an attachment"),
        pytest.param((A, INLINE, BROKEN, LIMITS), id="disks"),
        pytest.param((A, bound(), VOLUME, EPHEMERAL, LIMITS), id="another's ephemeral volume"),
        pytest.param((A, bound(controller_uid="uid-t"), VOLUME, EPHEMERAL), id="its own"),
        pytest.param((A, bound(), VOLUME, USER, EPHEMERAL), id="a claim in two ways"),
    ],
)
@pytest.mark.parametrize("version", [Version(1, 36), OLD, Version(1, 31)])
def test_the_order_of_events_makes_no_difference(objects, version):
    pictures = [holdings(cluster(*order, version=version)) for order in permutations(objects)]
    assert all(each == pictures[0] for each in pictures)


@pytest.mark.parametrize(
    ("gone", "count"),
    [
        pytest.param(bound(), {}, id="the claim"),
        pytest.param(VOLUME, {("x", ("default", "c")): {"a": 1}}, id="the volume"),
        pytest.param(SLOW, {("x", "h"): {"a": 1}}, id="the class"),
        pytest.param(USER, {}, id="the pod"),
        pytest.param(A, {}, id="the node"),
    ],
)
def test_what_a_claim_stands_for_follows_what_is_there(gone, count):
    index = cluster(A, bound(), VOLUME, SLOW, USER)
    before = deepcopy(holdings(index))
    assert used(index) == {("x", "h"): {"a": 1}}
    index.apply(Deleted(type(gone), gone.key))
    assert used(index) == count
    index.apply(Applied(gone))
    assert holdings(index) == before


def test_a_class_makes_the_volumes_of_its_own_claims_that_have_none():
    others = [claim("d", storage_class="fast"), bound("e", "v"), VOLUME]
    index = cluster(A, claim(), *others, pod("c", "d", "e", "f", name="q", node_name="a"))
    assert used(index) == {("x", "h"): {"a": 1}}
    index.apply(Applied(SLOW))
    assert used(index) == {("x", "h"): {"a": 1}, ("x", ("default", "c")): {"a": 1}}
    index.apply(Deleted(StorageClass, "slow"))
    assert used(index) == {("x", "h"): {"a": 1}}


def test_a_changed_volume_counts_as_it_is_now():
    index = cluster(A, B, bound(), bound("d"), VOLUME, USER, pod("d", name="r", node_name="b"), AT)
    index.apply(Applied(replace(VOLUME, handle="i")))
    assert used(index) == {("x", "i"): {"a": 1, "b": 1}}
    assert attached(index) == {("x", "i"): {"a": 1}}
    index.apply(Applied(bound("d", "w")))
    assert used(index) == {("x", "i"): {"a": 1}}


LABELLED = {"topology.kubernetes.io/zone": "z"}
GCE = volume("v", in_tree="gcePersistentDisk", handle="h")


@pytest.mark.parametrize(
    ("before", "after", "counts_anew"),
    [
        pytest.param(bound(), bound(to="w"), True, id="a claim's volume"),
        pytest.param(claim(), claim(storage_class="fast"), True, id="a claim's class"),
        pytest.param(
            bound(), bound(controller_uid="uid-t"), True, id="the pod that a claim was made for"
        ),
        pytest.param(bound(), bound(phase="Bound"), False, id="a claim's phase"),
        pytest.param(VOLUME, replace(VOLUME, driver="y"), True, id="a driver"),
        pytest.param(VOLUME, replace(VOLUME, handle="i"), True, id="a handle"),
        pytest.param(VOLUME, replace(VOLUME, phase="Released"), False, id="a volume's phase"),
        pytest.param(GCE, replace(GCE, in_tree="cinder"), True, id="an old plugin"),
        pytest.param(GCE, replace(GCE, labels=LABELLED), True, id="an old volume's zone"),
        pytest.param(
            replace(GCE, in_tree="azureDisk", disk_kind="Managed"),
            replace(GCE, in_tree="azureDisk", disk_kind="Dedicated"),
            True,
            id="the kind of an old disk",
        ),
        pytest.param(SLOW, StorageClass("slow", "y"), True, id="a provisioner"),
        pytest.param(SLOW, StorageClass("slow", "x", "Immediate"), False, id="a binding mode"),
        pytest.param(LIMITS, replace(LIMITS, limits={"x": 2}), True, id="a limit"),
        pytest.param(
            LIMITS, replace(LIMITS, migrated_plugins=frozenset()), True, id="a migrated plugin"
        ),
        pytest.param(LIMITS, replace(LIMITS, drivers=frozenset("x")), False, id="a driver's name"),
    ],
)
def test_what_a_changed_object_has_a_say_in_is_counted_anew(before, after, counts_anew):
    beside = [A, USER, EPHEMERAL, INLINE, *(() if type(before) is StorageClass else (VOLUME,))]
    beside += [] if type(before) is PersistentVolumeClaim else [bound()]
    beside += [StorageClass("fast", "z")] if before == claim() else []
    version = OLD if type(before) is CSINode else Version(1, 36)

    def derived(objects):
        index = cluster(*beside, *objects, version=version)
        found = holdings(index)
        keys = ("used", "attached", "faulty", "room", "limits", "sets")
        return deepcopy({key: found[key] for key in keys}), dict(index.storage.of(type(before)))

    assert derived([before, after]) == derived([after])
    assert (derived([before])[0] != derived([after])[0]) == counts_anew


def test_attachments_count_at_nodes_that_are_there():
    index = cluster(A, VOLUME, AT, replace(AT, name="u", node_name="b"))
    assert attached(index) == {("x", "h"): {"a": 1}}
    index.apply(Applied(B))
    assert attached(index) == {("x", "h"): {"a": 1, "b": 1}}
    index.apply(Applied(replace(AT, node_name="b")))
    assert attached(index) == {("x", "h"): {"b": 2}}
    index.apply(Deleted(VolumeAttachment, "u"))
    index.apply(Deleted(NodeInfo, "b"))
    assert attached(index) == {}


def test_another_version_counts_in_another_way():
    in_tree = volume("w", in_tree="awsElasticBlockStore", handle="vol-2")
    index = cluster(A, VOLUME, AT, bound("d", "w"), in_tree, INLINE, BROKEN)
    index.apply(Applied(pod("d", name="u", node_name="a")))
    ebs = {("ebs.csi.aws.com", "vol-1"): {"a": 1}, ("ebs.csi.aws.com", "vol-2"): {"a": 1}}
    there = {("x", "h"): {"a": 1}}

    def counted(version):
        index.apply(Applied(version))
        return used(index), attached(index), index.storage.faulty.nodes

    newest = counted(Version(1, 36))
    assert newest == (ebs, there, 1)
    assert counted(OLD) == ({}, there, 0)
    assert counted(Version(1, 31)) == ({}, {}, 0)
    index.apply(Applied(LIMITS))
    assert counted(Version(1, 31)) == (ebs, {}, 1)
    assert counted(OLD) == (ebs, there, 1)
    index.apply(Applied(replace(LIMITS, migrated_plugins=frozenset())))
    assert counted(OLD) == ({}, there, 0)
    assert counted(Version(1, 36)) == newest


def test_plugins_are_taken_for_migrated_where_there_is_a_csinode():
    index = cluster(A, B, LIMITS, CSINode("b"))
    assert index.storage.translating("kubernetes.io/aws-ebs") == 0b11
    index.apply(Applied(OLD))
    assert index.storage.translating("kubernetes.io/aws-ebs") == 0b01
    assert index.storage.translating("kubernetes.io/gce-pd") == 0


OF_ANOTHER = "PVC default/c was not created for pod default/t (pod is not owner)"
NO_VOLUME = (
    "converting volume() from inline to csi: failed to translate Kubernetes ID to EBS Volume ID "
    "Invalid format for AWS volume (aws://z/1)"
)


@pytest.mark.parametrize(
    ("pods", "fault"),
    [
        pytest.param([BROKEN], NO_VOLUME, id="a disk"),
        pytest.param([EPHEMERAL], OF_ANOTHER, id="a claim"),
        pytest.param([USER, INLINE, EPHEMERAL, BROKEN], OF_ANOTHER, id="the first pod's"),
        pytest.param(
            [replace(EPHEMERAL, disks=BROKEN.disks)], OF_ANOTHER, id="the claim before the disk"
        ),
    ],
)
def test_the_first_fault_of_a_node_is_told(pods, fault):
    index = cluster(A, claim(), *pods, pod(name="u", node_name="a", ephemeral=["none"]))
    assert index.storage.faulty.nodes == 1
    assert index.storage.fault(0) == fault


def test_a_node_without_faults_has_none_to_tell():
    index = cluster(A, claim(controller_uid="uid-t"), EPHEMERAL, INLINE)
    assert index.storage.faulty.nodes == 0
    with pytest.raises(LookupError, match="no pod on slot 0 is faulty"):
        index.storage.fault(0)


@pytest.mark.parametrize(
    "object_",
    [
        pytest.param(claim(), id="claim"),
        pytest.param(volume(), id="volume"),
        pytest.param(StorageClass("s"), id="class"),
        pytest.param(CSINode("a"), id="CSINode"),
        pytest.param(CSIDriver("x"), id="CSIDriver"),
        pytest.param(CSIStorageCapacity("n", "k"), id="capacity"),
        pytest.param(VolumeAttachment("t"), id="attachment"),
    ],
)
def test_an_object_comes_twice_and_goes_twice(object_):
    index = cluster(A)
    before = deepcopy(holdings(index))
    index.apply(Applied(object_))
    there = deepcopy(holdings(index))
    assert there != before
    index.apply(Applied(replace(object_)))
    assert index.storage.of(type(object_))[object_.key] is object_
    assert holdings(index) == there
    for _ in range(2):
        index.apply(Deleted(type(object_), object_.key))
        assert holdings(index) == before


def test_a_pod_without_volumes_is_not_kept():
    index = cluster(A, pod(node_name="a"))
    assert index.storage.users.pods == {}
    index.apply(Deleted(PersistentVolume, "unknown"))


@pytest.mark.parametrize(
    ("controller", "uid", "its_own"),
    [
        pytest.param("u", "u", True, id="its pod"),
        pytest.param("w", "u", False, id="another pod"),
        pytest.param("", "u", False, id="nobody"),
        pytest.param("", "", False, id="a pod that is not there yet"),
    ],
)
def test_an_ephemeral_claim_belongs_to_the_pod_that_it_was_made_for(controller, uid, its_own):
    found = PersistentVolumeClaim("n", "p-v", controller_uid=controller)
    why = foreign(pod(name="p", namespace="n", uid=uid), found)
    assert why == ("" if its_own else "PVC n/p-v was not created for pod n/p (pod is not owner)")
