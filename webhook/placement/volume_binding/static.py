"""Unbound claims and the volumes that exist already.

Mirrors `findMatchingVolumes` of `plugins/volumebinding/binder.go` and `FindMatchingVolume`
of `component-helpers/storage/volume/pv_helpers.go`. Among volumes of one size upstream
takes any; here it is the first by name.
"""

from webhook.objects.storage import PersistentVolume, PersistentVolumeClaim
from webhook.placement.index import ClusterIndex
from webhook.placement.index.selection import reaching


def fault(claims: list[PersistentVolumeClaim], index: ClusterIndex) -> str:
    """Why the scheduler gives up over one of the claims; empty if it does not."""
    for claim in _ascending(claims):
        name = f"{claim.namespace}/{claim.name}"
        if claim.attributes_class and not index.features.volume_attributes_class:
            return (
                f"unsupported volumeAttributesClassName is set on claim {name} when the "
                "feature-gate VolumeAttributesClass is disabled"
            )
        if claim.selector.invalid:
            return (
                f"error creating internal label selector for claim: {name}: "
                f"{claim.selector.invalid}"
            )
    return ""


def unmatched(
    claims: list[PersistentVolumeClaim], nodes: int, index: ClusterIndex
) -> list[tuple[PersistentVolumeClaim, int]]:
    """The claims by ascending size, each with those of the nodes where no volume is left.

    On every node a volume goes to one claim only. A volume that is reserved for a claim is
    the only one it can get; it may be out of reach.
    """
    taken: dict[str, int] = {}
    found = []
    for claim in _ascending(claims):
        remaining, lost = nodes, 0
        for volume in _candidates(claim, index):
            free = remaining & ~taken.get(volume.name, 0)
            fitting = free & reaching(volume.node_affinity, index.nodes)
            taken[volume.name] = taken.get(volume.name, 0) | fitting
            if volume.claim is not None:
                lost |= free & ~fitting
                fitting = free
            remaining &= ~fitting
            if not remaining:
                break
        found.append((claim, remaining | lost))
    return found


def _ascending(claims: list[PersistentVolumeClaim]) -> list[PersistentVolumeClaim]:
    return sorted(claims, key=lambda claim: claim.request)


def _candidates(claim: PersistentVolumeClaim, index: ClusterIndex) -> list[PersistentVolume]:
    """The volumes that suit the claim: those reserved for it, then the smallest first."""
    volumes = [
        volume
        for volume in index.storage.volumes.values()
        if volume.storage_class == claim.storage_class
        and _suits(volume, claim)
        and (_reserved(volume, claim) if volume.claim else _available(volume, claim))
    ]
    return sorted(volumes, key=lambda volume: (volume.claim is None, volume.capacity, volume.name))


def _suits(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    return (
        volume.capacity >= claim.request
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
        and not volume.deleting
    )


def _reserved(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether the volume names this claim; by name alone where it gives no uid."""
    reference = volume.claim
    return (
        reference is not None
        and (reference.namespace, reference.name) == claim.key
        and reference.uid in ("", claim.uid)
    )


def _available(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    return (
        volume.phase == "Available"
        and claim.selector.matches(volume.labels)
        and claim.access_modes <= volume.access_modes
    )
