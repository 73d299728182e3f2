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
#: virt-handler sets this label to false while it is not ready, so that mismatch passes.
_SCHEDULABLE = "kubevirt.io/schedulable"


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
    off = nodes.with_label(_SCHEDULABLE, "false")
    lasting = selected(rules.node_selector, nodes, off) & matching(rules.node_affinity, nodes, off)
    yield Rejection(nodes.all & ~wanted & ~enforced, REASON, permanent=nodes.all & ~lasting)


def selected(selector: Mapping[str, str], nodes: NodeSets, off: int = 0) -> int:
    """The nodes that carry every label of a nodeSelector.

    `off` are nodes that count as switched on: for them kubevirt.io/schedulable is true.
    """
    found = nodes.all
    for key, value in selector.items():
        passing = off if (key, value) == (_SCHEDULABLE, "true") else 0
        found &= nodes.with_label(key, value) | passing
    return found


def matching(selector: NodeSelector | None, nodes: NodeSets, off: int = 0) -> int:
    """The nodes that any term matches; None constrains nothing. `off` as for `selected`."""
    if selector is None:
        return nodes.all
    return union(_matching_term(term, nodes, off) for term in selector.terms)


def _matching_term(term: NodeSelectorTerm, nodes: NodeSets, off: int) -> int:
    if term.invalid or term.empty:
        return 0
    found = nodes.all
    for requirement in term.expressions:
        passing = off if requirement.key == _SCHEDULABLE and requirement.holds("true") else 0
        found &= nodes.matching(requirement) | passing
    for field in term.fields:
        found &= _by_name(field, nodes)
    return found


def _by_name(field: Requirement, nodes: NodeSets) -> int:
    named = union(nodes.bit(name) for name in field.values)
    return named if field.operator == "In" else nodes.all & ~named


PLUGIN = Plugin("NodeAffinity", node_affinity, prefilter)
