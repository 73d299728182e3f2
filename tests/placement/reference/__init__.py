"""The slow, obvious Filter phase: one node after the other, no index and no bitsets.

Written from the rules of kube-scheduler's plugins, not from the engine: a cluster is plain
tuples, and every question goes through all of them again.
"""

from collections.abc import Callable
from dataclasses import replace

from tests.placement.reference import (
    attachable_volumes,
    inter_pod_affinity,
    nodes,
    resources,
    topology_spread,
    volume_binding,
    volumes,
)
from tests.placement.reference.cluster import UNKNOWN, UU, Answer, Cluster
from webhook.objects import NodeInfo, PodInfo

__all__ = ["Cluster", "Refusal", "verdicts"]

#: The plugin's name, its status code and its reasons; None is a pass.
Refusal = tuple[str | None, str, tuple[str, ...]] | None
Filter = Callable[[PodInfo, NodeInfo, Cluster], Answer]

#: In the order of the default profile.
FILTERS: dict[str, Filter] = {
    "NodeUnschedulable": nodes.node_unschedulable,
    "NodeName": nodes.node_name,
    "TaintToleration": nodes.taint_toleration,
    "NodeAffinity": nodes.node_affinity,
    "NodePorts": resources.node_ports,
    "NodeResourcesFit": resources.node_resources_fit,
    "VolumeRestrictions": volumes.volume_restrictions,
    "NodeVolumeLimits": attachable_volumes.node_volume_limits,
    "VolumeBinding": volume_binding.volume_binding,
    "VolumeZone": volumes.volume_zone,
    "PodTopologySpread": topology_spread.pod_topology_spread,
    "InterPodAffinity": inter_pod_affinity.inter_pod_affinity,
}
#: What refuses the pod before any node is looked at.
PRE_FILTERS: dict[str, Callable[[PodInfo, Cluster], Answer]] = {
    "NodeAffinity": nodes.terms_conflict,
    "VolumeRestrictions": volumes.claims_are_missing,
    "VolumeBinding": volume_binding.claims_are_not_ready,
    "VolumeZone": volumes.volumes_are_missing,
    "PodTopologySpread": topology_spread.unparseable,
    "InterPodAffinity": inter_pod_affinity.unparseable_terms,
}
#: When a plugin has nothing to say of the pod. The look at nominated pods does not ask again.
SKIPS: dict[str, Callable[[PodInfo, Cluster], bool]] = {
    "VolumeRestrictions": volumes.restricts_nothing,
    "PodTopologySpread": topology_spread.spreads_nothing,
    "InterPodAffinity": inter_pod_affinity.nobody_minds,
}


def verdicts(pod: PodInfo, cluster: Cluster) -> dict[str, Refusal]:
    """Each node's answer by name.

    An Error ends the attempt, so that only one of those found would ever be reported, and
    which one is chance: they stand on the nodes where they arise.
    """
    running = [name for name in FILTERS if cluster.profile.runs(name)]
    for name in running:
        answer = PRE_FILTERS[name](pod, cluster) if name in PRE_FILTERS else None
        if answer:
            return {node.name: (name, *answer) for node in cluster.nodes}
    named = nodes.named(pod) if "NodeAffinity" in running else None
    running = [name for name in running if cluster.profile.filters(name)]
    running = [name for name in running if not (name in SKIPS and SKIPS[name](pod, cluster))]
    return {
        node.name: (None, UU, ("node(s) didn't satisfy plugin(s) [NodeAffinity]",))
        if named is not None and node.name not in named
        else _with_nominated(pod, node, cluster, running)
        for node in cluster.nodes
    }


def _with_nominated(pod: PodInfo, node: NodeInfo, cluster: Cluster, running: list[str]) -> Refusal:
    ahead = tuple(
        other
        for other in cluster.pods
        if other.nominated_node_name == node.name
        and not other.node_name
        and other.phase not in ("Succeeded", "Failed")
        and other.priority >= pod.priority
        and other.key != pod.key
        and other.scheduler_name == pod.scheduler_name
    )
    if ahead:
        refusal = _first(pod, node, replace(cluster, added=ahead), running)
        if refusal:
            return refusal
    return _first(pod, node, cluster, running) or _open_question(pod, node, cluster)


def _open_question(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Refusal:
    """DynamicResources and default spread constraints would have to be asked: we do not."""
    devices = any(
        amount and resources.served_by_devices(resource, node, cluster)
        for resource, amount in pod.requests.items()
    )
    spread = cluster.profile.default_spread and not pod.spread
    return (None, UNKNOWN, ()) if devices or spread or pod.unmodelled else None


def _first(pod: PodInfo, node: NodeInfo, cluster: Cluster, running: list[str]) -> Refusal:
    for name in running:
        answer = FILTERS[name](pod, node, cluster)
        if answer:
            return name, *answer
    return None
