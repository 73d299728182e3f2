"""Claims, volumes, classes and CSI facts by key, and by what else they are asked for."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

from webhook.objects import Claim, PodInfo
from webhook.objects.storage import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    StorageObject,
    VolumeAttachment,
)
from webhook.placement.index.capacities import Capacities
from webhook.placement.index.free_volumes import FreeVolumes
from webhook.placement.index.groups import Groups

T = TypeVar("T", bound=StorageObject)
#: Namespace and name.
ClaimKey = tuple[str, str]


class StorageObjects:
    """The storage objects as last entered, each kind by its key.

    `naming` are the claims that name a volume, `reserved` the volumes that name a claim;
    `attached_to` are the attachments to a node of this name, `attaching` those of a volume.
    """

    def __init__(self) -> None:
        self.claims: dict[ClaimKey, PersistentVolumeClaim] = {}
        self.volumes: dict[str, PersistentVolume] = {}
        self.classes: dict[str, StorageClass] = {}
        self.csi_nodes: dict[str, CSINode] = {}
        self.csi_drivers: dict[str, CSIDriver] = {}
        self.attachments: dict[str, VolumeAttachment] = {}
        self.naming: Groups[str, ClaimKey] = Groups()
        self.reserved: Groups[ClaimKey, str] = Groups()
        self.free = FreeVolumes()
        self.capacities = Capacities()
        self.attached_to: Groups[str, str] = Groups()
        self.attaching: Groups[str, str] = Groups()
        self._stores: dict[type, dict[Any, Any]] = {
            PersistentVolumeClaim: self.claims,
            PersistentVolume: self.volumes,
            StorageClass: self.classes,
            CSINode: self.csi_nodes,
            CSIDriver: self.csi_drivers,
            CSIStorageCapacity: {},
            VolumeAttachment: self.attachments,
        }

    def of(self, type_: type[T]) -> Mapping[Hashable, T]:
        """All objects of one type by key."""
        return self._stores[type_]

    def claim(self, pod: PodInfo, claim: Claim) -> PersistentVolumeClaim | None:
        """The claim that a volume of the pod names."""
        return self.claims.get((pod.namespace, claim.name))

    def enter(self, object_: StorageObject) -> None:
        """Take in an object, in place of the one of its key."""
        type_, key = type(object_), object_.key
        self.forget(type_, key)
        self._stores[type_][key] = object_
        self._list(object_, key, 1)

    def forget(self, type_: type, key: Hashable) -> None:
        """Drop an object; an unknown key is ignored."""
        known = self._stores[type_].pop(key, None)
        if known is not None:
            self._list(known, key, -1)

    def _list(self, object_: StorageObject, key: Any, change: int) -> None:
        """Enter the object where it is found by something other than its key, or take it out.

        The key is the one under which it is stored: each is held once.
        """
        match object_:
            case PersistentVolumeClaim(volume_name=volume_name) if volume_name:
                self.naming.add(volume_name, key, change)
            case PersistentVolume(claim=reference) if reference:
                self.reserved.add((reference.namespace, reference.name), object_.name, change)
            case PersistentVolume():
                self.free.add(object_, change)
            case CSIStorageCapacity():
                self.capacities.add(object_, change)
            case VolumeAttachment():
                self.attached_to.add(object_.node_name, object_.name, change)
                self.attaching.add(object_.volume_name, object_.name, change)
            case _:
                pass
