"""Classes, drivers and volumes of a scene: what the claims of its pods can refer to."""

from tests.torture.differential.generator.chance import Chance
from tests.torture.differential.generator.labels import BETA_ZONE, REGION, REGIONS, ZONE, ZONES
from tests.torture.differential.scene import BEING_DELETED, NAMESPACES, Tree

PLAIN, ATTACHED, TRACKED = (
    "plain.csi.example.com",
    "attached.csi.example.com",
    "tracked.example.com",
)
GCE = "kubernetes.io/gce-pd"
TAKEN_OVER = {
    GCE: "pd.csi.storage.gke.io",
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/portworx-volume": "pxd.portworx.com",
}
"""In-tree plugins, and the CSI drivers that do their work now."""

DRIVERS = (PLAIN, ATTACHED, TRACKED, *TAKEN_OVER.values())
NOT_PROVISIONED = "kubernetes.io/no-provisioner"
MIGRATED = "storage.alpha.kubernetes.io/migrated-plugins"
WAITING = {
    "late": ATTACHED,
    "late-zone": ATTACHED,
    "late-gce": GCE,
    "tracked": TRACKED,
    "tracked-zone": TRACKED,
    "local": NOT_PROVISIONED,
}
"""The classes that wait for the first consumer, and their provisioners."""


def classes(chance: Chance) -> list[Tree]:
    """Return one class that binds at once and those that wait."""
    made = [_class("immediate", PLAIN, "Immediate")]
    made += [_class(name, owner, "WaitForFirstConsumer") for name, owner in WAITING.items()]
    for each in made:
        if each["metadata"]["name"].endswith("-zone"):
            each["allowedTopologies"] = _topologies(chance)
    return made


def _class(name: str, provisioner: str, mode: str) -> Tree:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": mode,
    }


def _topologies(chance: Chance) -> list[Tree]:
    def term() -> Tree:
        wanted = [{"key": ZONE, "values": chance.some(ZONES, 1, 2)}]
        if chance.odds(0.3):
            wanted.append({"key": "disk", "values": ["ssd", "hdd"]})
        return {"matchLabelExpressions": wanted}

    terms = [term()]
    return terms if chance.odds(0.7) else [*terms, {"matchLabelExpressions": [_on_disk()]}]


def _on_disk() -> Tree:
    return {"key": "disk", "values": ["ssd"]}


def tracking(chance: Chance) -> list[Tree]:
    """Return the drivers, of which one publishes what is left, and what it publishes."""
    drivers = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSIDriver",
            "metadata": {"name": name},
            "spec": {"storageCapacity": name == TRACKED},
        }
        for name in (ATTACHED, TRACKED)
    ]
    numbers = range(chance.randint(1, 6))
    return drivers + [_capacity(chance, number) for number in numbers]


def _capacity(chance: Chance, number: int) -> Tree:
    made: Tree = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIStorageCapacity",
        "metadata": {"name": f"capacity-{number}", "namespace": chance.choice(NAMESPACES)},
        "storageClassName": chance.choice(("tracked", "tracked-zone", "late")),
    }
    topology = chance.weighted({"zone": 6, "all": 1, "none": 1, "odd": 1})
    if topology == "zone":
        made["nodeTopology"] = {"matchLabels": {ZONE: chance.choice(ZONES)}}
    elif topology == "odd":
        expression = {"key": "disk", "operator": "NotIn", "values": ["ssd"]}
        made["nodeTopology"] = {"matchExpressions": [expression]}
    elif topology == "all":
        made["nodeTopology"] = {}
    if chance.odds(0.9):
        made["capacity"] = chance.choice(("1Gi", "5Gi", "5368709121", "100Gi", "0"))
    if chance.odds(0.4):
        made["maximumVolumeSize"] = chance.choice(("1Gi", "4Gi", "50Gi"))
    return made


def csi_node(chance: Chance, name: str) -> Tree:
    """Return what the drivers on a node say of it; few volumes each, so that limits are met."""
    drivers = [
        {
            "name": driver,
            "nodeID": name,
            "topologyKeys": [],
            **({"allocatable": {"count": chance.choice((0, 1, 2, 3, 5))}} if limited else {}),
        }
        for driver in DRIVERS
        if chance.odds(0.7)
        for limited in [chance.odds(0.75)]
    ]
    migrated = [plugin for plugin in TAKEN_OVER if chance.odds(0.6)]
    annotations = {"annotations": {MIGRATED: ",".join(migrated)}} if migrated else {}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {"name": name, **annotations},
        "spec": {"drivers": drivers},
    }


