"""NodeUnschedulable, NodeName, TaintToleration and NodeAffinity."""

from tests.placement.reference.cluster import (
    UU,
    Answer,
    Cluster,
    selected,
    tolerates,
    untolerated,
    wanted_by,
)
from webhook.objects import NodeInfo, PodInfo, Taint


def node_unschedulable(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """A cordon, unless the pod tolerates its taint."""
    cordon = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
    if node.unschedulable and not tolerates(pod, cordon):
        return UU, ("node(s) were unschedulable",)
    return None


def node_name(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """Another node was asked for by name."""
    if pod.node_name and pod.node_name != node.name:
        return UU, ("node(s) didn't match the requested node name",)
    return None


def taint_toleration(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """The first taint in the way; its key and value are named by old versions only."""
    taint = untolerated(pod, node)
    if taint is None:
        return None
    if cluster.features.taint_values_in_reason:
        return UU, (f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}",)
    return UU, ("node(s) had untolerated taint(s)",)


def node_affinity(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """The profile's added affinity, then nodeSelector and required node affinity."""
    if not selected(cluster.profile.added_affinity, node.labels, node.name):
        return UU, ("node(s) didn't match scheduler-enforced node affinity",)
    if not wanted_by(pod, node):
        return UU, ("node(s) didn't match Pod's node affinity/selector",)
    return None


def terms_conflict(pod: PodInfo, cluster: Cluster) -> Answer:
    """Every term asks for several names at once."""
    return (UU, ("pod affinity terms conflict",)) if named(pod) == set() else None


def named(pod: PodInfo) -> set[str] | None:
    """The only nodes that node affinity leaves by name; None is no such limit."""
    required = pod.rules.node_affinity
    if required is None or not required.terms or any(not t.named for t in required.terms):
        return None
    names: set[str] = set()
    for term in required.terms:
        names |= set.intersection(*(set(values) for values in term.named))
    return names
