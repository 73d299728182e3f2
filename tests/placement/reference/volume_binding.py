"""VolumeBinding: bound volumes must reach the node, others must be found or be made for it."""

from tests.placement.reference.attachable_volumes import controlled_by, not_created_for
from tests.placement.reference.cluster import (
    ERROR,
    UU,
    Answer,
    Cluster,
    holds,
    matches,
    selected,
)
from tests.placement.reference.in_tree import (
    PLUGINS,
    Untranslatable,
    handle_of,
    migrated,
    translated,
)
from webhook.objects import NodeInfo, PodInfo, Version
from webhook.objects.storage import (
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
)

AFFINITY = "node(s) didn't match PersistentVolume's node affinity"
AFFINITY_BEFORE = "node(s) had volume node affinity conflict"
NOT_FOUND = "node(s) didn't find available persistent volumes to bind"
NO_SPACE = "node(s) did not have enough free storage"
GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"


class Failed(Exception):
    """The plugin cannot answer: an Error, which ends the attempt."""


def claims_are_not_ready(pod: PodInfo, cluster: Cluster) -> Answer:
    """The claims one by one, then whether one should have been bound long ago."""
    for wanted in pod.claims:
        claim = cluster.claim(pod.namespace, wanted.name)
        if claim is None:
            waiting = "waiting for ephemeral volume controller to create the "
            text = f'persistentvolumeclaim "{wanted.name}"'
            return UU, (waiting + text if wanted.ephemeral else f"{text} not found",)
        text = f'persistentvolumeclaim "{claim.name}"'
        if claim.phase == "Lost":
            gone = f'bound to non-existent persistentvolume "{claim.volume_name}"'
            return UU, (f"{text} {gone}",)
        if claim.deleting:
            return UU, (f"{text} is being deleted",)
        if wanted.ephemeral and not controlled_by(claim, pod):
            return UU, (not_created_for(claim, pod),)
    claims = _claims(pod, cluster)
    if any(not _bound(claim) and not _waits(claim, cluster) for claim in claims):
        return UU, ("pod has unbound immediate PersistentVolumeClaims",)
    return None


def _claims(pod: PodInfo, cluster: Cluster) -> list[PersistentVolumeClaim]:
    """Once for each volume: a claim may be there twice."""
    found = [cluster.claim(pod.namespace, wanted.name) for wanted in pod.claims]
    return [claim for claim in found if claim is not None]


def _bound(claim: PersistentVolumeClaim) -> bool:
    return bool(claim.volume_name) and claim.bind_completed


def _waits(claim: PersistentVolumeClaim, cluster: Cluster) -> bool:
    """Whether the claim is the scheduler's to bind."""
    storage_class = cluster.storage_class(claim.storage_class) if claim.storage_class else None
    if storage_class is None or claim.volume_name:
        return False
    return storage_class.binding_mode == "WaitForFirstConsumer"


