"""Random small clusters: few names, few labels, so that things meet and collide.

Everything is drawn from the Random that is handed in: a seeded one gives many clusters
quickly, hypothesis' own gives few that shrink.
"""

from collections.abc import Sequence
from random import Random

from tests.placement import storage
from tests.placement.reference import Cluster
from tests.placement.storage import rarely
from webhook.objects import (
    AffinityTerm,
    HostPort,
    LabelSelector,
    NodeInfo,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    PodInfo,
    Profile,
    Requirement,
    SchedulingRules,
    SpreadConstraint,
    Taint,
    Toleration,
    Version,
)
from webhook.objects.profile import DeviceClass

KEYS = ("zone", "rack", "app", "kubevirt.io/schedulable")
VALUES = ("", "a", "b", "5", "07")
NAMES = ("n0", "n1", "n2", "n3", "n4")
POD_NAMES = ("p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7")
NAMESPACES = ("red", "red", "red", "red", "red", "green", "green", "blue")
RESOURCES = ("cpu", "memory", "ephemeral-storage", "example.com/gpu", "hugepages-2Mi")
VERSIONS = tuple(Version(1, minor) for minor in (31, 32, 33, 34, 35, 36))
TAINT_KEYS = ("dedicated", "node.kubernetes.io/unschedulable", "node.kubernetes.io/not-ready")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
OPERATORS = tuple(Operator)
PHASES = ("Running", "Running", "Running", "Unknown", "Pending", "Succeeded", "Failed")
PLUGINS = (
    *("NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts"),
    *("NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding"),
    *("VolumeZone", "PodTopologySpread", "InterPodAffinity"),
)


def labels(chance: Random, share: float = 0.6) -> dict[str, str]:
    """Some labels; most have a value that others share."""
    values = (*"aaabbb", *VALUES)
    return {key: chance.choice(values) for key in KEYS[:3] if chance.random() < share}


def amounts(chance: Random, most: int = 2) -> dict[str, int]:
    """Amounts of some resources; 0 is one of them."""
    few = chance.sample(RESOURCES, chance.randint(0, 3))
    return {resource: chance.randint(0, most) for resource in few}


def requirement(chance: Random, operators: Sequence[Operator] = OPERATORS) -> Requirement:
    """A label requirement as the parser would make it."""
    key, operator = chance.choice(KEYS), chance.choice(operators)
    if operator in (Operator.GT, Operator.LT):
        bound = chance.randint(0, 8)
        return Requirement(key, operator, frozenset((str(bound),)), bound)
    if operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
        return Requirement(key, operator)
    values = chance.choices((*"aaabb", *VALUES), k=chance.randint(1, 2))
    return Requirement(key, operator, frozenset(values))


def selector(chance: Random) -> LabelSelector:
    """A label selector: null, `{}`, some requirements, or now and then not parseable."""
    if rarely(chance, 40):
        return LabelSelector(invalid="not parseable")
    if rarely(chance):
        return LabelSelector(nothing=True)
    few = range(chance.choice((0, 1, 1, 1, 2)))
    return LabelSelector(tuple(requirement(chance, OPERATORS[:4]) for _ in few))


def _node_selector_term(chance: Random) -> NodeSelectorTerm:
    """A term with expressions, names, both or neither."""
    few = range(chance.choice((0, 1, 1, 2)))
    expressions = tuple(requirement(chance) for _ in few)
    fields = tuple(
        Requirement(
            "metadata.name",
            chance.choice(OPERATORS[:2]),
            frozenset((chance.choice((*NAMES, "nowhere")),)),
        )
        for _ in range(chance.choice((0, 0, 0, 1, 1, 2)))
    )
    named = tuple(f.values for f in fields if f.operator is Operator.IN)
    if rarely(chance):
        return NodeSelectorTerm(named=named, invalid="not parseable")
    return NodeSelectorTerm(expressions, fields, named)


