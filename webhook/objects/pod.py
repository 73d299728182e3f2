"""What the Filter phase reads of a Pod, as the one that asks and as one that is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.objects.labels import LabelSelector, NodeSelector
from webhook.objects.node import Taint
from webhook.objects.resources import PodResources


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
    """The part of a pod or VM that says where it may run; required rules only.

    `prefers_across` says that a preferred pod (anti-)affinity term looks into namespaces.
    """

    node_selector: Mapping[str, str] = field(default_factory=dict)
    node_affinity: NodeSelector | None = None
    pod_affinity: tuple[AffinityTerm, ...] = ()
    pod_anti_affinity: tuple[AffinityTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    prefers_across: bool = False

    def tolerate(self, taint: Taint) -> bool:
        """Whether any toleration covers the taint."""
        return any(t.tolerates(taint) for t in self.tolerations)

    @property
    def cross_namespace(self) -> bool:
        """Whether any pod (anti-)affinity names namespaces, even if only the pod's own."""
        terms = (*self.pod_affinity, *self.pod_anti_affinity)
        return self.prefers_across or any(
            t.namespaces or not t.namespace_selector.nothing for t in terms
        )


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port of the node that the pod takes; `ip` is 0.0.0.0 where none is given."""

    port: int
    protocol: str = "TCP"
    ip: str = "0.0.0.0"  # noqa: S104 - the API's word for every address, nothing is bound


@dataclass(frozen=True, slots=True)
class SpreadConstraint:
    """A topology spread constraint with DoNotSchedule; others never filter and are not held.

    `honors_affinity` and `honors_taints` are the policies nodeAffinityPolicy and
    nodeTaintsPolicy: which nodes count as domains.
    """

    topology_key: str
    max_skew: int
    selector: LabelSelector
    min_domains: int = 1
    honors_affinity: bool = True
    honors_taints: bool = False
    match_label_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A volume of a pod that is backed by a claim of its namespace, by the claim's name.

    The claim of an ephemeral volume is made for the pod, which must be its controller.
    """

    name: str
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class Disk:
    """An inline volume of an old in-tree plugin; `kind` is the field's name in the API.

    `name` is what identifies the disk: pdName, volumeID, iqn, diskURI, or pool/image.
    `volume` is the name of the pod's volume, `disk_kind` is azureDisk's own kind.
    """

    kind: str
    name: str
    read_only: bool = False
    monitors: frozenset[str] = frozenset()
    volume: str = ""
    disk_kind: str = ""


@dataclass(frozen=True, slots=True)
class PodInfo:
    """A pod. `requests` is what it asks for, `usage` what it takes of its node.

    Both hold integers (cpu in milli units, everything else in whole units); they differ
    only for a pod that is being resized in place. `unmodelled` names demands that no
    predicate of ours judges; a node that passes all the others is then Unknown.
    `resources` is what quotas count, held of KubeVirt's pods only.
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
    deleting: bool = False
    host_ports: tuple[HostPort, ...] = ()
    spread: tuple[SpreadConstraint, ...] = ()
    claims: tuple[Claim, ...] = ()
    disks: tuple[Disk, ...] = ()
    resources: PodResources | None = None
    unmodelled: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The identity in the index: the uid, or namespace/name of a pod without one."""
        return self.uid or f"{self.namespace}/{self.name}"

    @property
    def nominated(self) -> bool:
        """Whether the pod only stands on its node by nomination, for the time of a verdict."""
        return bool(self.node_name) and self.node_name == self.nominated_node_name

    @property
    def terminated(self) -> bool:
        """A Succeeded or Failed pod holds nothing of its node."""
        return self.phase in ("Succeeded", "Failed")
