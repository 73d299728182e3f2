"""VolumeZone: a bound volume's zone and region labels, against those of the node.

Mirrors `plugins/volumezone/volume_zone.go`. Claims of ephemeral volumes are not looked at.
"""

from collections.abc import Iterator, Mapping

from webhook.objects import PodInfo
from webhook.objects.storage import (
    BETA_REGION,
    BETA_ZONE,
    REGION,
    WAIT_FOR_FIRST_CONSUMER,
    ZONE,
    PersistentVolumeClaim,
)
from webhook.placement.framework import Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import NodeSets, union

REASON = "node(s) had no available volume zone"
#: What the old labels are called today.
_GENERAL: Mapping[str, str] = {BETA_ZONE: ZONE, BETA_REGION: REGION}
_LABELS = (BETA_ZONE, BETA_REGION, ZONE, REGION)


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Refuses a pod with an unusable claim; skips one whose volumes are of no zone."""
    for claim in pod.claims:
        refusal = "" if claim.ephemeral else _unusable(pod, claim.name, index)
        if refusal:
            return PreFilter(refusal=refusal)
    return skipping(next(_topologies(pod, index), None) is None)


def _unusable(pod: PodInfo, name: str, index: ClusterIndex) -> str:
    """Why the claim's volume cannot be found; empty if it is, or is still to be chosen.

    In the default profile the plugins before this one have said all of it but a missing
    volume.
    """
    claim = index.storage.claims.get((pod.namespace, name))
    if claim is None:
        return f'persistentvolumeclaim "{name}" not found'
    if not claim.volume_name:
        return _unbindable(claim, index)
    if claim.volume_name not in index.storage.volumes:
        return f'persistentvolume "{claim.volume_name}" not found'
    return ""


def _unbindable(claim: PersistentVolumeClaim, index: ClusterIndex) -> str:
    if not claim.storage_class:
        return "PersistentVolumeClaim had no pv name and storageClass name"
    storage_class = index.storage.classes.get(claim.storage_class)
    if storage_class is None:
        return f'storageclass.storage.k8s.io "{claim.storage_class}" not found'
    if storage_class.binding_mode != WAIT_FOR_FIRST_CONSUMER:
        return "PersistentVolume had no name"
    return ""


def volume_zone(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses nodes of another zone or region, for good; one of none at all is let be."""
    nodes = index.nodes
    located = fitting = union(nodes.with_key(key) for key in _LABELS)
    for key, values in set(_topologies(pod, index)):
        fitting &= _carrying(key, values, nodes)
    refused = located & ~fitting
    yield Rejection(refused, REASON, permanent=refused)


def _topologies(pod: PodInfo, index: ClusterIndex) -> Iterator[tuple[str, frozenset[str]]]:
    """The zone and region labels of the bound volumes, each with the values it allows."""
    for claim in pod.claims:
        found = None if claim.ephemeral else index.storage.claim(pod, claim)
        volume = index.storage.volumes.get(found.volume_name) if found else None
        if volume is not None and volume.labels:
            for key in _LABELS:
                if key in volume.labels and (values := _values(volume.labels[key])):
                    yield key, values


def _values(label: str) -> frozenset[str]:
    """The zones in `a__b`; none at all if one of them is empty: the label is ignored."""
    values = frozenset(label.split("__"))
    return frozenset() if "" in values else values


def _carrying(key: str, values: frozenset[str], nodes: NodeSets) -> int:
    """The nodes with one of the values; for an old key also under its name of today."""
    found = union(nodes.with_label(key, value) for value in values)
    if key in _GENERAL:
        general = union(nodes.with_label(_GENERAL[key], value) for value in values)
        found |= general & ~nodes.with_key(key)
    return found


PLUGIN = Plugin("VolumeZone", volume_zone, prefilter)
