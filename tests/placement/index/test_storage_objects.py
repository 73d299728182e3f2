"""StorageObjects: claims, volumes and CSI facts by key, and by what else they are asked for."""

from dataclasses import replace

import pytest

from tests.placement.volumes import GIBI, bound, claim, label_in, pod, volume
from webhook.objects import Claim, LabelSelector, NodeInfo
from webhook.objects.storage import (
    STORAGE_TYPES,
    ClaimRef,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.storage_objects import StorageObjects


@pytest.mark.parametrize(
    ("object_", "store"),
    [
        pytest.param(claim(), "claims", id="claim"),
        pytest.param(volume(), "volumes", id="volume"),
        pytest.param(StorageClass("s"), "classes", id="class"),
        pytest.param(CSINode("a"), "csi_nodes", id="CSINode"),
        pytest.param(CSIDriver("x"), "csi_drivers", id="CSIDriver"),
        pytest.param(CSIStorageCapacity("n", "k"), None, id="capacity"),
        pytest.param(VolumeAttachment("t"), "attachments", id="attachment"),
    ],
)
def test_an_object_is_found_by_its_key_until_it_is_forgotten(object_, store):
    objects = StorageObjects()
    objects.enter(object_)
    assert objects.of(type(object_)) == {object_.key: object_}
    assert all(not objects.of(type_) for type_ in STORAGE_TYPES if type_ is not type(object_))
    if store:
        assert getattr(objects, store) == {object_.key: object_}
    objects.forget(type(object_), object_.key)
    objects.forget(type(object_), object_.key)
    assert not objects.of(type(object_))


def test_a_new_version_takes_the_place_of_the_old():
    objects = StorageObjects()
    for each in (volume("v", capacity=1), volume("w"), volume("v", capacity=2)):
        objects.enter(each)
    assert {name: v.capacity for name, v in objects.volumes.items()} == {"v": 2, "w": GIBI}
    objects.forget(PersistentVolume, "v")
    assert list(objects.volumes) == ["w"]


def test_the_claim_of_a_pods_volume_is_one_of_its_namespace():
    objects = StorageObjects()
    objects.enter(claim("c", namespace="n"))
    objects.enter(claim("d"))
    assert objects.claim(pod(namespace="n"), Claim("c")) == claim("c", namespace="n")
    assert objects.claim(pod(), Claim("c")) is None
    assert objects.claim(pod(), Claim("d", ephemeral=True)) == claim("d")


T, U = VolumeAttachment("t", "x", "a", "v"), VolumeAttachment("u", "x", "a", "w")


def test_attachments_are_found_by_node_and_by_volume():
    objects = StorageObjects()
    for each in (T, U, replace(T, name="s", node_name="b")):
        objects.enter(each)
    assert [list(objects.attached_to.of(name)) for name in "abc"] == [["t", "u"], ["s"], []]
    assert [list(objects.attaching.of(name)) for name in "vwx"] == [["t", "s"], ["u"], []]
    objects.enter(replace(T, node_name="b", volume_name="w"))
    assert [list(objects.attached_to.of(name)) for name in "ab"] == [["u"], ["s", "t"]]
    assert [list(objects.attaching.of(name)) for name in "vw"] == [["s"], ["u", "t"]]
    objects.forget(VolumeAttachment, "s")
    assert [list(objects.attached_to.of(name)) for name in "ab"] == [["u"], ["t"]]


def test_claims_are_found_by_the_volume_that_they_name():
    objects = StorageObjects()
    for each in (bound("c", "v"), claim("d"), claim("e", volume_name="v"), bound("f", "w")):
        objects.enter(each)
    assert [objects.naming.of(name) for name in ("v", "w", "")] == [
        [("default", "c"), ("default", "e")],
        (("default", "f"),),
        (),
    ]
    objects.forget(PersistentVolumeClaim, ("default", "c"))
    assert objects.naming.of("v") == (("default", "e"),)


def test_volumes_are_found_by_the_claim_that_they_are_reserved_for():
    objects, nodes = StorageObjects(), NodeSets()
    reserved = volume("v", claim=ClaimRef("n", "c"))
    for each in (reserved, volume("w")):
        objects.enter(each)
    assert objects.reserved.of(("n", "c")) == ("v",)
    assert [each.sample.name for each in objects.free.offers("slow", nodes, 1, False)] == ["w"]
    objects.enter(replace(reserved, claim=None))
    assert objects.reserved.of(("n", "c")) == ()
    assert objects.free.offers("slow", nodes, 1, False)[0].sample.name == "v"


def test_capacities_are_held_by_class():
    objects, nodes = StorageObjects(), NodeSets()
    nodes.add(NodeInfo("a", {"host": "a"}))
    near = LabelSelector((label_in("host", "a"),))
    objects.enter(CSIStorageCapacity("n", "k", "slow", near, GIBI))
    assert objects.capacities.roomy("slow", GIBI, nodes) == 1
    objects.enter(CSIStorageCapacity("n", "k", "fast", near, GIBI))
    assert objects.capacities.roomy("slow", GIBI, nodes) == 0
    assert objects.capacities.roomy("fast", GIBI, nodes) == 1
