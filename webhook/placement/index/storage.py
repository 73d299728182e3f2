"""The storage objects and the pods that use them, counted together as both change."""

from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from typing import Any

from webhook.objects import Claim, Disk, Features, PodInfo
from webhook.objects.storage import (
    CSINode,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    StorageObject,
    VolumeAttachment,
)
from webhook.placement.index import csi_volumes
from webhook.placement.index.attach_counts import AttachCounts
from webhook.placement.index.csi_migration import PLUGINS, Untranslatable
from webhook.placement.index.storage_objects import ClaimKey, StorageObjects
from webhook.placement.index.tally import Tally
from webhook.placement.index.volume_users import VolumeUsers

#: What the counts depend on; a change of anything else, such as a phase, leaves them alone.
_COUNTED: Mapping[type, Callable[[Any], object]] = {
    PersistentVolumeClaim: attrgetter("volume_name", "storage_class", "controller_uid"),
    PersistentVolume: attrgetter("driver", "handle", "in_tree", "disk_kind", "labels"),
    StorageClass: attrgetter("provisioner"),
    CSINode: attrgetter("limits", "migrated_plugins"),
}


class Storage(StorageObjects):
    """Which volumes are where, for the nodes in these `slots`.

    Whatever an object has a say in is taken out of `counts` and `faulty` before the object
    changes, and counted anew after it. `faulty` are the nodes with a pod that has a volume
    which cannot be read: there the scheduler gives up.
    """

    def __init__(self, slots: Mapping[str, int], features: Features) -> None:
        super().__init__()
        self.users = VolumeUsers()
        self.counts = AttachCounts()
        self.faulty = Tally()
        self._slots = slots
        self._features = features

    def put(self, object_: StorageObject) -> None:
        """Enter an object, or replace the one of its key."""
        type_, key = type(object_), object_.key
        known = self.of(type_).get(key)
        if known == object_:
            return
        counted = _COUNTED.get(type_)
        if known is not None and counted and counted(known) == counted(object_):
            self.enter(object_)
        else:
            self._change(type_, key, object_)

    def remove(self, type_: type, key: Hashable) -> None:
        """Forget an object; an unknown key is ignored."""
        if key in self.of(type_):
            self._change(type_, key, None)

    def _change(self, type_: type, key: Hashable, object_: StorageObject | None) -> None:
        recount = _RECOUNTS.get(type_)
        if recount is not None:
            recount(self, key, -1)
        if object_ is None:
            self.forget(type_, key)
        else:
            self.enter(object_)
        if recount is not None:
            recount(self, key, 1)

    def place(self, pod: PodInfo, slot: int, change: int) -> None:
        """Count the pod's volumes on the slot (change 1), or no longer (change -1)."""
        if pod.claims or pod.disks:
            self.users.place(pod, slot, change)
            self._count_pod(pod, slot, change)

    def join(self, name: str, slot: int) -> None:
        """A node has come; its pods are placed after that."""
        self.counts.reserve(slot + 1)
        self._count_node(name, slot, 1)

    def leave(self, name: str, slot: int) -> None:
        """A node goes; its pods have been taken away before."""
        self._count_node(name, slot, -1)

    def judge_by(self, features: Features) -> None:
        """From now on volumes count as they do in another version of the scheduler."""
        if features != self._features:
            self._recount_all(-1)
            self._features = features
            self._recount_all(1)

    def translating(self, plugin: str) -> int:
        """The nodes where volumes of the plugin count as its driver's; since 1.36 any."""
        if self._features.csi_migration_by_annotation:
            return self.counts.migrated.get(plugin, 0)
        return self.counts.reporting

    def fault(self, slot: int) -> str:
        """Why the volumes of the first of the faulty pods on the slot cannot be read."""
        for pod in self.users.pods[slot].values():
            for claim in pod.claims:
                found = self.claim(pod, claim)
                if claim.ephemeral and found is not None and foreign(pod, found):
                    return foreign(pod, found)
            for disk in pod.disks:
                try:
                    self._translated(disk, pod.node_name)
                except Untranslatable as error:
                    return str(error)
        raise LookupError(f"no pod on slot {slot} is faulty")

    def _count_node(self, name: str, slot: int, change: int) -> None:
        csi_node = self.csi_nodes.get(name)
        if csi_node is not None:
            self.counts.report(csi_node, slot, change)
        for attachment in self.attached_to.of(name):
            self._count_attachment(self.attachments[attachment], slot, change)

    def _count_attachment(self, attachment: VolumeAttachment, slot: int, change: int) -> None:
        volume = csi_volumes.attached(attachment, self)
        if volume is not None and self._features.attachments_count:
            self.counts.attach(volume, slot, change)

    def _count_pod(self, pod: PodInfo, slot: int, change: int) -> None:
        for claim in pod.claims:
            self._count_claim(pod, claim, slot, change)
        for disk in pod.disks:
            try:
                volume = self._translated(disk, pod.node_name)
            except Untranslatable:
                self.faulty.add(slot, change)
            else:
                if volume is not None:
                    self.counts.use(volume.key, slot, change)

    def _count_claim(self, pod: PodInfo, claim: Claim, slot: int, change: int) -> None:
        found = self.claim(pod, claim)
        if found is None:
            return
        if claim.ephemeral and foreign(pod, found):
            self.faulty.add(slot, change)
            return
        volume = csi_volumes.of_claim(found, self)
        if volume is not None and self._translates(volume.plugin, pod.node_name):
            self.counts.use(volume.key, slot, change)

    def _translated(self, disk: Disk, node_name: str) -> csi_volumes.CSIVolume | None:
        """The disk as it counts on the node, None if it does not; raises Untranslatable."""
        plugin = PLUGINS.get(disk.kind)
        if plugin is None or not self._translates(plugin.name, node_name):
            return None
        return csi_volumes.of_disk(disk)

    def _translates(self, plugin: str, node_name: str) -> bool:
        if not plugin or not self._features.csi_migration_by_annotation:
            return True
        csi_node = self.csi_nodes.get(node_name)
        return csi_node is not None and plugin in csi_node.migrated_plugins

    def _recount_claim(self, key: ClaimKey, change: int) -> None:
        for pod, claim, slot in self.users.naming(key):
            self._count_claim(pod, claim, slot, change)

    def _recount_volume(self, name: str, change: int) -> None:
        for key in self.naming.of(name):
            self._recount_claim(key, change)
        for attachment in self.attaching.of(name):
            self._recount_attachment(attachment, change)

    def _recount_class(self, name: str, change: int) -> None:
        """Only claims without a volume go by their class."""
        for key in {*self.users.claims, *self.users.ephemeral}:
            claim = self.claims.get(key)
            if claim and claim.storage_class == name and claim.volume_name not in self.volumes:
                self._recount_claim(key, change)

    def _recount_attachment(self, name: str, change: int) -> None:
        attachment = self.attachments.get(name)
        if attachment is not None and attachment.node_name in self._slots:
            self._count_attachment(attachment, self._slots[attachment.node_name], change)

    def _recount_node(self, name: str, change: int) -> None:
        slot, csi_node = self._slots.get(name), self.csi_nodes.get(name)
        if slot is None:
            return
        if csi_node is not None:
            self.counts.report(csi_node, slot, change)
        if self._features.csi_migration_by_annotation:
            for pod in self.users.pods.get(slot, {}).values():
                self._count_pod(pod, slot, change)

    def _recount_all(self, change: int) -> None:
        for slot, pods in self.users.pods.items():
            for pod in pods.values():
                self._count_pod(pod, slot, change)
        for name in self.attachments:
            self._recount_attachment(name, change)


_RECOUNTS: Mapping[type, Callable[[Storage, Any, int], None]] = {
    PersistentVolumeClaim: Storage._recount_claim,
    PersistentVolume: Storage._recount_volume,
    StorageClass: Storage._recount_class,
    CSINode: Storage._recount_node,
    VolumeAttachment: Storage._recount_attachment,
}


def foreign(pod: PodInfo, claim: PersistentVolumeClaim) -> str:
    """Why the claim cannot stand behind an ephemeral volume of the pod; empty if it can."""
    if pod.uid and claim.controller_uid == pod.uid:
        return ""
    return (
        f"PVC {claim.namespace}/{claim.name} was not created for pod "
        f"{pod.namespace}/{pod.name} (pod is not owner)"
    )