def _node_selector(chance: Random) -> NodeSelector | None:
    if chance.random() < 0.4:
        return None
    return NodeSelector(tuple(_node_selector_term(chance) for _ in range(chance.randint(0, 3))))


def _affinity_terms(chance: Random) -> tuple[AffinityTerm, ...]:
    return tuple(
        AffinityTerm(
            topology_key=chance.choice(("zone", "zone", "rack", "host")),
            selector=selector(chance),
            namespaces=frozenset(chance.choices(NAMESPACES, k=chance.choice((0, 0, 1)))),
            namespace_selector=selector(chance)
            if rarely(chance, 3)
            else LabelSelector(nothing=True),
        )
        for _ in range(chance.randint(0, 2))
    )


def _tolerations(chance: Random) -> tuple[Toleration, ...]:
    return tuple(
        Toleration(
            key=chance.choice(("", *TAINT_KEYS)),
            operator=chance.choice(("", "Equal", "Exists", "Exists", "Gt")),
            value=chance.choice(("", "a")),
            effect=chance.choice(("", *EFFECTS)),
        )
        for _ in range(chance.randint(0, 2))
    )


def _rules(chance: Random, kind: str) -> SchedulingRules:
    """Rules of one kind, or of all."""
    everything = kind == "all"
    by_node, by_pod = everything or kind == "node", everything or kind == "pod"
    wanted = {chance.choice(KEYS): chance.choice(VALUES)} if rarely(chance, 4) else {}
    tolerant = everything or kind == "tolerations" or rarely(chance, 4)
    return SchedulingRules(
        node_selector=wanted if by_node else {},
        node_affinity=_node_selector(chance) if by_node else None,
        pod_affinity=_affinity_terms(chance) if by_pod and rarely(chance, 2) else (),
        pod_anti_affinity=_affinity_terms(chance) if by_pod else (),
        tolerations=_tolerations(chance) if tolerant else (),
    )


def _host_ports(chance: Random) -> tuple[HostPort, ...]:
    return tuple(
        HostPort(
            port=chance.choice((80, 80, 443)),
            protocol=chance.choice(("TCP", "TCP", "UDP")),
            ip=chance.choice(("0.0.0.0", "10.0.0.1", "10.0.0.2", "::")),  # noqa: S104
        )
        for _ in range(chance.randint(1, 2))
    )


def _spread(chance: Random) -> tuple[SpreadConstraint, ...]:
    """Hard constraints, one for a key as the API has it."""
    return tuple(
        SpreadConstraint(
            topology_key=key,
            max_skew=chance.randint(1, 2),
            selector=selector(chance),
            min_domains=chance.randint(1, 3),
            honors_affinity=chance.random() < 0.5,
            honors_taints=chance.random() < 0.5,
            match_label_keys=chance.choice(((), (), ("app",), ("rack", "app"))),
        )
        for key in chance.sample(("zone", "rack", "app"), chance.randint(1, 2))
    )


def node(chance: Random, name: str, faulty: bool = True) -> NodeInfo:
    """A node of this name; it may be short of things or tainted if it is `faulty`."""
    taints = tuple(
        Taint(chance.choice(TAINT_KEYS), chance.choice(("", "a")), chance.choice(EFFECTS))
        for _ in range(chance.choice((0, 0, 0, 1, 2)))
    )
    offered = {"pods": chance.choice((3, 5, 8)), **dict.fromkeys(RESOURCES, 4)}
    plenty = {"pods": 110, **dict.fromkeys(RESOURCES, 40)}
    return NodeInfo(
        name=name,
        labels={**labels(chance, 0.85), **storage.places(chance)},
        unschedulable=faulty and rarely(chance, 8),
        taints=taints if faulty else (),
        allocatable={**offered, **amounts(chance, 4)} if faulty or rarely(chance, 6) else plenty,
    )


