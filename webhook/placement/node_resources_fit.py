"""NodeResourcesFit: what the pod requests must be free on the node.

Mirrors `plugins/noderesources/fit.go`. A request of exactly the free amount fits, a
request of nothing fits even on an over-committed node.
"""

from collections.abc import Iterator

from webhook.objects import PodInfo
from webhook.placement.framework import Code, Plugin, Rejection
from webhook.placement.index import ClusterIndex, bits
from webhook.placement.index.resource_matrix import ResourceMatrix

TOO_MANY_PODS = "Too many pods"
_BASIC = ("cpu", "memory", "ephemeral-storage")


def node_resources_fit(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses nodes per missing resource; for good where it exceeds the allocatable."""
    everyone = index.nodes.all
    full = _less(index.free, "pods", 1) & everyone
    if full:
        never = _less(index.allocatable, "pods", 1) & everyone
        yield Rejection(full, TOO_MANY_PODS, Code.UNSCHEDULABLE, permanent=never)
    for resource, request in _checked(pod, index):
        judged = everyone & ~index.delegated(resource)
        short = _less(index.free, resource, request) & judged
        if short:
            yield from _refusals(resource, request, short, judged, index)


def _refusals(
    resource: str, request: int, short: int, judged: int, index: ClusterIndex
) -> Iterator[Rejection]:
    never = _less(index.allocatable, resource, request) & judged
    reason = f"Insufficient {resource}"
    beyond = never & short if index.features.unresolvable_if_over_allocatable else 0
    yield Rejection(beyond, reason, Code.UNRESOLVABLE, permanent=never)
    yield Rejection(short & ~beyond, reason, Code.UNSCHEDULABLE)


def _less(matrix: ResourceMatrix, resource: str, request: int) -> int:
    """The nodes, free slots among them, with less of the resource than this."""
    return bits(matrix.row(resource) < request)


def _checked(pod: PodInfo, index: ClusterIndex) -> Iterator[tuple[str, int]]:
    """The requests that count: positive basic ones in order, then scalars by name."""
    for resource in _BASIC:
        if pod.requests.get(resource, 0) > 0:
            yield resource, pod.requests[resource]
    for resource, request in sorted(pod.requests.items()):
        if resource not in _BASIC and request != 0 and not _ignored(resource, index):
            yield resource, request


def _ignored(resource: str, index: ClusterIndex) -> bool:
    """The profile may leave extended resources to an extender."""
    group, slash, _ = resource.partition("/")
    if not slash or "kubernetes.io/" in resource:
        return False
    profile = index.profile
    return resource in profile.ignored_resources or group in profile.ignored_resource_groups


PLUGIN = Plugin("NodeResourcesFit", node_resources_fit)
