"""Volumes that no claim has yet, by class, smallest first."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import groupby

from webhook.objects.storage import PersistentVolume
from webhook.placement.index.layers import layered
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.selection import reaching


@dataclass(frozen=True, slots=True)
class Offer:
    """Volumes that differ only in name and reach, and follow each other by size and name.

    `sample` is one of them; `layers[n]` are the nodes that more than n of them reach.
    """

    sample: PersistentVolume
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """Offers, and what they have been worked out for."""

    generation: int
    depth: int
    labelled: bool
    offers: tuple[Offer, ...]


class FreeVolumes:
    """The volumes that are Available to any claim.

    The offers of a class hold until one of its free volumes or a label of a node changes.
    """

    def __init__(self) -> None:
        self._classes: dict[str, dict[str, PersistentVolume]] = {}
        self._known: dict[str, _Known] = {}

    def add(self, volume: PersistentVolume, change: int) -> None:
        """Enter a volume of a name that is not there (change 1), or forget it (change -1)."""
        if volume.claim is not None or volume.phase != "Available" or volume.deleting:
            return
        of_class = self._classes.setdefault(volume.storage_class, {})
        if change > 0:
            of_class[volume.name] = volume
        else:
            del of_class[volume.name]
        if not of_class:
            del self._classes[volume.storage_class]
        self._known.pop(volume.storage_class, None)

    def offers(
        self, storage_class: str, nodes: NodeSets, depth: int, labelled: bool
    ) -> tuple[Offer, ...]:
        """The volumes of the class, the smallest first, and of one size by name.

        No more than `depth` layers are told apart; the volumes of an offer have the same
        labels only if it is to be `labelled`.
        """
        if storage_class not in self._classes:
            return ()
        known = self._known.get(storage_class)
        asked = (nodes.generation, depth, labelled)
        if known is None or (known.generation, known.depth, known.labelled) != asked:
            known = _Known(*asked, self._grouped(storage_class, nodes, depth, labelled))
            self._known[storage_class] = known
        return known.offers

    def _grouped(
        self, storage_class: str, nodes: NodeSets, depth: int, labelled: bool
    ) -> tuple[Offer, ...]:
        def kind(volume: PersistentVolume) -> Hashable:
            labels = frozenset(volume.labels.items()) if labelled else None
            terms = volume.volume_mode, volume.access_modes, volume.attributes_class
            return volume.capacity, *terms, labels

        volumes = sorted(
            self._classes[storage_class].values(), key=lambda each: (each.capacity, each.name)
        )
        found = []
        for _, alike in groupby(volumes, kind):
            members = list(alike)
            reached = (reaching(each.node_affinity, nodes) for each in members)
            found.append(Offer(members[0], layered(reached, depth)))
        return tuple(found)
