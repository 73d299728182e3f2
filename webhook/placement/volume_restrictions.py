"""VolumeRestrictions: inline disks in the way, and claims for one pod only.

Mirrors `plugins/volumerestrictions/volume_restrictions.go`. It is the first plugin to
look the claims up, so it speaks for those that are missing.
"""

from collections.abc import Iterator

from webhook.objects import Disk, PodInfo
from webhook.objects.storage import READ_WRITE_ONCE_POD
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import union

REASON_DISK = "node(s) had no available disk"
REASON_IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
    "already in-use by another pod"
)
#: Up to 1.33.
REASON_IN_USE_OLD = (
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
)
_RESTRICTED = ("gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd")


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Refuses a pod with a missing claim; skips one that nothing is in the way of."""
    for claim in pod.claims:
        if not claim.ephemeral and index.storage.claim(pod, claim) is None:
            return PreFilter(refusal=f'persistentvolumeclaim "{claim.name}" not found')
    inline = any(disk.kind in _RESTRICTED for disk in pod.disks)
    return skipping(not inline and not _in_use(pod, index))


def volume_restrictions(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses the nodes of conflicting disks, then every node if a claim is in use."""
    conflicting = _conflicting(pod, index)
    yield Rejection(conflicting, REASON_DISK, Code.UNSCHEDULABLE)
    rest = index.nodes.all & ~conflicting if _in_use(pod, index) else 0
    reworded = index.features.claim_in_use_reworded
    yield Rejection(rest, REASON_IN_USE if reworded else REASON_IN_USE_OLD, Code.UNSCHEDULABLE)


def _in_use(pod: PodInfo, index: ClusterIndex) -> bool:
    """Whether a placed pod names a ReadWriteOncePod claim of this pod.

    Of pods that are only nominated the scheduler compares the claim's name alone, so that
    one of another namespace is in the way, too.
    """
    exclusive = {
        claim.name
        for claim in pod.claims
        if not claim.ephemeral
        and (found := index.storage.claim(pod, claim))
        and READ_WRITE_ONCE_POD in found.access_modes
    }
    users = index.storage.users
    return any(
        name in users.nominated or (pod.namespace, name) in users.claims for name in exclusive
    )


def _conflicting(pod: PodInfo, index: ClusterIndex) -> int:
    """The nodes with a pod that has one of the pod's inline disks."""
    return union(
        tally.nodes
        for mine in pod.disks
        if mine.kind in _RESTRICTED
        for theirs, tally in index.storage.users.disks.get((mine.kind, mine.name), {}).items()
        if _conflict(mine, theirs)
    )


def _conflict(mine: Disk, theirs: Disk) -> bool:
    """Whether not both pods can have the same disk; most can be shared to be only read."""
    if mine.kind == "awsElasticBlockStore":
        return True
    if mine.kind == "rbd" and not mine.monitors & theirs.monitors:
        return False
    return not (mine.read_only and theirs.read_only)


PLUGIN = Plugin("VolumeRestrictions", volume_restrictions, prefilter)
