"""The slow, obvious Filter phase: one node after the other, no index and no bitsets.

Written from the rules of kube-scheduler's plugins, not from the engine: a cluster is plain
tuples, and every question goes through all of them again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

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
)
from webhook.objects.labels import int64
from webhook.objects.version import NEWEST

Labels = Mapping[str, str]
#: The plugin's name, its status code and its reasons; None is a pass.
Refusal = tuple[str | None, str, tuple[str, ...]] | None
U, UU = "Unschedulable", "UnschedulableAndUnresolvable"


@dataclass(frozen=True)
class Cluster:
    """Everything there is."""

    nodes: tuple[NodeInfo, ...] = ()
    pods: tuple[PodInfo, ...] = ()
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)
    features: Features = field(default_factory=lambda: Features.of(NEWEST))

    def placed(self) -> Iterator[tuple[PodInfo, NodeInfo]]:
        """Every pod that counts, with its node."""
        nodes = {node.name: node for node in self.nodes}
        for pod in self.pods:
            if pod.phase not in ("Succeeded", "Failed") and pod.node_name in nodes:
                yield pod, nodes[pod.node_name]


def verdicts(pod: PodInfo, cluster: Cluster) -> dict[str, Refusal]:
    """Each node's answer by name."""
    everywhere = _conflict(pod) or _unparseable(pod)
    if everywhere:
        return {node.name: everywhere for node in cluster.nodes}
    names = _named(pod)
    skipped = _inter_pod_affinity_skipped(pod, cluster)
    return {
        node.name: (None, UU, ("node(s) didn't satisfy plugin(s) [NodeAffinity]",))
        if names is not None and node.name not in names
        else _with_nominated(pod, node, cluster, skipped)
        for node in cluster.nodes
    }


def _conflict(pod: PodInfo) -> Refusal:
    return ("NodeAffinity", UU, ("pod affinity terms conflict",)) if _named(pod) == set() else None


def _named(pod: PodInfo) -> set[str] | None:
    required = pod.rules.node_affinity
    if required is None or not required.terms or any(not t.named for t in required.terms):
        return None
    names: set[str] = set()
    for term in required.terms:
        names |= set.intersection(*(set(values) for values in term.named))
    return names


def _unparseable(pod: PodInfo) -> Refusal:
    terms = [("requiredAffinityTerms", t) for t in pod.rules.pod_affinity]
    terms += [("requiredAntiAffinityTerms", t) for t in pod.rules.pod_anti_affinity]
    texts = [f"{kind}: {_invalid(term)}" for kind, term in terms if _invalid(term)]
    if not texts:
        return None
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return "InterPodAffinity", UU, (f"parsing pod: {text}",)


def _invalid(term: AffinityTerm) -> str:
    return term.selector.invalid or term.namespace_selector.invalid


def _inter_pod_affinity_skipped(pod: PodInfo, cluster: Cluster) -> bool:
    if pod.rules.pod_affinity or pod.rules.pod_anti_affinity:
        return False
    return not any(
        term.topology_key in node.labels
        for existing, node in cluster.placed()
        for term in _repelling(existing, pod, cluster)
    )


def _with_nominated(pod: PodInfo, node: NodeInfo, cluster: Cluster, skipped: bool) -> Refusal:
    ahead = [
        other
        for other in cluster.pods
        if other.nominated_node_name == node.name
        and not other.node_name
        and other.phase not in ("Succeeded", "Failed")
        and other.priority >= pod.priority
        and other.key != pod.key
    ]
    if ahead:
        placed = {other.key: replace(other, node_name=node.name) for other in ahead}
        pods = tuple(placed.get(other.key, other) for other in cluster.pods)
        refusal = _first(pod, node, replace(cluster, pods=pods), skipped)
        if refusal:
            return refusal
    return _first(pod, node, cluster, skipped)


def _first(pod: PodInfo, node: NodeInfo, cluster: Cluster, skipped: bool) -> Refusal:
    return (
        node_unschedulable(pod, node)
        or node_name(pod, node)
        or taint_toleration(pod, node, cluster)
        or node_affinity(pod, node, cluster)
        or node_resources_fit(pod, node, cluster)
        or (None if skipped else inter_pod_affinity(pod, node, cluster))
    )


def node_unschedulable(pod: PodInfo, node: NodeInfo) -> Refusal:
    """A cordon, unless the pod tolerates its taint."""
    cordon = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
    if node.unschedulable and not _tolerates(pod, cordon):
        return "NodeUnschedulable", UU, ("node(s) were unschedulable",)
    return None


def node_name(pod: PodInfo, node: NodeInfo) -> Refusal:
    """Another node was asked for by name."""
    if pod.node_name and pod.node_name != node.name:
        return "NodeName", UU, ("node(s) didn't match the requested node name",)
    return None


