"""Unbound claims that get a new volume: where the class may make one, and has room.

Mirrors `checkVolumeProvisions` and `hasEnoughCapacity` of `plugins/volumebinding/binder.go`.
"""

from dataclasses import dataclass

from webhook.objects.storage import PersistentVolumeClaim, StorageClass
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import union
from webhook.placement.index.selection import carrying

_NO_PROVISIONER = ("", "kubernetes.io/no-provisioner")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Disjoint sets: nodes where a claim stays `unsatisfied`, or the storage is `full`.

    The first claim that fails on a node decides; `never` is outside of a class's topologies.
    """

    unsatisfied: int
    full: int
    never: int


def check(
    claims: list[tuple[PersistentVolumeClaim, int]], nodes: int, index: ClusterIndex
) -> Outcome:
    """Where the claims cannot be provisioned, each asked on its own nodes, in this order."""
    remaining = nodes
    unsatisfied = full = never = 0
    for claim, wanted in claims:
        storage_class = index.storage.classes[claim.storage_class]
        if storage_class.provisioner in _NO_PROVISIONER:
            unsatisfied |= wanted & remaining
            remaining &= ~wanted
            continue
        outside = wanted & ~_allowed(storage_class, index)
        short = wanted & ~outside & ~_roomy(claim, storage_class, index)
        unsatisfied |= outside & remaining
        full |= short & remaining
        never |= outside
        remaining &= ~(outside | short)
    return Outcome(unsatisfied, full, never)


def _allowed(storage_class: StorageClass, index: ClusterIndex) -> int:
    """The nodes of the class's topologies; without any, all. An empty one is of no node."""
    terms = storage_class.allowed_topologies
    if not terms:
        return index.nodes.all
    return union(carrying(term, index.nodes) for term in terms if term)


def _roomy(claim: PersistentVolumeClaim, storage_class: StorageClass, index: ClusterIndex) -> int:
    """The nodes from which enough storage can be reached, if the driver says how much is left.

    The API stores no claim without a request.
    """
    driver = index.storage.csi_drivers.get(storage_class.provisioner)
    if driver is None or not driver.storage_capacity or not claim.request:
        return index.nodes.all
    return index.storage.capacities.roomy(storage_class.name, claim.request, index.nodes)
