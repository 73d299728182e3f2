"""Two pods, field by field: what was predicted and what KubeVirt created."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from webhook.objects import Operator, PodInfo, Requirement, SchedulingRules, SpreadConstraint
from webhook.objects.resources import PodResources

#: What nobody can know before, or what does not belong to the pod that waits for a node.
NOT_COMPARED: Mapping[str, str] = {
    "uid": "given by the API server",
    "name": "ends in five random characters",
    "node_name": "what the scheduler decides",
    "nominated_node_name": "what the scheduler decides",
    "phase": "the pod is compared as it was created: Pending",
    "deleting": "the pod is compared as it was created: not being deleted",
    "owner_uid": "the UID of the VMI, which a start creates; only the index reads it",
}
#: Labels whose values are UIDs of objects that do not exist yet.
UNKNOWN_LABELS: Mapping[str, Mapping[str, str]] = {
    "start": {"kubevirt.io/created-by": "the UID of the VMI, which the start creates"},
    "restart": {"kubevirt.io/created-by": "the UID of the VMI, which the restart creates"},
    "migration": {"kubevirt.io/migrationJobUID": "the UID of the VMIM, which starts the migration"},
}
#: Fields in which the order of the entries means nothing.
_UNORDERED = frozenset({"tolerations", "claims", "host_ports"})


@dataclass(frozen=True)
class Difference:
    """A field that differs."""

    field: str
    predicted: str
    actual: str

    def __str__(self) -> str:
        return f"{self.field}: predicted {self.predicted}, KubeVirt has {self.actual}"


def differences(predicted: PodInfo, actual: PodInfo, event: str) -> list[Difference]:
    """The fields in which two pods differ; `event` is start, restart or migration.

    Maps are told apart by key.
    """
    return [
        Difference(name, _text(ours), _text(theirs))
        for name, ours, theirs in _pairs(predicted, actual, event)
        if ours != theirs
    ]


def _pairs(one: PodInfo, two: PodInfo, event: str) -> Iterator[tuple[str, Any, Any]]:
    left, right = _flat(one, event), _flat(two, event)
    for name in left:
        ours, theirs = left[name], right[name]
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            for key in sorted(ours.keys() | theirs.keys()):
                yield f"{name}[{key}]", ours.get(key), theirs.get(key)
        else:
            yield name, ours, theirs


def _flat(pod: PodInfo, event: str) -> dict[str, Any]:
    found = {f.name: getattr(pod, f.name) for f in fields(PodInfo) if f.name not in NOT_COMPARED}
    rules = found.pop("rules")
    found |= {f.name: getattr(rules, f.name) for f in fields(SchedulingRules)}
    found["spread"] = tuple(_merged(each, pod.labels) for each in pod.spread)
    found["resources"] = pod.resources and _by_container(pod.resources)
    found["labels"] = {k: v for k, v in pod.labels.items() if k not in UNKNOWN_LABELS[event]}
    return {k: frozenset(v) if k in _UNORDERED else v for k, v in found.items()}


def _merged(constraint: SpreadConstraint, labels: Mapping[str, str]) -> SpreadConstraint:
    """With the label keys in the selector, where some servers and the scheduler put them."""
    keys = (k for k in constraint.match_label_keys if k in labels)
    equal = (Requirement(key, Operator.IN, frozenset({labels[key]})) for key in keys)
    requirements = dict.fromkeys((*constraint.selector.requirements, *equal))
    return replace(
        constraint, selector=replace(constraint.selector, requirements=tuple(requirements))
    )


def _by_container(pod: PodResources) -> dict[str, Any]:
    """Each amount by its place; a container is told by its name."""
    found: dict[str, Any] = {"overhead": pod.overhead, "pod level": pod.pod_level}
    for kind, containers in (("", pod.containers), ("init ", pod.inits)):
        for each in containers:
            for name, amount in each.requests.items():
                found[f"{kind}{each.name} request of {name}"] = amount
            for name, amount in each.limits.items():
                found[f"{kind}{each.name} limit of {name}"] = amount
            found[f"{kind}{each.name} restartable"] = each.restartable
    return found


def _text(value: object) -> str:
    return "nothing" if value is None else str(value)
