"""Storage: claims, volumes and CSI facts by key, and which pods use them."""

from dataclasses import replace

import pytest

from tests.placement.volumes import claim, pod, volume
from webhook.objects import Claim, Disk
from webhook.objects.storage import (
    STORAGE_TYPES,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.placement.index.storage import Storage, foreign


@pytest.mark.parametrize(
    ("object_", "store"),
    [
        pytest.param(claim(), "claims", id="claim"),
        pytest.param(volume(), "volumes", id="volume"),
        pytest.param(StorageClass("s"), "classes", id="class"),
        pytest.param(CSINode("a"), "csi_nodes", id="CSINode"),
        pytest.param(CSIDriver("x"), "csi_drivers", id="CSIDriver"),
        pytest.param(CSIStorageCapacity("n", "k"), "capacities", id="capacity"),
        pytest.param(VolumeAttachment("t"), None, id="attachment"),
    ],
)
def test_an_object_is_found_by_its_key_until_it_is_removed(object_, store):
    storage = Storage()
    storage.put(object_)
    assert storage.of(type(object_)) == {object_.key: object_}
    assert all(not storage.of(type_) for type_ in STORAGE_TYPES if type_ is not type(object_))
    if store:
        assert getattr(storage, store) == {object_.key: object_}
    storage.remove(type(object_), object_.key)
    storage.remove(type(object_), object_.key)
    assert not storage.of(type(object_))


def test_a_new_version_takes_the_place_of_the_old():
    storage = Storage()
    storage.put(volume("v", capacity=1))
    storage.put(volume("w"))
    storage.put(volume("v", capacity=2))
    assert {name: v.capacity for name, v in storage.volumes.items()} == {
        "v": 2,
        "w": volume().capacity,
    }
    storage.remove(PersistentVolume, "v")
    assert list(storage.volumes) == ["w"]


def test_the_claim_of_a_pods_volume_is_one_of_its_namespace():
    storage = Storage()
    storage.put(claim("c", namespace="n"))
    storage.put(claim("d"))
    assert storage.claim(pod(namespace="n"), Claim("c")) == claim("c", namespace="n")
    assert storage.claim(pod(), Claim("c")) is None
    assert storage.claim(pod(), Claim("d", ephemeral=True)) == claim("d")


T, U = VolumeAttachment("t", "x", "a", "v"), VolumeAttachment("u", "x", "a", "w")


def test_attachments_are_found_by_node():
    storage = Storage()
    for each in (T, U, replace(T, name="s", node_name="b")):
        storage.put(each)
    assert storage.attached["a"] == {"t": T, "u": U}
    assert list(storage.attached["b"]) == ["s"]
    storage.remove(VolumeAttachment, "u")
    assert storage.attached["a"] == {"t": T}
    storage.remove(VolumeAttachment, "s")
    assert storage.attached == {"a": {"t": T}}


def test_an_attachment_can_move_to_another_node():
    storage = Storage()
    storage.put(T)
    storage.put(replace(T, node_name="b"))
    assert storage.attached == {"b": {"t": replace(T, node_name="b")}}
    storage.remove(VolumeAttachment, "t")
    assert storage.attached == {}


def users(storage):
    return {key: tally.nodes for key, tally in storage.users.items()}


def test_the_users_of_a_claim_are_counted_by_node():
    storage = Storage()
    first, second = pod("c", "d", name="q"), pod("c", name="r")
    elsewhere = pod("c", name="s", namespace="n")
    for each, slot in ((first, 0), (second, 2), (elsewhere, 1)):
        storage.place(each, slot, 1)
    assert users(storage) == {("default", "c"): 0b101, ("default", "d"): 0b001, ("n", "c"): 0b010}
    assert {slot: list(pods) for slot, pods in storage.pods.items()} == {
        0: ["uid-q"],
        1: ["uid-s"],
        2: ["uid-r"],
    }
    storage.place(first, 0, -1)
    assert users(storage) == {("default", "c"): 0b100, ("n", "c"): 0b010}
    assert storage.pods == {1: {"uid-s": elsewhere}, 2: {"uid-r": second}}


def test_two_pods_of_a_node_stand_beside_each_other():
    storage = Storage()
    first, second = pod("c", name="q"), pod("c", name="r")
    storage.place(first, 0, 1)
    storage.place(second, 0, 1)
    storage.place(first, 0, -1)
    assert storage.pods == {0: {"uid-r": second}}
    assert users(storage) == {("default", "c"): 1}
    storage.place(second, 0, -1)
    assert (storage.pods, storage.users) == ({}, {})


def test_the_volumes_of_a_node_are_counted_as_named():
    storage = Storage()
    plain = pod("c", "c", "d", name="q")
    mixed = pod("c", name="r", ephemeral=["e"], disks=[Disk("rbd", "i")])
    storage.place(plain, 0, 1)
    storage.place(mixed, 0, 1)
    storage.place(pod(name="s", disks=[Disk("rbd", "i")]), 1, 1)
    assert (storage.mentions.counts, storage.delicate.counts) == ({0: 6, 1: 1}, {0: 1, 1: 1})
    storage.place(mixed, 0, -1)
    assert (storage.mentions.counts, storage.delicate.counts) == ({0: 3, 1: 1}, {1: 1})
    storage.place(pod(name="t", ephemeral=["e"]), 2, 1)
    assert storage.delicate.counts == {1: 1, 2: 1}


def test_a_claim_behind_two_volumes_of_a_pod_goes_with_it():
    storage = Storage()
    storage.place(pod("c", "c"), 0, 1)
    storage.place(pod("c", "c"), 0, -1)
    assert storage.users == {}


def test_an_ephemeral_volume_and_a_disk_have_no_claim_to_share():
    storage = Storage()
    for name, each in (("q", {"ephemeral": ["e"]}), ("r", {"disks": [Disk("rbd", "i")]})):
        storage.place(pod(name=name, **each), 0, 1)
    assert list(storage.pods[0]) == ["uid-q", "uid-r"]
    assert storage.users == {}


def test_a_pod_without_volumes_is_not_kept():
    storage = Storage()
    storage.place(pod(), 0, 1)
    storage.place(pod(), 0, -1)
    assert (storage.pods, storage.users) == ({}, {})


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
