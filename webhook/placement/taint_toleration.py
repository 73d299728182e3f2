"""TaintToleration: a NoSchedule or NoExecute taint keeps out who does not tolerate it.

Mirrors `plugins/tainttoleration/taint_toleration.go`. The reason names the first
untolerated taint only in versions that still print it.
"""

from collections.abc import Iterator

from webhook.objects import PodInfo, Taint
from webhook.placement.framework import Plugin, Rejection
from webhook.placement.index import ClusterIndex
from webhook.placement.index.selection import untolerated

REASON = "node(s) had untolerated taint(s)"
#: Taints that controllers set and take away again; waiting can help.
_PASSING_PREFIXES = (
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "startup-taint.cluster-autoscaler.kubernetes.io/",
    "status-taint.cluster-autoscaler.kubernetes.io/",
    "ignore-taint.cluster-autoscaler.kubernetes.io/",
)
_PASSING = (
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
    "karpenter.sh/disrupted",
    "kubevirt.io/drain",
)


def passing(taint: Taint) -> bool:
    """Whether the taint is a state of the node rather than a property of it."""
    return taint.key.startswith(_PASSING_PREFIXES) or taint.key in _PASSING


def taint_toleration(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses each class of equally tainted nodes; for good unless all taints pass."""
    for taints, nodes in index.nodes.taints.items():
        against = untolerated(pod.rules, taints)
        if against:
            lasting = not all(passing(taint) for taint in against)
            yield Rejection(nodes, _reason(against[0], index), permanent=nodes if lasting else 0)


def _reason(taint: Taint, index: ClusterIndex) -> str:
    if index.features.taint_values_in_reason:
        return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
    return REASON


PLUGIN = Plugin("TaintToleration", taint_toleration)
