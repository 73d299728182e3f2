"""Everything there is, as plain tuples, and the few questions that several plugins ask of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from webhook.objects import (
    AffinityTerm,
    Features,
    LabelSelector,
    NodeInfo,
    NodeSelector,
    NodeSelectorTerm,
    PodInfo,
    Profile,
    Requirement,
    Taint,
    Version,
)
from webhook.objects.labels import int64
from webhook.objects.profile import DeviceClass
from webhook.objects.storage import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.objects.version import NEWEST

Labels = Mapping[str, str]
U, UU, ERROR, UNKNOWN = "Unschedulable", "UnschedulableAndUnresolvable", "Error", "Unknown"
#: A status code with its reasons; None is a pass.
Answer = tuple[str, tuple[str, ...]] | None


@dataclass(frozen=True)
class Cluster:
    """Everything there is.

    `added` are pods that only stand on the node they are nominated to for the time of one
    look; the PreFilters have not seen them.
    """

    nodes: tuple[NodeInfo, ...] = ()
    pods: tuple[PodInfo, ...] = ()
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)
    version: Version = NEWEST
    claims: tuple[PersistentVolumeClaim, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    classes: tuple[StorageClass, ...] = ()
    csi_nodes: tuple[CSINode, ...] = ()
    csi_drivers: tuple[CSIDriver, ...] = ()
    capacities: tuple[CSIStorageCapacity, ...] = ()
    attachments: tuple[VolumeAttachment, ...] = ()
    device_classes: tuple[DeviceClass, ...] = ()
    added: tuple[PodInfo, ...] = ()

    @property
    def features(self) -> Features:
        """What the version brings."""
        return Features.of(self.version)

    def bound(self) -> Iterator[tuple[PodInfo, NodeInfo]]:
        """Every pod that holds its node, with that node."""
        nodes = {node.name: node for node in self.nodes}
        for pod in self.pods:
            if pod.phase not in ("Succeeded", "Failed") and pod.node_name in nodes:
                yield pod, nodes[pod.node_name]

    def nominated(self) -> Iterator[tuple[PodInfo, NodeInfo]]:
        """Every added pod, with the node that it is nominated to."""
        nodes = {node.name: node for node in self.nodes}
        for pod in self.added:
            yield pod, nodes[pod.nominated_node_name]

    def placed(self) -> Iterator[tuple[PodInfo, NodeInfo]]:
        """Every pod that counts, with its node."""
        yield from self.bound()
        yield from self.nominated()

    def pods_on(self, node: NodeInfo) -> list[PodInfo]:
        """The pods that count on this node."""
        return [pod for pod, at in self.placed() if at.name == node.name]

    def claim(self, namespace: str, name: str) -> PersistentVolumeClaim | None:
        """A claim, if it exists."""
        for claim in self.claims:
            if (claim.namespace, claim.name) == (namespace, name):
                return claim
        return None

    def volume(self, name: str) -> PersistentVolume | None:
        """A volume, if it exists."""
        return next((volume for volume in self.volumes if volume.name == name), None)

    def storage_class(self, name: str) -> StorageClass | None:
        """A storage class, if it exists."""
        return next((known for known in self.classes if known.name == name), None)

    def csi_node(self, node: NodeInfo) -> CSINode | None:
        """What the CSI drivers say of a node, if they say anything."""
        return next((known for known in self.csi_nodes if known.name == node.name), None)


def holds(requirement: Requirement, labels: Labels) -> bool:
    """Whether labels satisfy one requirement."""
    there, value = requirement.key in labels, labels.get(requirement.key, "")
    number = int64(value)
    answers = {
        "In": there and value in requirement.values,
        "NotIn": not there or value not in requirement.values,
        "Exists": there,
        "DoesNotExist": not there,
        "Gt": there and number is not None and number > requirement.bound,
        "Lt": there and number is not None and number < requirement.bound,
    }
    return answers[requirement.operator]


def matches(selector: LabelSelector, labels: Labels) -> bool:
    """Whether a label selector matches labels."""
    if selector.nothing or selector.invalid:
        return False
    return all(holds(requirement, labels) for requirement in selector.requirements)


def selected(selector: NodeSelector | None, labels: Labels, name: str | None) -> bool:
    """Whether a node of these labels is selected; the fields of a nameless one do not count."""
    if selector is None:
        return True
    return any(_term_matches(term, labels, name) for term in selector.terms)


def _term_matches(term: NodeSelectorTerm, labels: Labels, name: str | None) -> bool:
    if term.invalid or not (term.expressions or term.fields):
        return False
    if name is not None and any((name in f.values) != (f.operator == "In") for f in term.fields):
        return False
    return all(holds(requirement, labels) for requirement in term.expressions)


def wanted_by(pod: PodInfo, node: NodeInfo) -> bool:
    """The pod's own nodeSelector and required node affinity."""
    by_labels = all(node.labels.get(k) == v for k, v in pod.rules.node_selector.items())
    return by_labels and selected(pod.rules.node_affinity, node.labels, node.name)


def untolerated(pod: PodInfo, node: NodeInfo) -> Taint | None:
    """The first NoSchedule or NoExecute taint that the pod does not tolerate."""
    for taint in node.taints:
        if taint.effect in ("NoSchedule", "NoExecute") and not tolerates(pod, taint):
            return taint
    return None


def tolerates(pod: PodInfo, taint: Taint) -> bool:
    """Whether any toleration of the pod covers the taint."""
    return any(
        t.effect in ("", taint.effect)
        and t.key in ("", taint.key)
        and (t.operator == "Exists" or (t.operator in ("", "Equal") and t.value == taint.value))
        for t in pod.rules.tolerations
    )


def unparseable(term: AffinityTerm) -> str:
    """Why an affinity term does not parse; empty if it does."""
    return term.selector.invalid or term.namespace_selector.invalid
