"""PodTopologySpread, DoNotSchedule constraints only."""

from collections.abc import Mapping

from tests.placement.reference.cluster import (
    ERROR,
    UU,
    Answer,
    Cluster,
    U,
    matches,
    untolerated,
    wanted_by,
)
from webhook.objects import NodeInfo, PodInfo, SpreadConstraint

REASON = "node(s) didn't match pod topology spread constraints"
MAX_INT32 = 2**31 - 1


def spreads_nothing(pod: PodInfo, cluster: Cluster) -> bool:
    """A pod without constraints."""
    return not pod.spread


def unparseable(pod: PodInfo, cluster: Cluster) -> Answer:
    """A selector that does not parse is an error of the attempt, not a refusal."""
    for constraint in pod.spread:
        if constraint.selector.invalid:
            text = "get constraints from pod: obtaining pod's hard topology spread constraints"
            return ERROR, (f"{text}: {constraint.selector.invalid}",)
    return None


def pod_topology_spread(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """The first constraint that the pod would break on the node."""
    for constraint in pod.spread:
        if constraint.topology_key not in node.labels:
            return UU, (f"{REASON} (missing required label)",)
        counts = _counts(pod, constraint, cluster)
        least = min(counts.values(), default=MAX_INT32)
        if len(counts) < constraint.min_domains:
            least = 0
        here = counts.get(node.labels[constraint.topology_key], 0)
        itself = int(_counted(constraint, pod.labels, pod))
        if here + itself - least > constraint.max_skew:
            return U, (REASON,)
    return None


def _counts(pod: PodInfo, constraint: SpreadConstraint, cluster: Cluster) -> dict[str, int]:
    """How many pods count in each domain; a domain with none is there too."""
    counts: dict[str, int] = {}
    for node in cluster.nodes:
        if not _eligible(pod, constraint, node):
            continue
        domain = node.labels[constraint.topology_key]
        counts.setdefault(domain, 0)
        for other, at in cluster.bound():
            if at.name == node.name and not other.deleting and not _empty(constraint, pod):
                counts[domain] += _counts_here(constraint, other, pod)
        for other, at in cluster.nominated():
            if at.name == node.name:  # AddPod looks at neither the deletion nor the selector
                counts[domain] += _counts_here(constraint, other, pod)
    return counts


def _eligible(pod: PodInfo, constraint: SpreadConstraint, node: NodeInfo) -> bool:
    """Whether the node is part of a domain of this constraint."""
    if any(each.topology_key not in node.labels for each in pod.spread):
        return False
    if constraint.honors_affinity and not wanted_by(pod, node):
        return False
    return not (constraint.honors_taints and untolerated(pod, node))


def _counts_here(constraint: SpreadConstraint, other: PodInfo, pod: PodInfo) -> bool:
    return other.namespace == pod.namespace and _counted(constraint, other.labels, pod)


def _counted(constraint: SpreadConstraint, labels: Mapping[str, str], pod: PodInfo) -> bool:
    """The selector, with the pod's own values of the matchLabelKeys; a null one stays null."""
    if not matches(constraint.selector, labels):
        return False
    return all(labels.get(key) == pod.labels[key] for key in _merged_keys(constraint, pod))


def _merged_keys(constraint: SpreadConstraint, pod: PodInfo) -> list[str]:
    return [key for key in constraint.match_label_keys if key in pod.labels]


def _empty(constraint: SpreadConstraint, pod: PodInfo) -> bool:
    """`{}`, for which no existing pod is counted."""
    selector = constraint.selector
    bare = not (selector.nothing or selector.requirements)
    return bare and not _merged_keys(constraint, pod)
