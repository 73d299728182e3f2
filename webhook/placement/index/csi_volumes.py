"""The volumes behind claims and inline disks, as the CSI drivers that attach them know them.

Mirrors how `plugins/nodevolumelimits/csi.go` makes the names under which it counts.
"""

from dataclasses import dataclass

from webhook.objects import Disk
from webhook.objects.storage import PersistentVolumeClaim, VolumeAttachment
from webhook.placement.index.csi_migration import (
    DRIVERS,
    PLUGINS,
    UNMIGRATED,
    Untranslatable,
    handle_of_disk,
    handle_of_volume,
)
from webhook.placement.index.storage_objects import StorageObjects

_UNCOUNTED = UNMIGRATED | {""}
#: A driver, and the handle that it knows a volume by; one yet to be made goes by its claim.
VolumeKey = tuple[str, str | tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CSIVolume:
    """A volume as it is counted; of an old `plugin` only where that has been migrated."""

    key: VolumeKey
    plugin: str = ""


def of_claim(claim: PersistentVolumeClaim, objects: StorageObjects) -> CSIVolume | None:
    """The volume that the claim is bound to, or would get; None if no CSI driver attaches it."""
    volume = objects.volumes.get(claim.volume_name)
    if volume is None:
        return _to_be_made(claim, objects)
    plugin = PLUGINS.get(volume.in_tree)
    if plugin is None:
        driver, handle = volume.driver, volume.handle
        return CSIVolume((driver, handle)) if driver and handle else None
    try:
        handle = handle_of_volume(volume)
    except Untranslatable:
        return None
    return CSIVolume((plugin.driver, handle), plugin.name) if handle else None


def _to_be_made(claim: PersistentVolumeClaim, objects: StorageObjects) -> CSIVolume | None:
    """The volume that the claim's class will make, under a handle that no other has."""
    storage_class = objects.classes.get(claim.storage_class)
    if storage_class is None or storage_class.provisioner in _UNCOUNTED:
        return None
    provisioner = storage_class.provisioner
    if provisioner in DRIVERS:
        return CSIVolume((DRIVERS[provisioner], claim.key), provisioner)
    return CSIVolume((provisioner, claim.key))


def of_disk(disk: Disk) -> CSIVolume:
    """The volume of an inline disk of one of PLUGINS; raises Untranslatable, in full words."""
    plugin = PLUGINS[disk.kind]
    try:
        return CSIVolume((plugin.driver, handle_of_disk(disk)), plugin.name)
    except Untranslatable as error:
        why = f"converting volume({disk.volume}) from inline to csi: {error}"
        raise Untranslatable(why) from error


def attached(attachment: VolumeAttachment, objects: StorageObjects) -> VolumeKey | None:
    """What the attach controller has put there; None if that is not a volume of a CSI driver."""
    volume = objects.volumes.get(attachment.volume_name)
    if volume is None or not volume.driver or not attachment.attacher:
        return None
    return attachment.attacher, volume.handle
