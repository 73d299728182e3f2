"""NodeUnschedulable: a cordoned node takes only pods that tolerate the cordon's taint.

Mirrors `plugins/nodeunschedulable/node_unschedulable.go`.
"""

from collections.abc import Iterator

from webhook.objects import PodInfo, Taint
from webhook.placement.framework import Plugin, Rejection
from webhook.placement.index import ClusterIndex

REASON = "node(s) were unschedulable"
_CORDON = Taint("node.kubernetes.io/unschedulable", effect="NoSchedule")


def node_unschedulable(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses cordoned nodes, for now: a cordon is lifted."""
    if not pod.rules.tolerate(_CORDON):
        yield Rejection(index.nodes.cordoned, REASON)


PLUGIN = Plugin("NodeUnschedulable", node_unschedulable)