def source(chance: Chance, name: str) -> Tree:
    """Return the source of a volume: mostly CSI, by a handle of its own."""
    if chance.odds(0.65):
        driver = chance.choice((PLAIN, ATTACHED, ATTACHED, TRACKED))
        return {"csi": {"driver": driver, "volumeHandle": name}}
    if chance.odds(0.2):
        return {"nfs": {"server": "nfs.example.com", "path": f"/{name}"}}
    return in_tree(chance, name)


def in_tree(chance: Chance, name: str) -> Tree:
    """Return a source of an in-tree plugin that a CSI driver took over."""
    group = chance.choice("ab")
    managed = f"/subscriptions/{group}/disks/{name}"
    blob = f"https://{group}.example.com/{name}"
    return chance.choice(
        (
            {"gcePersistentDisk": {"pdName": name}},
            {"awsElasticBlockStore": {"volumeID": f"vol-{name}"}},
            {"awsElasticBlockStore": {"volumeID": f"aws://{ZONES[0]}/vol-{name}"}},
            {"azureDisk": {"diskName": name, "diskURI": managed, "kind": "Managed"}},
            {"azureDisk": {"diskName": name, "diskURI": blob, "kind": "Dedicated"}},
            {"cinder": {"volumeID": name}},
            {"portworxVolume": {"volumeID": name}},
        )
    )


def volume(chance: Chance, name: str, gigabytes: int, **spec: object) -> Tree:
    """Return a PersistentVolume; now and then it is tied to zones, by affinity or by label."""
    made: Tree = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": f"{gigabytes}Gi"},
            "accessModes": ["ReadWriteOnce"],
            **source(chance, name),
            **spec,
        },
        "status": {"phase": "Bound"},
    }
    if chance.odds(0.25):
        made["spec"]["nodeAffinity"] = {"required": volume_affinity(chance)}
    if chance.odds(0.45):
        made["metadata"]["labels"] = _zone_labels(chance)
    return made


def _zone_labels(chance: Chance) -> Tree:
    zones = "__".join(chance.some(ZONES, 1, 2))
    key = chance.choice((ZONE, ZONE, BETA_ZONE))
    return {key: zones, **({REGION: REGIONS[0]} if chance.odds(0.2) else {})}


def volume_affinity(chance: Chance) -> Tree:
    """Return spec.nodeAffinity.required of a volume."""
    zone = {"key": chance.choice((ZONE, ZONE, BETA_ZONE)), "operator": "In"}
    terms = [{"matchExpressions": [{**zone, "values": chance.some(ZONES, 1, 2)}]}]
    if chance.odds(0.2):
        terms.append({"matchExpressions": [{"key": "rack", "operator": "Exists"}]})
    return {"nodeSelectorTerms": terms}


def local_volumes(chance: Chance) -> list[Tree]:
    """Return volumes to be bound, no two of a size: equal ones are tried in random order."""
    return [
        _available(chance, f"local-{number}", number) for number in range(1, chance.randint(3, 10))
    ]


def _available(chance: Chance, name: str, gigabytes: int) -> Tree:
    made = volume(
        chance, name, gigabytes, storageClassName=chance.choice(("local",) * 4 + ("late",))
    )
    made["status"]["phase"] = (
        "Available" if chance.odds(0.85) else chance.choice(("Released", "Bound"))
    )
    made["metadata"].setdefault("labels", {})["tier"] = chance.choice(("x", "y"))
    if chance.odds(0.15):
        made["spec"]["accessModes"] = ["ReadOnlyMany", "ReadWriteMany"]
    if chance.odds(0.1):
        made["spec"]["volumeMode"] = "Block"
    if chance.odds(0.1) and "csi" in made["spec"]:
        made["spec"]["volumeAttributesClassName"] = "gold"
    if chance.odds(0.1):
        made["metadata"] |= BEING_DELETED
    return made


def attachment(chance: Chance, name: str, node: str, volumes: list[Tree]) -> Tree:
    """Return a VolumeAttachment of one of these volumes to the node."""
    chosen = chance.choice(volumes)
    driver = chosen["spec"].get("csi", {}).get("driver", ATTACHED)
    name_of_volume = chosen["metadata"]["name"] if chance.odds(0.95) else "gone"
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttachment",
        "metadata": {"name": name},
        "spec": {
            "attacher": driver if chance.odds(0.9) else ATTACHED,
            "nodeName": node,
            "source": {"persistentVolumeName": name_of_volume},
        },
    }
