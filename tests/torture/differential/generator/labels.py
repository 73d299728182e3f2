"""Labels and what selects by them: few keys, few values, so that things meet and collide."""

from tests.torture.differential.generator.chance import Chance
from tests.torture.differential.scene import NAMESPACES, Tree

HOSTNAME = "kubernetes.io/hostname"
ZONE, REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
DRIVER_ZONES = (
    "topology.gke.io/zone",
    "topology.ebs.csi.aws.com/zone",
    "topology.cinder.csi.openstack.org/zone",
)
"""Where CSI drivers that took over an in-tree plugin say the zone once more."""

ZONES = ("eu-west1-b", "eu-west1-c", "z3")
"""Two of them look as those of a cloud do, from which a region can be told."""

REGIONS, RACKS = ("eu-west1", "r2"), ("k1", "k2", "k3", "k4")
DISKS, SIZES = ("ssd", "hdd", ""), ("2", "07", "9", "x", "")
APPS, TIERS, TEAMS = ("a", "b", "c", "d"), ("x", "y", ""), ("1", "2")

NODE_VALUES = {ZONE: ZONES, "rack": RACKS, "disk": DISKS, "size": SIZES}
POD_VALUES = {"app": APPS, "tier": TIERS}
NAMESPACE_VALUES = {"team": TEAMS, "kubernetes.io/metadata.name": NAMESPACES}
SETS = ("In", "In", "In", "NotIn", "Exists", "DoesNotExist")


def node_labels(chance: Chance, name: str) -> Tree:
    """Return a node's labels; now and then one is missing or odd."""
    odd = {HOSTNAME: chance.choice((name, name, "shared"))} if chance.odds(0.95) else {}
    wanted = {
        ZONE: chance.choice(ZONES),
        REGION: chance.choice(REGIONS),
        "rack": chance.choice(RACKS),
        "disk": chance.choice(DISKS),
        "size": chance.choice(SIZES),
        BETA_ZONE: chance.choice(ZONES),
    }
    there = {ZONE: 0.85, REGION: 0.7, "rack": 0.7, "disk": 0.7, "size": 0.7, BETA_ZONE: 0.1}
    made = odd | {name: value for name, value in wanted.items() if chance.odds(there[name])}
    zone = made.get(ZONE, ZONES[0])
    return made | {key: zone for key in DRIVER_ZONES if chance.odds(0.7)}


def pod_labels(chance: Chance) -> Tree:
    """Return a pod's labels."""
    return {name: chance.choice(values) for name, values in POD_VALUES.items() if chance.odds(0.75)}


def requirement(chance: Chance, values: dict[str, tuple[str, ...]], operators=SETS) -> Tree:
    """Return one requirement over these keys."""
    key, operator = chance.choice(list(values)), chance.choice(operators)
    if operator in ("Gt", "Lt"):
        bound = chance.choice(("1", "5", "8", "x", "007"))
        return {"key": "size", "operator": operator, "values": [bound]}
    if operator in ("Exists", "DoesNotExist"):
        return {"key": key, "operator": operator}
    return {"key": key, "operator": operator, "values": chance.some(values[key], 1, 2)}


def selector(chance: Chance, values: dict[str, tuple[str, ...]]) -> Tree | None:
    """Return a label selector: null, everything, labels, requirements or both."""
    shape = chance.weighted({"null": 1, "all": 1, "labels": 8, "expressions": 5, "both": 1})
    if shape == "null":
        return None
    made: Tree = {}
    if shape in ("labels", "both"):
        key = chance.choice(list(values))
        made["matchLabels"] = {key: chance.choice(values[key])}
    if shape in ("expressions", "both"):
        made["matchExpressions"] = [
            requirement(chance, values) for _ in range(chance.randint(1, 2))
        ]
    return made
