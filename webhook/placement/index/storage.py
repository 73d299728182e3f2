"""Claims, volumes, classes and CSI facts by key, and which pods use them."""

from collections.abc import Hashable, Mapping
from typing import TypeVar, cast

from webhook.objects import Claim, PodInfo
from webhook.objects.storage import (
    STORAGE_TYPES,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    StorageObject,
    VolumeAttachment,
)
from webhook.placement.index.tally import Tally

T = TypeVar("T", bound=StorageObject)
ClaimKey = tuple[str, str]


class Storage:
    """The storage objects as last applied, and the placed pods with volumes.

    `users` counts the pods that name a claim, per claim and node slot; `pods` holds, per
    slot, the pods there that have any volume which a predicate reads, `mentions` how many
    volumes these name, `delicate` how many of the pods have a volume that can be an Error;
    `attached` holds, per name of a node, the attachments to it.
    """

    def __init__(self) -> None:
        self._stores: dict[type, dict[Hashable, StorageObject]] = {t: {} for t in STORAGE_TYPES}
        self.users: dict[ClaimKey, Tally] = {}
        self.pods: dict[int, dict[str, PodInfo]] = {}
        self.mentions = Tally()
        self.delicate = Tally()
        self.attached: dict[str, dict[str, VolumeAttachment]] = {}

    @property
    def claims(self) -> Mapping[ClaimKey, PersistentVolumeClaim]:
        """By (namespace, name)."""
        return cast("Mapping[ClaimKey, PersistentVolumeClaim]", self.of(PersistentVolumeClaim))

    @property
    def volumes(self) -> Mapping[str, PersistentVolume]:
        """By name."""
        return cast("Mapping[str, PersistentVolume]", self.of(PersistentVolume))

    @property
    def classes(self) -> Mapping[str, StorageClass]:
        """By name."""
        return cast("Mapping[str, StorageClass]", self.of(StorageClass))

    @property
    def csi_nodes(self) -> Mapping[str, CSINode]:
        """By the name of the node."""
        return cast("Mapping[str, CSINode]", self.of(CSINode))

    @property
    def csi_drivers(self) -> Mapping[str, CSIDriver]:
        """By name."""
        return cast("Mapping[str, CSIDriver]", self.of(CSIDriver))

    @property
    def capacities(self) -> Mapping[ClaimKey, CSIStorageCapacity]:
        """By (namespace, name)."""
        return cast("Mapping[ClaimKey, CSIStorageCapacity]", self.of(CSIStorageCapacity))

    def claim(self, pod: PodInfo, claim: Claim) -> PersistentVolumeClaim | None:
        """The claim that a volume of the pod names."""
        return self.claims.get((pod.namespace, claim.name))

    def of(self, type_: type[T]) -> Mapping[Hashable, T]:
        """All objects of one type by key."""
        return cast("Mapping[Hashable, T]", self._stores[type_])

    def put(self, object_: StorageObject) -> None:
        """Enter an object, or replace the one of its key."""
        self.remove(type(object_), object_.key)
        self._stores[type(object_)][object_.key] = object_
        if isinstance(object_, VolumeAttachment):
            self.attached.setdefault(object_.node_name, {})[object_.name] = object_

    def remove(self, type_: type, key: Hashable) -> None:
        """Forget an object; an unknown key is ignored."""
        known = self._stores[type_].pop(key, None)
        if isinstance(known, VolumeAttachment):
            here = self.attached[known.node_name]
            del here[known.name]
            if not here:
                del self.attached[known.node_name]

    def place(self, pod: PodInfo, slot: int, change: int) -> None:
        """Count the pod's volumes on the slot (change 1), or no longer (change -1)."""
        if not pod.claims and not pod.disks:
            return
        here = self.pods.setdefault(slot, {})
        if change > 0:
            here[pod.key] = pod
        else:
            del here[pod.key]
        if not here:
            del self.pods[slot]
        self.mentions.add(slot, change * (len(pod.claims) + len(pod.disks)))
        if pod.disks or any(claim.ephemeral for claim in pod.claims):
            self.delicate.add(slot, change)
        for claim in pod.claims:
            if not claim.ephemeral:
                self._count((pod.namespace, claim.name), slot, change)

    def _count(self, claim: ClaimKey, slot: int, change: int) -> None:
        tally = self.users.setdefault(claim, Tally())
        if not tally.add(slot, change):
            del self.users[claim]


def foreign(pod: PodInfo, claim: PersistentVolumeClaim) -> str:
    """Why the claim cannot stand behind an ephemeral volume of the pod; empty if it can."""
    if pod.uid and claim.controller_uid == pod.uid:
        return ""
    return (
        f"PVC {claim.namespace}/{claim.name} was not created for pod "
        f"{pod.namespace}/{pod.name} (pod is not owner)"
    )
