"""VolumeRestrictions and VolumeZone."""

from tests.placement.reference.cluster import UU, Answer, Cluster, U
from webhook.objects import Disk, NodeInfo, PodInfo, Version
from webhook.objects.storage import PersistentVolume

IN_USE = (
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
    "already in-use by another pod"
)
IN_USE_BEFORE = (
    "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
)
RESTRICTED = ("gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd")
GENERAL = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}
TOPOLOGY = (*GENERAL, *GENERAL.values())


def named_claims(pod: PodInfo) -> list[str]:
    """The claims that the pod's volumes name, those of ephemeral volumes left out."""
    return [claim.name for claim in pod.claims if not claim.ephemeral]


def claims_are_missing(pod: PodInfo, cluster: Cluster) -> Answer:
    """VolumeRestrictions is the first to look the claims up."""
    for name in named_claims(pod):
        if cluster.claim(pod.namespace, name) is None:
            return UU, (f'persistentvolumeclaim "{name}" not found',)
    return None


def restricts_nothing(pod: PodInfo, cluster: Cluster) -> bool:
    """No inline disk that could be in the way, and no claim for one pod only in use."""
    inline = any(disk.kind in RESTRICTED for disk in pod.disks)
    return not inline and not _in_use(pod, cluster)


def volume_restrictions(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """Inline disks of pods on the node, then claims that only one pod may use."""
    for other in cluster.pods_on(node):
        if any(_conflict(mine, theirs) for mine in pod.disks for theirs in other.disks):
            return U, ("node(s) had no available disk",)
    if not _in_use(pod, cluster):
        return None
    return U, (IN_USE if cluster.version >= Version(1, 34) else IN_USE_BEFORE,)


def _in_use(pod: PodInfo, cluster: Cluster) -> bool:
    single = {
        name
        for name in named_claims(pod)
        if (claim := cluster.claim(pod.namespace, name))
        and "ReadWriteOncePod" in claim.access_modes
    }
    for other, _ in cluster.bound():
        if other.namespace == pod.namespace and single & set(named_claims(other)):
            return True
    # AddPod compares the names alone, whatever the namespace
    return any(single & set(named_claims(other)) for other in cluster.added)


def _conflict(mine: Disk, theirs: Disk) -> bool:
    if mine.kind not in RESTRICTED or (mine.kind, mine.name) != (theirs.kind, theirs.name):
        return False
    if mine.kind == "awsElasticBlockStore":
        return True
    if mine.kind == "rbd" and not mine.monitors & theirs.monitors:
        return False
    return not (mine.read_only and theirs.read_only)


def volumes_are_missing(pod: PodInfo, cluster: Cluster) -> Answer:
    """VolumeZone wants every volume that is not still to be made."""
    for name in named_claims(pod):
        claim = cluster.claim(pod.namespace, name)
        if claim is None:
            return UU, (f'persistentvolumeclaim "{name}" not found',)
        if claim.volume_name:
            if cluster.volume(claim.volume_name) is None:
                return UU, (f'persistentvolume "{claim.volume_name}" not found',)
            continue
        if not claim.storage_class:
            return UU, ("PersistentVolumeClaim had no pv name and storageClass name",)
        storage_class = cluster.storage_class(claim.storage_class)
        if storage_class is None:
            return UU, (f'storageclass.storage.k8s.io "{claim.storage_class}" not found',)
        if storage_class.binding_mode != "WaitForFirstConsumer":
            return UU, ("PersistentVolume had no name",)
    return None


def volume_zone(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """The zone and region labels of the volumes against those of the node."""
    if not any(key in node.labels for key in TOPOLOGY):
        return None
    for name in named_claims(pod):
        claim = cluster.claim(pod.namespace, name)
        volume = cluster.volume(claim.volume_name) if claim else None
        for key, zones in _zones(volume).items() if volume else ():
            there = node.labels.get(key, node.labels.get(GENERAL.get(key, key)))
            if there is None or there not in zones:
                return UU, ("node(s) had no available volume zone",)
    return None


def _zones(volume: PersistentVolume) -> dict[str, set[str]]:
    """The values of each topology label; one with an empty part does not count at all."""
    found = {}
    for key in TOPOLOGY:
        parts = [part.strip() for part in volume.labels.get(key, "").split("__")]
        if all(parts):
            found[key] = set(parts)
    return found
