"""Pods with volumes, their claims and small clusters of these, as plain values."""

from collections.abc import Mapping
from typing import Any

from webhook.objects import (
    Applied,
    Claim,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    PodInfo,
    Requirement,
    Version,
)
from webhook.objects.storage import PersistentVolume, PersistentVolumeClaim
from webhook.objects.version import NEWEST
from webhook.placement import ClusterIndex
from webhook.placement.index.groups import Groups
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.resource_matrix import ResourceMatrix
from webhook.placement.index.tallies import Tallies

GIBI = 2**30 * 10**9
ANY_MODE = frozenset({"ReadWriteOnce", "ReadWriteMany"})


def pod(*claims, name="p", ephemeral=(), disks=(), **fields) -> PodInfo:
    """A pod of the default namespace with claims and inline disks."""
    wanted = (*map(Claim, claims), *(Claim(each, ephemeral=True) for each in ephemeral))
    given = {"namespace": "default", "uid": f"uid-{name}", **fields}
    return PodInfo(name=name, claims=wanted, disks=tuple(disks), **given)


def claim(name="c", **fields) -> PersistentVolumeClaim:
    """An unbound claim of the default namespace for 1 GiB of class `slow`."""
    defaults = {"storage_class": "slow", "request": GIBI, "uid": f"uid-{name}"}
    return PersistentVolumeClaim(**{"namespace": "default", "name": name, **defaults, **fields})


def bound(name="c", to="v", **fields) -> PersistentVolumeClaim:
    """A claim that the binder has bound to the volume."""
    return claim(name, volume_name=to, bind_completed=True, **fields)


def volume(name="v", **fields) -> PersistentVolume:
    """An available volume of 1 GiB of class `slow`."""
    defaults = {
        "storage_class": "slow",
        "capacity": GIBI,
        "access_modes": ANY_MODE,
        "phase": "Available",
    }
    return PersistentVolume(name=name, **{**defaults, **fields})


def label_in(key, *values) -> Requirement:
    """That the label has one of the values."""
    return Requirement(key, Operator.IN, frozenset(values))


def affinity(key, *values) -> NodeSelector:
    """Node affinity to a label's values."""
    return NodeSelector((NodeSelectorTerm((label_in(key, *values),)),))


def cluster(*objects, version: Version = NEWEST) -> ClusterIndex:
    """A ClusterIndex of these values."""
    index = ClusterIndex(version)
    for each in objects:
        index.apply(Applied(each))
    return index


def holdings(index: ClusterIndex) -> dict[str, Any]:
    """Everything that the index holds and derives of storage, by node name instead of by slot."""
    storage, nodes = index.storage, index.nodes
    users, counts = storage.users, storage.counts
    sets = {"reporting": counts.reporting, "limited": counts.limited, **counts.migrated}
    sets |= {f"limiting {driver}": each for driver, each in counts._limiting.items()}
    return {
        "stored": storage._stores,
        "claims by volume": members(storage.naming),
        "volumes by claim": members(storage.reserved),
        "attachments by node": members(storage.attached_to),
        "attachments by volume": members(storage.attaching),
        "free": storage.free._classes,
        "offers": {name: offers(index, name) for name in storage.free._classes},
        "capacities": storage.capacities._classes,
        "largest": {
            (name, size): set(nodes.named(storage.capacities.roomy(name, size * 10**9, nodes)))
            for name in storage.capacities._classes
            for size in (0, 2, 4)
        },
        "pods": {nodes.names[slot]: pods for slot, pods in users.pods.items()},
        "users": tallied(users.claims, nodes),
        "ephemeral": tallied(users.ephemeral, nodes),
        "disks": {
            disk: by_name(tally.counts, nodes)
            for alike in users.disks.values()
            for disk, tally in alike.items()
        },
        "nominated": users.nominated,
        "used": tallied(counts.used, nodes),
        "attached": tallied(counts._attached, nodes),
        "sets": {key: set(nodes.named(each)) for key, each in sets.items() if each},
        "room": amounts(counts._room, nodes),
        "limits": amounts(counts._limits, nodes),
        "faulty": by_name(storage.faulty.counts, nodes),
    }


def members(groups: Groups[Any, Any]) -> dict[Any, list[Any]]:
    """The groups with their members in order."""
    return {key: sorted(groups.of(key)) for key in groups._members}


def offers(index: ClusterIndex, storage_class: str) -> list[tuple[str, list[set[str]]]]:
    """The free volumes of the class, with the nodes of each layer."""
    found = index.storage.free.offers(storage_class, index.nodes, 2, labelled=True)
    return [(each.sample.name, [set(index.nodes.named(n)) for n in each.layers]) for each in found]


def tallied(tallies: Tallies[Any], nodes: NodeSets) -> dict[Any, dict[str, int]]:
    """How often each key is on each node; the set says on which it is."""
    for key in tallies:
        assert tallies.nodes(key) == sum(1 << slot for slot in tallies.counts(key))
    return {key: by_name(tallies.counts(key), nodes) for key in tallies}


def by_name(counts: Mapping[int, int], nodes: NodeSets) -> dict[str, int]:
    """The counts by the names of the nodes instead of their slots."""
    return {nodes.names[slot]: count for slot, count in counts.items()}


def amounts(matrix: ResourceMatrix, nodes: NodeSets) -> dict[Any, int]:
    """The amounts that are not zero; a free slot may hold nothing."""
    rows = {resource: matrix.row(resource) for resource in matrix._rows}
    found = {
        (name, resource): int(row[slot])
        for resource, row in rows.items()
        for name, slot in nodes.slots.items()
        if row[slot]
    }
    assert len(found) == sum(int((row != 0).sum()) for row in rows.values())
    return found
