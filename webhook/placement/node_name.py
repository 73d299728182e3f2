"""NodeName: a pod that names its node fits no other.

Mirrors `plugins/nodename/node_name.go`.
"""

from collections.abc import Iterator

from webhook.objects import PodInfo
from webhook.placement.framework import Plugin, Rejection
from webhook.placement.index import ClusterIndex

REASON = "node(s) didn't match the requested node name"


def node_name(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses every node but the named one, for good."""
    if pod.node_name:
        others = index.nodes.all & ~index.nodes.bit(pod.node_name)
        yield Rejection(others, REASON, permanent=others)


PLUGIN = Plugin("NodeName", node_name)
