"""A scene: the objects of a cluster, the pods that ask for a place in it, and the profile.

Trees are as a person would write them, with three additions that an API server does not take in
a creation and the oracle therefore makes happen: a `status`, a `deletionTimestamp` (with a
finalizer, so that the object stays), and `uid: Pod/namespace/name` in an owner reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Tree = dict[str, Any]

NAMESPACES = ("red", "green", "blue")
PRIORITIES = {"low": -10, "mid": 0, "high": 10}
"""PriorityClasses, none of which preempts: nothing but the Filter phase is asked about."""

SCHEDULER = "default-scheduler"
BEING_DELETED: Tree = {
    "finalizers": ["vmaffinity.io/hold"],
    "deletionTimestamp": "2026-01-01T00:00:00Z",
}
"""The metadata of what is being deleted for as long as the scene lasts."""


def _profile() -> Tree:
    return {"schedulerName": SCHEDULER}


@dataclass(frozen=True)
class Scene:
    """What there is, and who asks."""

    objects: tuple[Tree, ...]
    asking: tuple[Tree, ...]
    profile: Tree = field(default_factory=_profile)


def key(tree: Mapping[str, Any]) -> str:
    """Return kind/namespace/name, or kind/name of a cluster-wide object."""
    metadata = tree["metadata"]
    names = [str(metadata[part]) for part in ("namespace", "name") if metadata.get(part)]
    return "/".join([tree["kind"], *names])


def furniture() -> list[Tree]:
    """Return what every scene may refer to: PriorityClasses and RuntimeClasses."""
    priorities = [
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name},
            "value": value,
            "preemptionPolicy": "Never",
        }
        for name, value in PRIORITIES.items()
    ]
    sandboxed = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "sandboxed"},
        "handler": "sandboxed",
        "overhead": {"podFixed": {"cpu": "250m", "memory": "120Mi"}},
    }
    picky = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": "picky"},
        "handler": "picky",
        "scheduling": {
            "nodeSelector": {"disk": "ssd"},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
        },
    }
    return [*priorities, sandboxed, picky]
