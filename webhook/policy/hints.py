"""The one requirement that explains best why no node can ever take a VM.

A FitError counts nodes by reason; a person who mistyped a label wants to read the label.
"""

from webhook.judge import Findings
from webhook.objects import NodeSelector, Requirement
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.selection import matching, selected


def unmet(findings: Findings) -> str:
    """The first requirement that no node meets, the user's before KubeVirt's; may be empty."""
    nodes, rules = findings.world.index.nodes, findings.rules
    for key, value in sorted(rules.node_selector.items()):
        if not nodes.with_label(key, value):
            return f"no node is labelled {key}={value}"
    if rules.node_affinity is not None and not matching(rules.node_affinity, nodes):
        return _unmet_affinity(rules.node_affinity, nodes)
    wanted = selected(rules.node_selector, nodes) & matching(rules.node_affinity, nodes)
    if not wanted:
        return "no node has all that nodeSelector and required node affinity ask for together"
    for key, value in sorted(findings.pod.rules.node_selector.items()):
        if not wanted & nodes.with_label(key, value):
            return f"no node that matches is labelled {key}={value}, as KubeVirt requires here"
    return ""


def _unmet_affinity(selector: NodeSelector, nodes: NodeSets) -> str:
    """Required node affinity that matches nothing: which part of it, if it is one part."""
    if all(term.empty and not term.invalid for term in selector.terms):
        return "an empty nodeSelectorTerm matches no node"
    for term in selector.terms:
        if term.invalid:
            return f"a nodeSelectorTerm cannot be parsed: {term.invalid}"
        for requirement in term.expressions:
            if not nodes.matching(requirement):
                return f"no node satisfies {_written(requirement)}"
    return "no node satisfies the required node affinity"


def _written(requirement: Requirement) -> str:
    values = ", ".join(sorted(requirement.values))
    text = f"{requirement.key} {requirement.operator}"
    return f"{text} ({values})" if requirement.values else text
