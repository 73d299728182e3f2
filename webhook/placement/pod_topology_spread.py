"""PodTopologySpread: the pods that a selector matches stay evenly spread over domains.

Mirrors `plugins/podtopologyspread/{filtering,common,plugin}.go`. A domain is a value of the
topology key that an eligible node has; its count is of pods, as are skews.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from pyroaring import BitMap

from webhook.objects import LabelSelector, Operator, PodInfo, Requirement, SpreadConstraint
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.columns import mask_of
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.selection import matching, selected, tolerated

REASON = "node(s) didn't match pod topology spread constraints"
REASON_LABEL = f"{REASON} (missing required label)"
#: Upstream's minimum over no domains at all (MaxInt32).
_NO_DOMAIN = 2**31 - 1
_ERROR = "get constraints from pod: obtaining pod's hard topology spread constraints: {}"


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Gives up a pod with a selector that does not parse; skips one without constraints."""
    for constraint in pod.spread:
        if constraint.selector.invalid:
            error = _ERROR.format(constraint.selector.invalid)
            return PreFilter(refusal=error, code=Code.ERROR, permanent=True)
    return skipping(not pod.spread)


def pod_topology_spread(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses by constraint, in order: nodes without the key for good, then by skew."""
    nodes, refused = index.nodes, 0
    for constraint in pod.spread:
        keyless = nodes.all & ~nodes.with_key(constraint.topology_key)
        yield Rejection(keyless & ~refused, REASON_LABEL, permanent=keyless)
        crowded = _crowded(constraint, pod, index)
        yield Rejection(crowded & ~refused, REASON, Code.UNSCHEDULABLE)
        refused |= keyless | crowded


def _crowded(constraint: SpreadConstraint, pod: PodInfo, index: ClusterIndex) -> int:
    """The nodes in domains that the pod would lift more than maxSkew over the emptiest.

    A node that is not eligible reads the count of its value all the same, 0 if it has none.
    """
    nodes, key, selector = index.nodes, constraint.topology_key, _selector(constraint, pod)
    eligible = _eligible(constraint, pod, nodes)
    homes = index.placed.homes(_counted(selector, pod.namespace, index))
    homes = homes[mask_of(eligible, len(nodes.names))[homes]]
    counts = np.bincount(nodes.column(key).codes[homes])
    occupied = np.flatnonzero(counts)
    domains = nodes.domains(key, eligible)
    fewest = 0
    if len(occupied) == domains >= constraint.min_domains:
        fewest = int(counts[occupied].min(initial=_NO_DOMAIN))
    most = constraint.max_skew + fewest - int(selector.matches(pod.labels))
    if most < 0:
        return nodes.with_key(key)
    return nodes.valued(key, np.flatnonzero(counts > most))


def _selector(constraint: SpreadConstraint, pod: PodInfo) -> LabelSelector:
    """The selector with the pod's own values of matchLabelKeys; a null one stays null.

    Since 1.34 the API server merges them too, which makes no difference.
    """
    own = tuple(
        Requirement(key, Operator.IN, frozenset((pod.labels[key],)))
        for key in constraint.match_label_keys
        if key in pod.labels
    )
    return replace(constraint.selector, requirements=constraint.selector.requirements + own)


def _counted(selector: LabelSelector, namespace: str, index: ClusterIndex) -> BitMap:
    """The pods of the pod's namespace that count.

    Pods on their way out do not, nor does anything for the selector `{}`; but pods that are
    only nominated count all the same, as upstream's AddPod looks at neither.
    """
    placed = index.placed
    found = placed.matching(selector) & placed.within(frozenset((namespace,)))
    if selector.requirements:
        return found - (placed.deleting - placed.nominated)
    return found & placed.nominated


def _eligible(constraint: SpreadConstraint, pod: PodInfo, nodes: NodeSets) -> int:
    """The nodes that count: with the keys of all constraints, and by the two policies."""
    found = nodes.all
    for each in pod.spread:
        found &= nodes.with_key(each.topology_key)
    if constraint.honors_affinity:
        found &= selected(pod.rules.node_selector, nodes)
        found &= matching(pod.rules.node_affinity, nodes)
    if constraint.honors_taints:
        found &= tolerated(pod.rules, nodes)
    return found


PLUGIN = Plugin("PodTopologySpread", pod_topology_spread, prefilter)
