"""NodeVolumeLimits: how many volumes a CSI driver can attach to a node.

Mirrors `plugins/nodevolumelimits/csi.go`. A volume counts once per node by driver and
handle; a claim without a volume stands for one with a handle of its own.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from webhook.objects import PodInfo
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.attach_counts import AttachCounts
from webhook.placement.index.csi_migration import PLUGINS, Untranslatable
from webhook.placement.index.csi_volumes import CSIVolume, VolumeKey, of_claim, of_disk
from webhook.placement.index.layers import layered
from webhook.placement.index.node_sets import union
from webhook.placement.index.storage import Storage, foreign

REASON = "node(s) exceed max volume count"


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Skips a pod without volumes that a CSI driver could attach."""
    return skipping(not pod.claims and not any(disk.kind in PLUGINS for disk in pod.disks))


def node_volume_limits(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses nodes that are full; for good where the pod's own volumes are too many.

    Where a volume cannot be read it is an Error instead: of the pod's own volumes first, then
    of those that are there, by the name of the node.
    """
    storage, volumes = index.storage, _claimed(pod, index)
    if isinstance(volumes, Rejection):
        yield volumes
        return
    unread = full = never = 0
    for disk in pod.disks:
        if disk.kind in PLUGINS:
            try:
                volumes.append(of_disk(disk))
            except Untranslatable as error:
                here = storage.translating(PLUGINS[disk.kind].name) & ~unread
                yield Rejection(here, str(error), Code.ERROR)
                unread |= here
    groups = _counting(volumes, storage.counts.limited & ~unread, storage)
    faulty = union(group for group, _ in groups) & storage.faulty.nodes
    for name in sorted(index.nodes.named(faulty)):
        yield Rejection(index.nodes.bit(name), storage.fault(index.nodes.slots[name]), Code.ERROR)
    for group, keys in groups:
        over, alone = _exceeded(keys, group & ~faulty, storage.counts)
        full |= over
        never |= alone
    yield Rejection(full, REASON, Code.UNSCHEDULABLE, permanent=never)


def _claimed(pod: PodInfo, index: ClusterIndex) -> list[CSIVolume] | Rejection:
    """The volumes behind the claims; or the first claim that is missing or another pod's."""
    volumes = []
    for claim in pod.claims:
        found = index.storage.claim(pod, claim)
        if found is None:
            missing = f'persistentvolumeclaim "{claim.name}" not found'
            reason = f"looking up PVC {pod.namespace}/{claim.name}: {missing}"
            return Rejection(index.nodes.all, reason)
        if claim.ephemeral and foreign(pod, found):
            return Rejection(index.nodes.all, foreign(pod, found), Code.ERROR)
        volume = of_claim(found, index.storage)
        if volume is not None:
            volumes.append(volume)
    return volumes


def _counting(
    volumes: list[CSIVolume], nodes: int, storage: Storage
) -> list[tuple[int, set[VolumeKey]]]:
    """The nodes by which of the volumes count there, without those where none does."""
    groups = [(nodes, {volume.key for volume in volumes if not volume.plugin})]
    for plugin in sorted({volume.plugin for volume in volumes if volume.plugin}):
        moved = storage.translating(plugin)
        more = {volume.key for volume in volumes if volume.plugin == plugin}
        groups = [
            part
            for group, keys in groups
            for part in ((group & ~moved, keys), (group & moved, keys | more))
        ]
    return [(group, keys) for group, keys in groups if group and keys]


def _exceeded(keys: set[VolumeKey], nodes: int, counts: AttachCounts) -> tuple[int, int]:
    """On which of the nodes the volumes are too many, and on which even if it were empty.

    What a pod on the node already uses costs nothing; what is attached without such a
    pod counts as another volume.
    """
    full = never = 0
    for driver, asked in Counter(driver for driver, _ in keys).items():
        short = counts.short(driver, asked) & nodes
        if not short:
            continue
        used = layered((counts.used.nodes(key) for key in keys if key[0] == driver), asked)
        over = short & ~used[0]
        for free, (some, more) in enumerate(pairwise(used), 1):
            if short & some & ~more:
                over |= short & some & ~more & counts.short(driver, asked - free)
        full |= over
        never |= over & counts.small(driver, asked)
    return full, never


PLUGIN = Plugin("NodeVolumeLimits", node_volume_limits, prefilter)