def taint_toleration(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Refusal:
    """The first NoSchedule or NoExecute taint that the pod does not tolerate."""
    for taint in node.taints:
        if taint.effect != "PreferNoSchedule" and not _tolerates(pod, taint):
            reason = "node(s) had untolerated taint(s)"
            if cluster.features.taint_values_in_reason:
                reason = f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
            return "TaintToleration", UU, (reason,)
    return None


def _tolerates(pod: PodInfo, taint: Taint) -> bool:
    return any(
        t.effect in ("", taint.effect)
        and t.key in ("", taint.key)
        and (t.operator == "Exists" or (t.operator in ("", "Equal") and t.value == taint.value))
        for t in pod.rules.tolerations
    )


def node_affinity(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Refusal:
    """The profile's added affinity, then nodeSelector and required node affinity."""
    if not _selected(cluster.profile.added_affinity, node):
        return "NodeAffinity", UU, ("node(s) didn't match scheduler-enforced node affinity",)
    wanted = all(node.labels.get(k) == v for k, v in pod.rules.node_selector.items())
    if not wanted or not _selected(pod.rules.node_affinity, node):
        return "NodeAffinity", UU, ("node(s) didn't match Pod's node affinity/selector",)
    return None


def _selected(selector: NodeSelector | None, node: NodeInfo) -> bool:
    return selector is None or any(_term_matches(term, node) for term in selector.terms)


def _term_matches(term: NodeSelectorTerm, node: NodeInfo) -> bool:
    if term.invalid or not (term.expressions or term.fields):
        return False
    by_name = all((node.name in f.values) == (f.operator == "In") for f in term.fields)
    return by_name and all(_holds(r, node.labels) for r in term.expressions)


def _holds(requirement: Requirement, labels: Labels) -> bool:
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


def node_resources_fit(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Refusal:
    """One reason for each resource that is short."""
    here = [other for other, at in cluster.placed() if at.name == node.name]
    reasons, over = [], False
    if len(here) + 1 > node.allocatable.get("pods", 0):
        reasons.append("Too many pods")
    for resource, request in _ordered(pod.requests):
        if request == 0 or _ignored(resource, cluster.profile):
            continue
        offered = node.allocatable.get(resource, 0)
        if request > offered - sum(other.usage.get(resource, 0) for other in here):
            reasons.append(f"Insufficient {resource}")
            over = over or request > offered
    code = UU if over and cluster.features.unresolvable_if_over_allocatable else U
    return ("NodeResourcesFit", code, tuple(reasons)) if reasons else None


def _ordered(requests: Mapping[str, int]) -> list[tuple[str, int]]:
    basic = ("cpu", "memory", "ephemeral-storage")
    first = [(name, requests[name]) for name in basic if name in requests]
    return first + sorted(item for item in requests.items() if item[0] not in basic)


def _ignored(resource: str, profile: Profile) -> bool:
    if "/" not in resource or "kubernetes.io/" in resource:
        return False
    groups = profile.ignored_resource_groups
    return resource in profile.ignored_resources or resource.split("/")[0] in groups


def inter_pod_affinity(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Refusal:
    """Own affinity, own anti-affinity, then the anti-affinity of existing pods."""
    if not _affinity_holds(pod, node, cluster):
        return "InterPodAffinity", UU, ("node(s) didn't match pod affinity rules",)
    for term in pod.rules.pod_anti_affinity:
        near = [p for p, at in cluster.placed() if _same_domain(term, node, at)]
        if any(_looks_at(term, pod, other, cluster) for other in near):
            return "InterPodAffinity", U, ("node(s) didn't match pod anti-affinity rules",)
    for other, at in cluster.placed():
        for term in _repelling(other, pod, cluster):
            if _same_domain(term, node, at):
                reason = "node(s) didn't satisfy existing pods anti-affinity rules"
                return "InterPodAffinity", U, (reason,)
    return None


def _affinity_holds(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> bool:
    terms = pod.rules.pod_affinity
    if any(term.topology_key not in node.labels for term in terms):
        return False
    matching = [
        at
        for other, at in cluster.placed()
        if all(_looks_at(term, pod, other, cluster) for term in terms)
    ]
    if all(any(_same_domain(term, node, at) for at in matching) for term in terms):
        return True
    counted = any(term.topology_key in at.labels for term in terms for at in matching)
    return not counted and all(_looks_at(term, pod, pod, cluster) for term in terms)


def _same_domain(term: AffinityTerm, node: NodeInfo, at: NodeInfo) -> bool:
    key = term.topology_key
    return key in node.labels and key in at.labels and node.labels[key] == at.labels[key]


def _looks_at(term: AffinityTerm, owner: PodInfo, other: PodInfo, cluster: Cluster) -> bool:
    """Whether a term of the incoming pod matches a pod; the selector quirk of 1.34 included."""
    if not _matches(term.selector, other.labels):
        return False
    selector = term.namespace_selector
    if selector.nothing and not term.namespaces:
        return other.namespace == owner.namespace
    if other.namespace in term.namespaces or selector == LabelSelector():
        return True
    if cluster.features.empty_namespace_labels_match and _matches(selector, {}):
        return True
    known = cluster.namespaces.get(other.namespace)
    return known is not None and _matches(selector, known)


def _repelling(owner: PodInfo, pod: PodInfo, cluster: Cluster) -> list[AffinityTerm]:
    """The anti-affinity terms of an existing pod that match the incoming one."""
    terms = owner.rules.pod_anti_affinity
    if any(_invalid(term) for term in terms):
        return []
    labels = cluster.namespaces.get(pod.namespace, {})
    return [
        term
        for term in terms
        if _matches(term.selector, pod.labels)
        and (
            pod.namespace in (term.namespaces or _own(term, owner))
            or _matches(term.namespace_selector, labels)
        )
    ]


def _own(term: AffinityTerm, owner: PodInfo) -> set[str]:
    return {owner.namespace} if term.namespace_selector.nothing else set()


def _matches(selector: LabelSelector, labels: Labels) -> bool:
    if selector.nothing or selector.invalid:
        return False
    return all(_holds(requirement, labels) for requirement in selector.requirements)
