"""NodePorts: the host ports that the pod wants must be free on the node.

Mirrors `plugins/nodeports/node_ports.go` and HostPortInfo of
`kube-scheduler/framework/types.go`: addresses are compared as text, and 0.0.0.0 on either
side is every address.
"""

from collections.abc import Iterator

from webhook.objects import PodInfo
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import union

REASON = "node(s) didn't have free ports for the requested pod ports"


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Skips a pod that wants no host port."""
    return skipping(not pod.host_ports)


def node_ports(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses nodes on which a wanted port is taken; it is free again when its pod goes."""
    taken = union(index.ports.taken(port) for port in pod.host_ports)
    yield Rejection(taken, REASON, Code.UNSCHEDULABLE)


PLUGIN = Plugin("NodePorts", node_ports, prefilter)
