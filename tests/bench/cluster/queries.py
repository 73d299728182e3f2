"""AdmissionReviews: changes of the placement of VMs that run, as an API server sends them.

`mix` is the usual one: up to three terms of node affinity with five expressions each, a
nodeSelector, tolerations, two or three terms of pod anti-affinity over nodes, zones and other
namespaces, now and then pod affinity; a quarter of the VMs have two spread constraints. One in
25 cannot be met. `broad` has one selector that finds many pods and nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from tests.bench.cluster.chance import Chance
from tests.bench.cluster.machines import machine, machine_name
from tests.bench.cluster.nodes import (
    DISKS,
    EXAMPLE,
    FEATURES,
    HOSTNAME,
    NETS,
    POOLS,
    ZONE,
    node_name,
)
from tests.bench.cluster.plan import ZONES, PlacedPod, Plan
from tests.bench.cluster.wire import Tree, custom, managed, uid
from tests.bench.cluster.workloads import REQUIRED, app, namespace

_IMPOSSIBLE = 0.04


@dataclass(frozen=True, slots=True)
class Query:
    """A review, and the (namespace, name) of the VM that it is about."""

    review: bytes
    key: tuple[str, str]


def mix(plan: Plan, count: int, seed: int) -> list[Query]:
    """So many changes, each of a VM of its own as far as there are enough."""
    chance = Chance(plan.seed, 80, seed)
    numbers = chance.some_of(range(len(plan.machines)), count)
    numbers += [chance.below(len(plan.machines)) for _ in range(count - len(numbers))]
    return [
        _query(plan, number, _placement(plan, plan.machines[number], Chance(seed, 81, number)))
        for number in numbers
    ]


def _query(plan: Plan, number: int, placement: Tree) -> Query:
    pod = plan.machines[number]
    own = namespace(pod.workload.namespace), machine_name(pod)
    old, new = machine(plan, number), machine(plan, number, **placement)
    new["metadata"]["generation"] += 1
    edited = {"spec": {"template": {"spec": placement}}}
    new["metadata"]["managedFields"].append(managed("kubectl-edit", edited))
    kind = {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"}
    resource = {"group": "kubevirt.io", "version": "v1", "resource": "virtualmachines"}
    request = {
        "uid": uid(plan.seed, 82, number),
        "kind": kind,
        "resource": resource,
        "requestKind": kind,
        "requestResource": resource,
        "name": own[1],
        "namespace": own[0],
        "operation": "UPDATE",
        "userInfo": {
            "username": "jane@example.com",
            "groups": ["platform", "system:authenticated"],
            "extra": {
                "authentication.kubernetes.io/credential-id": ["X509SHA256=0123456789abcdef"]
            },
        },
        "object": msgspec.Raw(custom(new)),
        "oldObject": msgspec.Raw(custom(old)),
        "dryRun": False,
        "options": {
            "kind": "UpdateOptions",
            "apiVersion": "meta.k8s.io/v1",
            "fieldManager": "kubectl-edit",
        },
    }
    review = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}
    return Query(msgspec.json.encode(review), own)


def _placement(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    """What a person asks for: mostly a sensible move, now and then one that cannot be."""
    if chance.happens(_IMPOSSIBLE):
        return _nowhere(chance) if chance.happens(0.5) else _in_its_own_way(plan, pod)
    return _sensible(plan, pod, chance)


def _nowhere(chance: Chance) -> Tree:
    """A label that no node has."""
    return {"nodeSelector": {f"{EXAMPLE}/disk": f"tape-{chance.below(9)}"}}


def _in_its_own_way(plan: Plan, pod: PlacedPod) -> Tree:
    """Another node of its zone, and none of its group in that zone: its own pod is."""
    expressions = [
        {"key": ZONE, "operator": "In", "values": [plan.zone(pod.node)]},
        {"key": HOSTNAME, "operator": "NotIn", "values": [node_name(pod.node)]},
    ]
    terms = [{"matchExpressions": expressions}]
    apart = _selecting(ZONE, {"app": app(pod.workload)})
    affinity = {
        "nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}},
        "podAntiAffinity": {REQUIRED: [apart]},
    }
    return {"affinity": affinity}


def _sensible(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    """Mostly two other zones, with more or fewer conditions."""
    away = [zone for zone in ZONES if zone != plan.zone(pod.node)]
    zones = away if chance.happens(0.9) else list(ZONES)
    terms = [_term(zones, chance) for _ in range(1 + chance.below(3))]
    apart = [_own_group(pod)]
    apart += [chance.one_of(_APART)(plan, pod, chance) for _ in range(1 + chance.below(2))]
    affinity: Tree = {
        "nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}},
        "podAntiAffinity": {REQUIRED: apart},
    }
    if chance.happens(0.25):
        affinity["podAffinity"] = {REQUIRED: [chance.one_of(_NEAR)(plan, pod, chance)]}
    selector = {f"{EXAMPLE}/pool": chance.one_of(POOLS)} if chance.happens(0.4) else None
    return {
        "affinity": affinity,
        "nodeSelector": selector,
        "tolerations": chance.some_of(_TOLERATIONS, chance.below(4)) or None,
    }


def _term(zones: list[str], chance: Chance) -> Tree:
    """Five expressions; together they leave from a few to a third of the nodes."""
    disk, net = chance.one_of(DISKS), chance.one_of(NETS)
    racks = sorted({f"r{chance.below(125):03d}" for _ in range(4)})
    last = chance.one_of(
        (
            {"key": f"{EXAMPLE}/gpu", "operator": "DoesNotExist"},
            {"key": f"{EXAMPLE}/net", "operator": "In", "values": [net, "25g"]},
            {"key": f"{EXAMPLE}/rack", "operator": "NotIn", "values": racks},
        )
    )
    expressions = [
        {"key": ZONE, "operator": "In", "values": zones},
        {"key": f"{EXAMPLE}/disk", "operator": "NotIn", "values": [disk]},
        {"key": f"{EXAMPLE}/{chance.one_of(FEATURES)}", "operator": "Exists"},
        {"key": f"{EXAMPLE}/generation", "operator": "Gt", "values": [str(chance.below(6))]},
        {"key": f"{EXAMPLE}/age-days", "operator": "Lt", "values": [str(500 + chance.below(1000))]},
        last,
    ]
    drop = chance.below(len(expressions) - 1)
    return {"matchExpressions": [*expressions[: drop + 1], *expressions[drop + 2 :]]}


def _selecting(topology: str, labels: dict[str, str], **more: object) -> Tree:
    return {"labelSelector": {"matchLabels": labels}, "topologyKey": topology, **more}


def _own_group(pod: PlacedPod) -> Tree:
    return _selecting(HOSTNAME, {"app": app(pod.workload)})


def _other(plan: Plan, chance: Chance, small: bool) -> PlacedPod:
    """A pod of another workload, of one with few pods if it has to be."""
    pod = chance.one_of(plan.others)
    while small and pod.workload.size > 2:
        pod = chance.one_of(plan.others)
    return pod


def _near_zone(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    other = _other(plan, chance, small=False)
    own = {"namespaces": [namespace(other.workload.namespace)]}
    return _selecting(ZONE, {"app": app(other.workload)}, **own)


def _near_team(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    """Beside any web pod of a team, as far as zones go."""
    team = {"namespaceSelector": {"matchLabels": {"team": f"team-{chance.below(20)}"}}}
    return _selecting(ZONE, {"tier": "web"}, **team)


def _apart_zone(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    """Not in the zone of a workload with one or two pods, in whatever namespace."""
    other = _other(plan, chance, small=True)
    own = {"namespaces": [namespace(other.workload.namespace)]}
    return _selecting(ZONE, {"app": app(other.workload)}, **own)


def _apart_namespace(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    """Not beside other guests of the namespace."""
    return _selecting(HOSTNAME, {"kubevirt.io": "virt-launcher"})


def _apart_team(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    """Not beside the caches of a team's namespaces."""
    team = {"namespaceSelector": {"matchLabels": {"team": f"team-{chance.below(20)}"}}}
    return _selecting(HOSTNAME, {"tier": "cache"}, **team)


