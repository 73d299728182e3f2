"""Claims, volumes and CSI objects: keys, and when a claim is bound."""

import pytest

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


@pytest.mark.parametrize(
    ("object_", "key"),
    [
        pytest.param(PersistentVolumeClaim("n", "c"), ("n", "c"), id="claim"),
        pytest.param(PersistentVolume("v"), "v", id="volume"),
        pytest.param(StorageClass("s"), "s", id="class"),
        pytest.param(CSINode("a"), "a", id="CSINode"),
        pytest.param(CSIDriver("x"), "x", id="CSIDriver"),
        pytest.param(CSIStorageCapacity("n", "k"), ("n", "k"), id="capacity"),
        pytest.param(VolumeAttachment("t"), "t", id="attachment"),
    ],
)
def test_an_object_is_known_by_name_within_its_namespace_if_it_has_one(object_, key):
    assert object_.key == key
    assert type(object_) in STORAGE_TYPES


@pytest.mark.parametrize(
    ("volume_name", "bind_completed", "bound"),
    [("v", True, True), ("v", False, False), ("", True, False), ("", False, False)],
)
def test_a_claim_is_bound_when_the_binder_is_done_with_it(volume_name, bind_completed, bound):
    claim = PersistentVolumeClaim("n", "c", volume_name, bind_completed=bind_completed)
    assert claim.bound is bound


def test_a_claim_asks_for_nothing_that_it_does_not_say():
    claim = PersistentVolumeClaim("n", "c")
    assert (claim.volume_mode, claim.selected_node, claim.request) == ("Filesystem", None, 0)
    assert claim.selector.matches({})
