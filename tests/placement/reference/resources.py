"""NodePorts and NodeResourcesFit."""

from collections.abc import Mapping

from tests.placement.reference.cluster import UU, Answer, Cluster, U
from webhook.objects import HostPort, NodeInfo, PodInfo, Profile, Version


def node_ports(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """A port of the node that another pod there has already."""
    for wanted in pod.host_ports:
        for other in cluster.pods_on(node):
            if any(_collide(wanted, taken) for taken in other.host_ports):
                return U, ("node(s) didn't have free ports for the requested pod ports",)
    return None


def _collide(one: HostPort, other: HostPort) -> bool:
    if (one.port, one.protocol) != (other.port, other.protocol):
        return False
    return one.ip == other.ip or "0.0.0.0" in (one.ip, other.ip)  # noqa: S104 - only compared


def node_resources_fit(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """One reason for each resource that is short."""
    here = cluster.pods_on(node)
    reasons, over = [], False
    if len(here) + 1 > node.allocatable.get("pods", 0):
        reasons.append("Too many pods")
    for resource, request in _ordered(pod.requests):
        if request == 0 or _ignored(resource, cluster.profile):
            continue
        if served_by_devices(resource, node, cluster):
            continue
        offered = node.allocatable.get(resource, 0)
        if request > offered - sum(other.usage.get(resource, 0) for other in here):
            reasons.append(f"Insufficient {resource}")
            over = over or request > offered
    code = UU if over and cluster.features.unresolvable_if_over_allocatable else U
    return (code, tuple(reasons)) if reasons else None


def served_by_devices(resource: str, node: NodeInfo, cluster: Cluster) -> bool:
    """Whether DynamicResources decides on the resource, as the node itself offers none of it."""
    if cluster.version < Version(1, 36) or node.allocatable.get(resource, 0) > 0:
        return False
    return any(resource in each.resources for each in cluster.device_classes)


def _ordered(requests: Mapping[str, int]) -> list[tuple[str, int]]:
    basic = ("cpu", "memory", "ephemeral-storage")
    first = [(name, requests[name]) for name in basic if name in requests]
    return first + sorted(item for item in requests.items() if item[0] not in basic)


def _ignored(resource: str, profile: Profile) -> bool:
    if "/" not in resource or "kubernetes.io/" in resource:
        return False
    groups = profile.ignored_resource_groups
    return resource in profile.ignored_resources or resource.split("/")[0] in groups
