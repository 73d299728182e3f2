"""NodeVolumeLimits: how many volumes a CSI driver can attach to a node.

Mirrors `plugins/nodevolumelimits/csi.go`. A volume counts once per node by driver and
handle; a claim without a volume stands for one with a handle of its own.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from webhook.objects import Disk, PodInfo
from webhook.objects.storage import CSINode, PersistentVolumeClaim
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection
from webhook.placement.index import ClusterIndex
from webhook.placement.index.csi_migration import (
    DRIVERS,
    PLUGINS,
    UNMIGRATED,
    Untranslatable,
    handle_of_disk,
    handle_of_volume,
)
from webhook.placement.index.storage import foreign

REASON = "node(s) exceed max volume count"
_UNCOUNTED = UNMIGRATED | {""}
#: A volume that is yet to be made goes by its claim.
_Handle = str | tuple[str, str]
_Key = tuple[str, _Handle]


class _Fault(Exception):
    """A volume of a pod on the node cannot be read: the scheduler gives up."""


@dataclass(frozen=True, slots=True)
class _Volume:
    """A volume as it is counted; of an old `plugin` only where that has been migrated."""

    driver: str
    handle: _Handle
    plugin: str = ""


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Skips a pod without volumes that a CSI driver could attach."""
    return PreFilter(skip=not pod.claims and not any(disk.kind in PLUGINS for disk in pod.disks))


def node_volume_limits(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses nodes that are full; for good where the pod's own volumes are too many."""
    everyone = index.nodes.all
    for claim in pod.claims:
        found = index.storage.claim(pod, claim)
        if found is None:
            missing = f'persistentvolumeclaim "{claim.name}" not found'
            yield Rejection(everyone, f"looking up PVC {pod.namespace}/{claim.name}: {missing}")
            return
        if claim.ephemeral and foreign(pod, found):
            yield Rejection(everyone, foreign(pod, found), Code.ERROR)
            return
    counted, full, never = _Counted(index), 0, 0
    for csi_node in index.storage.csi_nodes.values():
        node = index.nodes.bit(csi_node.name)
        if not node:
            continue
        try:
            exceeded, alone = counted.exceeded(pod, csi_node)
        except _Fault as fault:
            yield Rejection(node, str(fault), Code.ERROR)
            continue
        full |= node if exceeded else 0
        never |= node if alone else 0
    yield Rejection(full, REASON, Code.UNSCHEDULABLE, permanent=never)


class _Counted:
    """The volumes behind claims and disks, each looked up once in a verdict."""

    def __init__(self, index: ClusterIndex) -> None:
        self._index = index
        self._known: dict[tuple[str, str], _Volume | None] = {}

    def exceeded(self, pod: PodInfo, node: CSINode) -> tuple[bool, bool]:
        """Whether the pod is too much for the node, and would be on an empty one, too.

        What a pod on the node already uses costs nothing; what is attached without such a
        pod counts as another volume. Raises _Fault.
        """
        storage = self._index.storage
        wanted = self._of(pod, node)
        slot = self._index.nodes.slots[node.name]
        if not wanted or not node.limits or self._plenty(wanted, node, slot):
            return False, False
        used = set()
        for other in storage.pods.get(slot, {}).values():
            used |= self._of(other, node)
        taken = Counter(driver for driver, _ in used | self._attached(node))
        added = Counter(driver for driver, _ in wanted - used)
        asked = Counter(driver for driver, _ in wanted)
        over = [d for d in added if d in node.limits and taken[d] + added[d] > node.limits[d]]
        return bool(over), any(asked[driver] > node.limits[driver] for driver in over)

    def _plenty(self, wanted: set[_Key], node: CSINode, slot: int) -> bool:
        """Whether no limit is near, and no Error possible: then nothing is looked up."""
        storage = self._index.storage
        most = storage.mentions.counts.get(slot, 0) + len(wanted)
        most += len(storage.attached.get(node.name, ()))
        limits = [node.limits[driver] for driver, _ in wanted if driver in node.limits]
        return slot not in storage.delicate.counts and all(most <= limit for limit in limits)

    def _of(self, pod: PodInfo, node: CSINode) -> set[_Key]:
        """The pod's volumes by driver and handle; a claim that is missing is left out."""
        volumes = [*self._claimed(pod), *self._inline(pod, node)]
        return {(v.driver, v.handle) for v in volumes if self._migrated(v.plugin, node)}

    def _claimed(self, pod: PodInfo) -> Iterator[_Volume]:
        for claim in pod.claims:
            found = self._index.storage.claim(pod, claim)
            if found is None:
                continue
            if claim.ephemeral and foreign(pod, found):
                raise _Fault(foreign(pod, found))
            if found.key not in self._known:
                self._known[found.key] = self._volume(found)
            volume = self._known[found.key]
            if volume is not None:
                yield volume

    def _inline(self, pod: PodInfo, node: CSINode) -> Iterator[_Volume]:
        for disk in pod.disks:
            plugin = PLUGINS.get(disk.kind)
            if plugin is not None and self._migrated(plugin.name, node):
                yield _Volume(plugin.driver, _handle(disk))

    def _migrated(self, plugin: str, node: CSINode) -> bool:
        """Whether volumes of the plugin are those of its driver; since 1.36 they are."""
        by_annotation = self._index.features.csi_migration_by_annotation
        return not (plugin and by_annotation) or plugin in node.migrated_plugins

    def _volume(self, claim: PersistentVolumeClaim) -> _Volume | None:
        """What the claim is bound to; None if no CSI driver attaches it."""
        storage = self._index.storage
        volume = storage.volumes.get(claim.volume_name)
        if volume is None:
            return self._to_be_made(claim)
        plugin = PLUGINS.get(volume.in_tree)
        try:
            handle = handle_of_volume(volume)
        except Untranslatable:
            return None
        driver, name = (plugin.driver, plugin.name) if plugin else (volume.driver, "")
        return _Volume(driver, handle, name) if driver and handle else None

    def _to_be_made(self, claim: PersistentVolumeClaim) -> _Volume | None:
        """The volume that the claim's class will make, under a handle that no other has."""
        storage_class = self._index.storage.classes.get(claim.storage_class)
        if storage_class is None or storage_class.provisioner in _UNCOUNTED:
            return None
        provisioner = storage_class.provisioner
        if provisioner in DRIVERS:
            return _Volume(DRIVERS[provisioner], claim.key, provisioner)
        return _Volume(provisioner, claim.key)

    def _attached(self, node: CSINode) -> set[_Key]:
        """The CSI volumes that the attach controller says are on the node."""
        if not self._index.features.attachments_count:
            return set()
        storage = self._index.storage
        found = [
            (attachment.attacher, storage.volumes.get(attachment.volume_name))
            for attachment in storage.attached.get(node.name, {}).values()
        ]
        return {(by, volume.handle) for by, volume in found if by and volume and volume.driver}


def _handle(disk: Disk) -> str:
    try:
        return handle_of_disk(disk)
    except Untranslatable as error:
        why = f"converting volume({disk.volume}) from inline to csi: {error}"
        raise _Fault(why) from error


PLUGIN = Plugin("NodeVolumeLimits", node_volume_limits, prefilter)
