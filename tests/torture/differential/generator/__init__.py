"""Random clusters and pods, as plain JSON trees, the same ones for the same seed.

chance      seeded draws
labels      labels, and what selects by them
rules       affinity, tolerations, spread
resources   quantities
volumes     classes, drivers, volumes, CSI facts
claims      claims in every state
pods        pods that ask
residents   pods that are there, and nominated ones
"""

from tests.torture.differential.generator import pods, resources, rules, volumes
from tests.torture.differential.generator.chance import Chance, chance
from tests.torture.differential.generator.claims import Claims
from tests.torture.differential.generator.labels import SETS, TEAMS, node_labels
from tests.torture.differential.generator.residents import nominated, resident
from tests.torture.differential.scene import NAMESPACES, SCHEDULER, Scene, Tree

NODES, ASKING = 24, 100
"""About how many nodes a scene has, and exactly how many pods ask."""

DISPENSABLE = (
    "NodeUnschedulable",
    "TaintToleration",
    "NodePorts",
    "NodeResourcesFit",
    "NodeVolumeLimits",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
)
"""What a profile may be without; others speak words that the default profile never does."""


def scene(seed: int, number: int, asking: int = ASKING) -> Scene:
    """Return the scene of this number under this seed."""
    drawn = chance("scene", seed, number)
    names = [f"node-{index:02}" for index in range(NODES + drawn.randint(-8, 8))]
    around = pods.Surroundings(drawn, names, Claims(drawn, names))
    objects = [*_namespaces(drawn), *(_node(drawn, name) for name in names)]
    objects += [volumes.csi_node(drawn, name) for name in names if drawn.odds(0.8)]
    objects += volumes.classes(drawn) + volumes.tracking(drawn) + volumes.local_volumes(drawn)
    population = drawn.randint(1, 3) * len(names)
    objects += [resident(around, f"resident-{index}") for index in range(population)]
    objects += [nominated(around, f"nominated-{index}") for index in range(drawn.randint(0, 10))]
    who = [pods.asking(around, f"asking-{index:03}") for index in range(asking)]
    objects += around.claims.objects
    objects += _attachments(drawn, names, around.claims.volumes)
    return Scene(tuple(objects), tuple(who), profile(drawn, names))


def _namespaces(drawn: Chance) -> list[Tree]:
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "labels": {"team": drawn.choice(TEAMS)} if drawn.odds(0.7) else {},
            },
        }
        for name in NAMESPACES
    ]


def _node(drawn: Chance, name: str) -> Tree:
    spec: Tree = {"unschedulable": True} if drawn.odds(0.06) else {}
    if drawn.odds(0.14):
        drawn_taints = {(t["key"], t["effect"]): t for t in drawn.some(rules.TAINTS, 1, 2)}
        spec["taints"] = list(drawn_taints.values())
    # without allocatable the API takes the capacity for it
    field = "allocatable" if drawn.odds(0.97) else "capacity"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": node_labels(drawn, name)},
        "spec": spec,
        "status": {field: resources.offered(drawn)},
    }


def _attachments(drawn: Chance, nodes: list[str], known: list[Tree]) -> list[Tree]:
    count = drawn.randint(0, len(nodes) // 2) if known else 0
    return [
        volumes.attachment(drawn, f"attachment-{index}", drawn.choice(nodes), known)
        for index in range(count)
    ]


def profile(drawn: Chance, nodes: list[str]) -> Tree:
    """Return a scheduler profile: now and then with arguments, or without a plugin."""
    arguments: dict[str, Tree] = {}
    if drawn.odds(0.15):
        # the scheduler does not take bounds here that are no numbers
        required = rules.node_affinity(drawn, nodes, SETS)
        arguments["NodeAffinity"] = {"addedAffinity": required}
    if drawn.odds(0.25):
        ignored: Tree = {"ignoredResources": [resources.GPU]}
        groups: Tree = {"ignoredResourceGroups": ["example.com", "devices.kubevirt.io"]}
        arguments["NodeResourcesFit"] = drawn.choice((ignored, groups, ignored | groups))
    made: Tree = {"schedulerName": SCHEDULER}
    if arguments:
        made["pluginConfig"] = [
            {"name": name, "args": _typed(name, args)} for name, args in arguments.items()
        ]
    if drawn.odds(0.1):
        off = [{"name": name} for name in drawn.some(DISPENSABLE, 1, 2)]
        made["plugins"] = {drawn.choice(("multiPoint", "filter")): {"disabled": off}}
    return made


def _typed(plugin: str, arguments: Tree) -> Tree:
    api = "kubescheduler.config.k8s.io/v1"
    return {"apiVersion": api, "kind": f"{plugin}Args", **arguments}