def pod(chance: Random, name: str) -> PodInfo:
    """A pod of this name in any namespace, at any place in its life."""
    node_name = chance.choice(("", "", "", "nowhere", *NAMES, *NAMES[:2] * 3))
    nominated = chance.choice(("nowhere", *NAMES, *NAMES[:2]))
    return PodInfo(
        namespace=chance.choice(NAMESPACES),
        name=name,
        uid=chance.choice(("", f"uid of {name}")),
        labels=labels(chance),
        rules=_rules(chance, "pod" if rarely(chance, 3) else ""),
        usage=amounts(chance),
        node_name=node_name,
        nominated_node_name="" if node_name else nominated,
        phase=chance.choice(PHASES),
        priority=chance.randint(-1, 1),
        owner_uid=chance.choice(("", "o1", "o2")),
        deleting=rarely(chance, 5),
        host_ports=_host_ports(chance) if rarely(chance, 2) else (),
        claims=storage.claims_of(chance, name) if rarely(chance, 2) else (),
        disks=storage.disks(chance) if rarely(chance, 2) else (),
    )


#: What a pod may ask for; `claims` and `spread` have most to get wrong.
ASKED = ("node", "pod", "tolerations", "ports", "spread", "claims", "disks", "all")
WEIGHTS = (2, 3, 1, 2, 3, 8, 2, 2)


def asking(chance: Random) -> PodInfo:
    """One that is yet to be placed. Most ask for one kind of thing, so that all speak."""
    kind = chance.choices(ASKED, WEIGHTS)[0]
    everything = kind == "all"
    return PodInfo(
        namespace="red" if kind == "claims" else chance.choice(NAMESPACES),
        name="p0",
        uid="" if rarely(chance, 6) else "uid of p0",
        labels=labels(chance),
        rules=_rules(chance, kind),
        requests=amounts(chance) if everything or rarely(chance, 3) else {},
        node_name=chance.choice(NAMES) if rarely(chance, 30) else "",
        priority=chance.randint(-1, 1),
        host_ports=_host_ports(chance) if everything or kind == "ports" else (),
        spread=_spread(chance) if everything or kind == "spread" else (),
        claims=storage.claims_of(chance, "p0") if everything or kind == "claims" else (),
        disks=storage.disks(chance) if everything or kind == "disks" else (),
    )


def profile(chance: Random) -> Profile:
    """What may differ from the default profile."""
    return Profile(
        added_affinity=_node_selector(chance) if rarely(chance, 2) else None,
        ignored_resources=storage.subset(chance, ("example.com/gpu",), 1),
        ignored_resource_groups=storage.subset(chance, ("example.com",), 1),
        disabled=storage.subset(chance, (*PLUGINS, *PLUGINS, "*"), 3),
        without_filter=storage.subset(chance, (*PLUGINS, *PLUGINS, "*"), 3),
        enabled=storage.subset(chance, PLUGINS, 3),
        default_spread=rarely(chance),
    )


def namespaces(chance: Random) -> dict[str, dict[str, str]]:
    """The labels of most namespaces."""
    return {name: labels(chance) for name in sorted(set(NAMESPACES)) if not rarely(chance, 4)}


def cluster(chance: Random) -> Cluster:
    """A whole cluster; nodes and pods are unique by key. In most, all is well by and large."""
    faulty = rarely(chance, 3)
    devices = DeviceClass(chance.choice(("gpu", "nic")), chance.choice(("", "example.com/gpu")))
    return Cluster(
        nodes=tuple(node(chance, name, faulty) for name in NAMES[: chance.randint(2, 5)]),
        pods=tuple(pod(chance, name) for name in POD_NAMES[: chance.randint(0, len(POD_NAMES))]),
        namespaces=namespaces(chance),
        profile=profile(chance) if faulty and rarely(chance, 2) else Profile(),
        version=chance.choice(VERSIONS),
        device_classes=(devices,) if faulty and rarely(chance, 3) else (),
        **storage.stores(chance, faulty),
    )
