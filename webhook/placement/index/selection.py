"""The nodes that a pod selects by label and name, and those whose taints it tolerates.

Mirrors `component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go` and
`FindMatchingUntoleratedTaint` of `component-helpers/scheduling/corev1/helpers.go`. Shared
by the predicates that ask; all sets are bitsets over the slots of NodeSets.
"""

from collections.abc import Iterable, Mapping

from webhook.objects import NodeSelector, NodeSelectorTerm, Requirement, SchedulingRules, Taint
from webhook.placement.index.node_sets import NodeSets, union

#: virt-handler sets this label to false while it is not ready.
SCHEDULABLE = "kubevirt.io/schedulable"


def selected(selector: Mapping[str, str], nodes: NodeSets, off: int = 0) -> int:
    """The nodes that carry every label of a nodeSelector.

    `off` are nodes that count as switched on: for them kubevirt.io/schedulable is true.
    """
    if not off:
        return nodes.remembered(selector, lambda: _selected(selector, nodes, 0))
    return _selected(selector, nodes, off)


def _selected(selector: Mapping[str, str], nodes: NodeSets, off: int) -> int:
    found = nodes.all
    for key, value in selector.items():
        passing = off if (key, value) == (SCHEDULABLE, "true") else 0
        found &= nodes.with_label(key, value) | passing
    return found


def matching(selector: NodeSelector | None, nodes: NodeSets, off: int = 0) -> int:
    """The nodes that any term matches; None constrains nothing. `off` as for `selected`."""
    if selector is None:
        return nodes.all
    terms = selector.terms
    if off and any(each.key == SCHEDULABLE for term in terms for each in term.expressions):
        return union(_matching_term(term, nodes, off) for term in terms)
    return nodes.remembered(selector, lambda: union(_matching_term(t, nodes, 0) for t in terms))


def _matching_term(term: NodeSelectorTerm, nodes: NodeSets, off: int) -> int:
    if term.invalid or term.empty:
        return 0
    found = nodes.all
    for requirement in term.expressions:
        passing = off if requirement.key == SCHEDULABLE and requirement.holds("true") else 0
        found &= nodes.matching(requirement) | passing
    for field in term.fields:
        found &= _by_name(field, nodes)
    return found


def carrying(requirements: Iterable[Requirement], nodes: NodeSets) -> int:
    """The nodes whose labels satisfy all of these."""
    found = nodes.all
    for requirement in requirements:
        found &= nodes.matching(requirement)
    return found


def reaching(affinity: NodeSelector | None, nodes: NodeSets) -> int:
    """The nodes that a volume with this node affinity can be used from.

    Its matchFields are parsed, and then not looked at: the node is asked without its name.
    """
    if affinity is None:
        return nodes.all
    found = 0
    for term in affinity.terms:
        if not (term.invalid or term.empty):
            found |= carrying(term.expressions, nodes)
    return found


def _by_name(field: Requirement, nodes: NodeSets) -> int:
    named = union(nodes.bit(name) for name in field.values)
    return named if field.operator == "In" else nodes.all & ~named


def untolerated(rules: SchedulingRules, taints: tuple[Taint, ...]) -> list[Taint]:
    """The filtering taints that the rules do not tolerate, in node order."""
    return [
        taint
        for taint in taints
        if taint.effect in ("NoSchedule", "NoExecute") and not rules.tolerate(taint)
    ]


def tolerated(rules: SchedulingRules, nodes: NodeSets) -> int:
    """The nodes without any filtering taint that the rules do not tolerate."""
    tainted = (bits for taints, bits in nodes.taints.items() if untolerated(rules, taints))
    return nodes.all & ~union(tainted)
