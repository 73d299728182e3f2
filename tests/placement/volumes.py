"""Pods with volumes, their claims and small clusters of these, as plain values."""

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
