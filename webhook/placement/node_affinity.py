"""NodeAffinity: nodeSelector and required node affinity.

Mirrors `plugins/nodeaffinity/node_affinity.go` and
`component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`.
"""

from collections.abc import Iterator, Mapping

from webhook.objects import NodeSelector, NodeSelectorTerm, PodInfo, Requirement
from webhook.placement.framework import Plugin, PreFilter, Rejection
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import NodeSets, union

REASON = "node(s) didn't match Pod's node affinity/selector"
REASON_ENFORCED = "node(s) didn't match scheduler-enforced node affinity"
REASON_CONFLICT = "pod affinity terms conflict"
#: virt-handler switches this label off while it is not ready, so a mismatch passes.
_PASSING_LABELS = frozenset({"kubevirt.io/schedulable"})


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Narrows to the nodes that every term names by metadata.name."""
    rules = pod.rules
    if rules.node_affinity is None and not rules.node_selector:
        return PreFilter(skip=index.profile.added_affinity is None)
    named = _named(rules.node_affinity) if rules.node_affinity else None
    if named is None:
        return PreFilter()
    if not named:
        return PreFilter(refusal=REASON_CONFLICT)
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
    lasting = selected(
        {k: v for k, v in rules.node_selector.items() if k not in _PASSING_LABELS}, nodes
    ) & matching(rules.node_affinity, nodes, ignoring=_PASSING_LABELS)
    yield Rejection(nodes.all & ~wanted & ~enforced, REASON, permanent=nodes.all & ~lasting)


def selected(selector: Mapping[str, str], nodes: NodeSets) -> int:
    """The nodes that carry every label of a nodeSelector."""
    found = nodes.all
    for key, value in selector.items():
        found &= nodes.with_label(key, value)
    return found


def matching(
    selector: NodeSelector | None, nodes: NodeSets, ignoring: frozenset[str] = frozenset()
) -> int:
    """The nodes that any term matches; None constrains nothing."""
    if selector is None:
        return nodes.all
    return union(_matching_term(term, nodes, ignoring) for term in selector.terms)


def _matching_term(term: NodeSelectorTerm, nodes: NodeSets, ignoring: frozenset[str]) -> int:
    if term.invalid or term.empty:
        return 0
    found = nodes.all
    for requirement in term.expressions:
        if requirement.key not in ignoring:
            found &= nodes.matching(requirement)
    for field in term.fields:
        found &= _by_name(field, nodes)
    return found


def _by_name(field: Requirement, nodes: NodeSets) -> int:
    named = union(nodes.bit(name) for name in field.values)
    return named if field.operator == "In" else nodes.all & ~named


PLUGIN = Plugin("NodeAffinity", node_affinity, prefilter)
