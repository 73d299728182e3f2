"""Unbound claims and the volumes that exist already.

Mirrors `findMatchingVolumes` of `plugins/volumebinding/binder.go` and `FindMatchingVolume`
of `component-helpers/storage/volume/pv_helpers.go`. Among volumes of one size upstream
takes any; here it is the first by name.
"""

from webhook.objects import LabelSelector
from webhook.objects.storage import PersistentVolume, PersistentVolumeClaim
from webhook.placement.index import ClusterIndex
from webhook.placement.index.selection import reaching

_ANYTHING = LabelSelector()


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

    On every node a volume goes to one claim only.
    """
    stock = _Stock(claims, index)
    found = []
    for claim in _ascending(claims):
        remaining, lost = stock.reserved(claim, nodes)
        found.append((claim, stock.free(claim, remaining) | lost))
    return found


def _ascending(claims: list[PersistentVolumeClaim]) -> list[PersistentVolumeClaim]:
    return sorted(claims, key=lambda claim: claim.request)


class _Stock:
    """The volumes that are left for the claims of one pod, node by node."""

    def __init__(self, claims: list[PersistentVolumeClaim], index: ClusterIndex) -> None:
        self._index = index
        self._taken: dict[str, int] = {}
        self._depth = len(claims)
        self._labelled = any(claim.selector != _ANYTHING for claim in claims)
        self._offers: dict[str, list[tuple[PersistentVolume, list[int]]]] = {}

    def reserved(self, claim: PersistentVolumeClaim, nodes: int) -> tuple[int, int]:
        """Take the volume that is reserved for the claim, if any: it is the only one it can get.

        Returns the nodes where the claim has to look on, and those where the volume that is
        still there is out of reach.
        """
        remaining, lost = nodes, 0
        for volume in self._reserved(claim):
            free = remaining & ~self._taken.get(volume.name, 0)
            fitting = free & reaching(volume.node_affinity, self._index.nodes)
            self._taken[volume.name] = self._taken.get(volume.name, 0) | fitting
            lost |= free & ~fitting
            remaining &= ~free
        return remaining, lost

    def free(self, claim: PersistentVolumeClaim, nodes: int) -> int:
        """Take the smallest volume that suits the claim; returns the nodes without one."""
        for sample, layers in self._offered(claim.storage_class):
            fitting = nodes & layers[0]
            if fitting and _suits(sample, claim) and _available(sample, claim):
                nodes &= ~fitting
                _use_up(layers, fitting)
        return nodes

    def _reserved(self, claim: PersistentVolumeClaim) -> list[PersistentVolume]:
        """The volumes that name this claim; by name alone where they give no uid."""
        storage = self._index.storage
        volumes = [storage.volumes[name] for name in storage.reserved.of(claim.key)]
        fitting = [
            volume
            for volume in volumes
            if volume.storage_class == claim.storage_class
            and _suits(volume, claim)
            and volume.claim is not None
            and volume.claim.uid in ("", claim.uid)
        ]
        return sorted(fitting, key=lambda volume: (volume.capacity, volume.name))

    def _offered(self, storage_class: str) -> list[tuple[PersistentVolume, list[int]]]:
        if storage_class not in self._offers:
            offers = self._index.storage.free.offers(
                storage_class, self._index.nodes, self._depth, self._labelled
            )
            self._offers[storage_class] = [(each.sample, list(each.layers)) for each in offers]
        return self._offers[storage_class]


def _use_up(layers: list[int], nodes: int) -> None:
    """Take one volume away on each of these nodes."""
    for level, more in enumerate((*layers[1:], 0)):
        layers[level] = layers[level] & ~nodes | more & nodes


def _suits(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    return (
        volume.capacity >= claim.request
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
        and not volume.deleting
    )


def _available(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    return claim.selector.matches(volume.labels) and claim.access_modes <= volume.access_modes
