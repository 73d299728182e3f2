"""NodeAffinity: nodeSelector and required node affinity.

Mirrors `plugins/nodeaffinity/node_affinity.go` and
`component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`.
"""

from collections.abc import Iterator

from webhook.objects import NodeSelector, PodInfo
from webhook.placement.framework import NOTHING_TO_SAY, Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import union
from webhook.placement.index.selection import SCHEDULABLE, matching, selected

REASON = "node(s) didn't match Pod's node affinity/selector"
REASON_ENFORCED = "node(s) didn't match scheduler-enforced node affinity"
REASON_CONFLICT = "pod affinity terms conflict"


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Narrows to the nodes that every term names by metadata.name."""
    rules = pod.rules
    if rules.node_affinity is None and not rules.node_selector:
        return skipping(index.profile.added_affinity is None)
    named = _named(rules.node_affinity) if rules.node_affinity else None
    if named is None:
        return NOTHING_TO_SAY
    if not named:
        return PreFilter(refusal=REASON_CONFLICT, permanent=True)
    return PreFilter(narrowed=union(index.nodes.bit(name) for name in named))


def _named(selector: NodeSelector) -> frozenset[str] | None:
    """The union of the terms' names; None as soon as one term names none."""
    if not selector.terms or not all(term.named for term in selector.terms):
        return None
    return frozenset().union(*(frozenset.intersection(*term.named) for term in selector.terms))


def node_affinity(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses nodes by label; for good, except for labels that come and go."""
    nodes, rules = index.nodes, pod.rules
    enforced = nodes.all & ~matching(index.profile.added_affinity, nodes)
    yield Rejection(enforced, REASON_ENFORCED, permanent=enforced)
    wanted = selected(rules.node_selector, nodes) & matching(rules.node_affinity, nodes)
    off = nodes.with_label(SCHEDULABLE, "false")  # that mismatch passes
    lasting = selected(rules.node_selector, nodes, off) & matching(rules.node_affinity, nodes, off)
    yield Rejection(nodes.all & ~wanted & ~enforced, REASON, permanent=nodes.all & ~lasting)


PLUGIN = Plugin("NodeAffinity", node_affinity, prefilter)
