"""What a pod demands of its place: selectors, affinity, tolerations, spread."""

from tests.torture.differential.generator.chance import Chance
from tests.torture.differential.generator.labels import (
    HOSTNAME,
    NAMESPACE_VALUES,
    NODE_VALUES,
    POD_VALUES,
    ZONE,
    requirement,
    selector,
)
from tests.torture.differential.scene import NAMESPACES, Tree

TOPOLOGY_KEYS = (HOSTNAME, ZONE, ZONE, "rack")
CORDON = "node.kubernetes.io/unschedulable"
TAINTS = (
    {"key": "dedicated", "value": "vm", "effect": "NoSchedule"},
    {"key": "dedicated", "value": "", "effect": "NoSchedule"},
    {"key": "maintenance", "value": "soon", "effect": "NoExecute"},
    {"key": "spot", "value": "yes", "effect": "PreferNoSchedule"},
    {"key": CORDON, "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
)
NODE_OPERATORS = ("In", "In", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")


def toleration(chance: Chance) -> Tree:
    """Return a toleration that the API takes: of a key, of an effect, or of everything."""
    if chance.odds(0.1):
        return {"operator": "Exists", **_effect(chance)}
    taint = chance.choice(TAINTS)
    if chance.odds(0.4):
        return {"key": taint["key"], "operator": "Exists", **_effect(chance)}
    value = chance.choice((taint.get("value", ""), taint.get("value", ""), "other"))
    operator = chance.choice(({}, {"operator": "Equal"}))
    return {"key": taint["key"], "value": value, **operator, **_effect(chance)}


def _effect(chance: Chance) -> Tree:
    effect = chance.choice((None, None, "NoSchedule", "NoExecute", "PreferNoSchedule"))
    return {"effect": effect} if effect else {}


def node_selector(chance: Chance) -> Tree:
    """Return a nodeSelector."""
    keys = chance.some(list(NODE_VALUES), 1, 2)
    return {key: chance.choice(NODE_VALUES[key]) for key in keys}


def node_affinity(
    chance: Chance, nodes: list[str], operators: tuple[str, ...] = NODE_OPERATORS
) -> Tree:
    """Return required node affinity of one to three terms, now and then an empty one."""
    count = chance.choice((1, 1, 2, 3))
    terms = [_node_term(chance, nodes, operators) for _ in range(count)]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def _node_term(chance: Chance, nodes: list[str], operators: tuple[str, ...]) -> Tree:
    shape = chance.weighted({"expressions": 12, "both": 2, "fields": 2, "empty": 1})
    term: Tree = {}
    if shape in ("expressions", "both"):
        count = chance.choice((1, 1, 2))
        found = [requirement(chance, NODE_VALUES, operators) for _ in range(count)]
        term["matchExpressions"] = found
    if shape in ("fields", "both"):
        term["matchFields"] = [name_field(chance, nodes)]
    return term


def name_field(chance: Chance, nodes: list[str], operator: str = "") -> Tree:
    """Return a requirement on the node's name."""
    operator = operator or chance.choice(("In", "In", "NotIn"))
    name = chance.choice(nodes) if chance.odds(0.9) else "nowhere"
    return {"key": "metadata.name", "operator": operator, "values": [name]}


def named_nodes(chance: Chance, nodes: list[str]) -> Tree:
    """Return node affinity to some nodes by name, as a DaemonSet's pods have it."""
    terms = [
        {"matchFields": [name_field(chance, nodes, "In")]} for _ in range(chance.randint(1, 8))
    ]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def conflicting_names(chance: Chance, nodes: list[str]) -> Tree:
    """Return node affinity to two nodes at once."""
    fields = [
        {"key": "metadata.name", "operator": "In", "values": [name]}
        for name in chance.sample(nodes, 2)
    ]
    terms = [{"matchFields": fields}]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def pod_term(chance: Chance, labels: Tree) -> Tree:
    """Return a required pod affinity or anti-affinity term of a pod with these labels."""
    term: Tree = {"topologyKey": chance.choice(TOPOLOGY_KEYS)}
    selected = selector(chance, POD_VALUES)
    if selected is not None:
        term["labelSelector"] = selected
    shape = chance.weighted({"own": 6, "named": 2, "selected": 2, "both": 1})
    if shape in ("named", "both"):
        term["namespaces"] = chance.some(NAMESPACES, 1, 2)
    if shape in ("selected", "both"):
        term["namespaceSelector"] = selector(chance, NAMESPACE_VALUES) or {}
    free = [key for key in ("tier", "app") if key in labels and not _mentions(selected, key)]
    if selected is not None and free and chance.odds(0.25):
        kind = chance.choice(("matchLabelKeys", "mismatchLabelKeys"))
        term[kind] = [chance.choice(free)]
    return term


def _mentions(selected: Tree | None, key: str) -> bool:
    found = selected or {}
    return key in found.get("matchLabels", {}) or any(
        each["key"] == key for each in found.get("matchExpressions", ())
    )


def required(terms: list[Tree]) -> Tree:
    """Return podAffinity or podAntiAffinity with these terms."""
    return {"requiredDuringSchedulingIgnoredDuringExecution": terms}


def spread(chance: Chance, labels: Tree) -> list[Tree]:
    """Return one to three spread constraints on different topology keys."""
    keys = chance.some((HOSTNAME, ZONE, "rack", "disk"), 1, 2)
    return [_constraint(chance, key, labels) for key in keys]


def _constraint(chance: Chance, topology_key: str, labels: Tree) -> Tree:
    made: Tree = {"topologyKey": topology_key, "maxSkew": chance.choice((1, 1, 1, 2, 3))}
    hard = chance.odds(0.9)
    made["whenUnsatisfiable"] = "DoNotSchedule" if hard else "ScheduleAnyway"
    selected = selector(chance, POD_VALUES)
    if selected is not None:
        made["labelSelector"] = selected
    if hard and chance.odds(0.2):
        made["minDomains"] = chance.randint(1, 5)
    for field, odds in (("nodeAffinityPolicy", 0.3), ("nodeTaintsPolicy", 0.4)):
        if chance.odds(odds):
            made[field] = chance.choice(("Honor", "Ignore"))
    free = [key for key in ("tier", "app") if key in labels and not _mentions(selected, key)]
    if selected is not None and free and chance.odds(0.2):
        made["matchLabelKeys"] = [chance.choice(free)]
    return made