def _apart_production(plan: Plan, pod: PlacedPod, chance: Chance) -> Tree:
    """Not beside the queues of production."""
    production = {"namespaceSelector": {"matchLabels": {"env": "prod"}}}
    return _selecting(HOSTNAME, {"tier": "queue"}, **production)


Term = Callable[[Plan, PlacedPod, Chance], Tree]
_NEAR: tuple[Term, ...] = (_near_zone, _near_team)
_APART: tuple[Term, ...] = (_apart_zone, _apart_namespace, _apart_team, _apart_production)
_TOLERATIONS = [
    {"effect": "NoSchedule", "key": f"{EXAMPLE}/gpu", "operator": "Exists"},
    {"effect": "NoSchedule", "key": "dedicated", "operator": "Equal", "value": "infra"},
    {"effect": "NoSchedule", "key": "maintenance", "operator": "Exists"},
]


def _matching(**labels: str) -> Tree:
    return {"matchLabels": labels}


def _expression(key: str, operator: str, *values: str) -> Tree:
    chosen = {"values": list(values)} if values else {}
    return {"matchExpressions": [{"key": key, "operator": operator, **chosen}]}


_EVERYWHERE: Tree = {"namespaceSelector": {}}
_LAUNCHER = {"matchLabels": {"kubevirt.io": "virt-launcher"}}
BROAD: Mapping[str, Tree] = {
    "virt-launcher, own namespace": {"labelSelector": _LAUNCHER},
    "tier=db, namespaces with env=prod": {
        "labelSelector": _matching(tier="db"),
        "namespaceSelector": _matching(env="prod"),
    },
    "a daemon, its namespace": {
        "labelSelector": _matching(app="cilium"),
        "namespaces": ["kube-system"],
    },
    "virt-launcher, all namespaces": {"labelSelector": _LAUNCHER, **_EVERYWHERE},
    "tier in (web, db), all namespaces": {
        "labelSelector": _expression("tier", "In", "web", "db"),
        **_EVERYWHERE,
    },
    "tier notin (web), all namespaces": {
        "labelSelector": _expression("tier", "NotIn", "web"),
        **_EVERYWHERE,
    },
    "app exists, all namespaces": {"labelSelector": _expression("app", "Exists"), **_EVERYWHERE},
    "vm.kubevirt.io/name does not exist, all namespaces": {
        "labelSelector": _expression("vm.kubevirt.io/name", "DoesNotExist"),
        **_EVERYWHERE,
    },
    "every pod, all namespaces": {"labelSelector": {}, **_EVERYWHERE},
}
"""From narrow to broad; one term of pod affinity or anti-affinity without its topologyKey."""


def broad(plan: Plan, selector: str, count: int, seed: int) -> list[Query]:
    """Changes with this selector, in turn as anti-affinity and affinity over nodes and zones."""
    chance = Chance(plan.seed, 83, seed)
    found = []
    for at in range(count):
        kind = ("podAntiAffinity", "podAffinity")[at % 2]
        topology = (HOSTNAME, ZONE)[at // 2 % 2]
        affinity = {kind: {REQUIRED: [{**BROAD[selector], "topologyKey": topology}]}}
        number = chance.below(len(plan.machines))
        found.append(_query(plan, number, {"affinity": affinity}))
    return found