def volume_binding(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """All that is wrong with the volumes on this node."""
    claims = _claims(pod, cluster)
    try:
        affinity, gone = _bound_claims([c for c in claims if _bound(c)], node, cluster)
        missing, full = _unbound_claims([c for c in claims if not _bound(c)], node, cluster)
    except Failed as error:
        return ERROR, (str(error),)
    unreached = AFFINITY if cluster.version >= Version(1, 33) else AFFINITY_BEFORE
    wrong = {unreached: affinity, NOT_FOUND: missing, NO_SPACE: full, GONE: gone}
    reasons = tuple(reason for reason, applies in wrong.items() if applies)
    return (UU, reasons) if reasons else None


def _bound_claims(
    claims: list[PersistentVolumeClaim], node: NodeInfo, cluster: Cluster
) -> tuple[bool, bool]:
    """Whether a volume does not reach the node, and whether one is not there: the first of both."""
    for claim in claims:
        volume = cluster.volume(claim.volume_name)
        if volume is None:
            return False, True
        if volume.in_tree in PLUGINS and migrated(volume.in_tree, cluster.csi_node(node)):
            volume = _translated(volume)
        if not _reaches(volume, node):
            return True, False
    return False, False


def _translated(volume: PersistentVolume) -> PersistentVolume:
    try:
        handle_of(volume)
    except Untranslatable as error:
        raise Failed(f"could not translate pv: {error}") from error
    return translated(volume)


def _reaches(volume: PersistentVolume, node: NodeInfo) -> bool:
    """Node affinity of the volume, by labels alone."""
    return selected(volume.node_affinity, node.labels, None)


def _unbound_claims(
    claims: list[PersistentVolumeClaim], node: NodeInfo, cluster: Cluster
) -> tuple[bool, bool]:
    """Whether a claim cannot be bound, or not for want of space."""
    if any(claim.selected_node not in (None, node.name) for claim in claims):
        return True, False
    to_make = [claim for claim in claims if claim.selected_node is not None]
    to_match = [claim for claim in claims if claim.selected_node is None]
    chosen: set[str] = set()
    for claim in sorted(to_match, key=lambda claim: claim.request):
        volume = _smallest(claim, node, cluster, chosen)
        if volume is None:
            to_make.append(claim)
        else:
            chosen.add(volume.name)
    for claim in to_make:
        storage_class = cluster.storage_class(claim.storage_class)
        if storage_class is None or not _makes(storage_class, node):
            return True, False
        if not _has_space(claim, storage_class, node, cluster):
            return False, True
    return False, False


def _smallest(
    claim: PersistentVolumeClaim, node: NodeInfo, cluster: Cluster, chosen: set[str]
) -> PersistentVolume | None:
    """The smallest volume of the class that would do; one reserved for the claim before all."""
    if claim.attributes_class and cluster.version < Version(1, 34):
        key = f"{claim.namespace}/{claim.name}"
        raise Failed(
            f"unsupported volumeAttributesClassName is set on claim {key} "
            "when the feature-gate VolumeAttributesClass is disabled"
        )
    if claim.selector.invalid:
        key = f"{claim.namespace}/{claim.name}"
        raise Failed(
            f"error creating internal label selector for claim: {key}: {claim.selector.invalid}"
        )
    smallest = None
    for volume in cluster.volumes:
        if volume.name in chosen or not _suits(claim, volume, cluster):
            continue
        if volume.claim is not None:
            return volume if _reaches(volume, node) else None
        if not _free(claim, volume) or not _reaches(volume, node):
            continue
        if smallest is None or volume.capacity < smallest.capacity:
            smallest = volume
    return smallest


def _suits(claim: PersistentVolumeClaim, volume: PersistentVolume, cluster: Cluster) -> bool:
    """What must be true even of a volume that is reserved for the claim."""
    if volume.storage_class != claim.storage_class or volume.deleting:
        return False
    if volume.claim is not None and not _reserved(claim, volume):
        return False
    return (
        volume.capacity >= claim.request
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
    )


def _reserved(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    reference = volume.claim
    if reference is None or (reference.namespace, reference.name) != claim.key:
        return False
    return reference.uid in ("", claim.uid)


def _free(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    return (
        volume.phase == "Available"
        and matches(claim.selector, volume.labels)
        and claim.access_modes <= volume.access_modes
    )


def _makes(storage_class: StorageClass, node: NodeInfo) -> bool:
    """Whether the class makes volumes for this node."""
    if storage_class.provisioner in ("", "kubernetes.io/no-provisioner"):
        return False
    terms = storage_class.allowed_topologies
    if not terms:
        return True
    return any(term and all(holds(r, node.labels) for r in term) for term in terms)


def _has_space(
    claim: PersistentVolumeClaim, storage_class: StorageClass, node: NodeInfo, cluster: Cluster
) -> bool:
    """Whether the driver reports enough space for the node, if it reports any."""
    reports = any(
        driver.name == storage_class.provisioner and driver.storage_capacity
        for driver in cluster.csi_drivers
    )
    if not reports or not claim.request:
        return True
    return any(
        capacity.storage_class == storage_class.name
        and matches(capacity.topology, node.labels)
        and _limit(capacity) >= _bytes(claim.request)
        for capacity in cluster.capacities
    )


def _limit(capacity: CSIStorageCapacity) -> int:
    """The largest volume in bytes; -1 where nothing is said."""
    if capacity.maximum_volume_size is not None:
        return _bytes(capacity.maximum_volume_size)
    return -1 if capacity.capacity is None else _bytes(capacity.capacity)


def _bytes(nanos: int) -> int:
    """Whole bytes, rounded up as Quantity.Value does."""
    return -(-nanos // 10**9)
