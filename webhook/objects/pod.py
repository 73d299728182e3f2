"""What the Filter phase reads of a Pod, as the one that asks and as one that is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.objects.labels import LabelSelector, NodeSelector
from webhook.objects.node import Taint


@dataclass(frozen=True, slots=True)
class Toleration:
    """A toleration; mirrors `ToleratesTaint` of api/core/v1/toleration.go."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""

    def tolerates(self, taint: Taint) -> bool:
        """Whether this toleration covers the taint; unknown operators cover none."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        if self.operator == "Exists":
            return True
        return self.operator in ("", "Equal") and self.value == taint.value


_OWN_NAMESPACE = LabelSelector(nothing=True)


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """A required pod (anti-)affinity term, relative to the pod that owns it.

    `namespaces` empty and `namespace_selector` null mean the owner's namespace. The label
    keys are what the API server merges into `selector` when the pod is created.
    """

    topology_key: str
    selector: LabelSelector
    namespaces: frozenset[str] = frozenset()
    namespace_selector: LabelSelector = _OWN_NAMESPACE
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchedulingRules:
    """The part of a pod or VM that says where it may run; required rules only."""

    node_selector: Mapping[str, str] = field(default_factory=dict)
    node_affinity: NodeSelector | None = None
    pod_affinity: tuple[AffinityTerm, ...] = ()
    pod_anti_affinity: tuple[AffinityTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()

    def tolerate(self, taint: Taint) -> bool:
        """Whether any toleration covers the taint."""
        return any(t.tolerates(taint) for t in self.tolerations)


@dataclass(frozen=True, slots=True)
class PodInfo:
    """A pod. `requests` is what it asks for, `usage` what it takes of its node.

    Both hold integers (cpu in milli units, everything else in whole units); they differ
    only for a pod that is being resized in place. `unmodelled` names demands that no
    predicate of ours judges; a node that passes all the others is then Unknown.
    """

    namespace: str
    name: str
    uid: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    rules: SchedulingRules = field(default_factory=SchedulingRules)
    requests: Mapping[str, int] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)
    node_name: str = ""
    nominated_node_name: str = ""
    phase: str = ""
    priority: int = 0
    scheduler_name: str = "default-scheduler"
    owner_uid: str = ""
    unmodelled: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The identity in the index: the uid, or namespace/name of a pod without one."""
        return self.uid or f"{self.namespace}/{self.name}"

    @property
    def terminated(self) -> bool:
        """A Succeeded or Failed pod holds nothing of its node."""
        return self.phase in ("Succeeded", "Failed")
