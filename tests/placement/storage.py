"""Random claims, volumes, classes and CSI objects, few of each, so that they meet.

No two volumes have the same size and no two are reserved for the same claim: the scheduler
goes through volumes in any order, and would choose between those by chance.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from webhook.objects import (
    Claim,
    Disk,
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
)
from webhook.objects.storage import (
    ClaimRef,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)

HALF_A_BYTE = 5 * 10**8
ZONE, BETA_ZONE = "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"
REGION, BETA_REGION = "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"
PLACES = (ZONE, ZONE, REGION, BETA_ZONE, BETA_REGION)
DRIVER_KEYS = ("topology.gke.io/zone", "topology.ebs.csi.aws.com/zone")
ZONES = ("a-b-1", "a-b-2", "c")
NODES = ("n0", "n1", "n2", "n3", "n4")
NAMESPACES = ("red", "green")
CLAIMS = ("c0", "c1", "c2")
VOLUMES = ("v0", "v1", "v2", "v3")
CLASSES = ("wait", "first", "now")
ATTACHMENTS = ("a0", "a1", "a2", "a3")
DRIVERS = ("csi.a", "csi.b", "pd.csi.storage.gke.io", "ebs.csi.aws.com", "disk.csi.azure.com")
PLUGINS = ("kubernetes.io/gce-pd", "kubernetes.io/aws-ebs", "kubernetes.io/azure-disk")
PROVISIONERS = (
    *DRIVERS[:2] * 3,
    *PLUGINS[:2],
    "kubernetes.io/no-provisioner",
    "kubernetes.io/vsphere-volume",
    "",
)
MODES = ("ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod")
#: Field of the API, what identifies the volume, azureDisk's kind.
SOURCES = (
    ("gcePersistentDisk", "pd0", ""),
    ("gcePersistentDisk", "pd1", ""),
    ("awsElasticBlockStore", "vol-0", ""),
    ("awsElasticBlockStore", "aws://a/vol-0", ""),
    ("azureDisk", "uri0", "Managed"),
    ("azureDisk", "uri1", ""),
    ("cinder", "id0", ""),
    ("portworxVolume", "id1", ""),
)
#: Those that have no CSI form.
BROKEN_SOURCES = (("awsElasticBlockStore", "aws://a/0", ""), ("azureDisk", "uri2", "Dedicated"))
#: Those without a CSI driver.
LOCAL_SOURCES = (("iscsi", "iqn0", ""), ("rbd", "rbd/i0", ""), ("rbd", "rbd/i0", ""))


def rarely(chance: Random, one_in: int = 12) -> bool:
    """Once in so many times."""
    return chance.randrange(one_in) == 0


def subset(chance: Random, of: Sequence[str], most: int) -> frozenset[str]:
    """Up to so many of these."""
    return frozenset(chance.choices(of, k=chance.randint(0, most)))


def places(chance: Random, values: Sequence[str] = ZONES, most: int = 2) -> dict[str, str]:
    """Labels that say where a node or volume is; few are in the words of a cloud driver."""
    keys = subset(chance, (*PLACES, *PLACES, *DRIVER_KEYS), most)
    return {key: chance.choice(values) for key in sorted(keys)}


def _requirement(chance: Random) -> Requirement:
    if rarely(chance, 4):
        return Requirement("rack", Operator.EXISTS)
    if rarely(chance, 4):
        return Requirement("zone", Operator.IN, frozenset(chance.choice("ab")))
    values = subset(chance, ZONES, 2) | {chance.choice(ZONES)}
    return Requirement(chance.choice(PLACES), Operator.IN, values)


def _term(chance: Random) -> NodeSelectorTerm:
    if rarely(chance):
        return NodeSelectorTerm(invalid="not parseable")
    if rarely(chance):  # by name alone: names do not count here, so that it always holds
        by_name = Requirement("metadata.name", Operator.IN, frozenset({"nowhere"}))
        return NodeSelectorTerm(fields=(by_name,))
    return NodeSelectorTerm(tuple(_requirement(chance) for _ in range(chance.randint(0, 2))))


def _node_affinity(chance: Random) -> NodeSelector | None:
    if chance.random() < 0.6:
        return None
    return NodeSelector(tuple(_term(chance) for _ in range(chance.randint(0, 2))))


def _selector(chance: Random, faulty: bool) -> LabelSelector:
    if faulty and rarely(chance, 20):
        return LabelSelector(invalid="not parseable")
    if chance.random() < 0.8:
        return LabelSelector()
    operator = chance.choice((Operator.EXISTS, Operator.DOES_NOT_EXIST))
    return LabelSelector((Requirement(chance.choice((ZONE, "zone")), operator),))


def disks(chance: Random) -> tuple[Disk, ...]:
    """One or two inline volumes of old plugins."""
    return tuple(_disk(chance) for _ in range(chance.randint(1, 2)))


def _disk(chance: Random) -> Disk:
    known = BROKEN_SOURCES if rarely(chance, 50) else (*SOURCES[:3] * 3, *SOURCES, *LOCAL_SOURCES)
    kind, name, disk_kind = chance.choice(known)
    monitors = subset(chance, ("m0", "m1"), 1) if kind == "rbd" else frozenset()
    return Disk(kind, name, chance.random() < 0.5, monitors, "data", disk_kind)


def claims_of(chance: Random, pod_name: str) -> tuple[Claim, ...]:
    """What the volumes of a pod of this name claim, now and then the same claim twice."""
    return tuple(_claimed(chance, pod_name) for _ in range(chance.randint(1, 3)))


def _claimed(chance: Random, pod_name: str) -> Claim:
    if rarely(chance, 8):
        return Claim(f"{pod_name}-data", ephemeral=True)
    return Claim("c9" if rarely(chance, 60) else chance.choice(CLAIMS))


def claim(chance: Random, namespace: str, name: str, faulty: bool = True) -> PersistentVolumeClaim:
    """A claim of this name: bound, waiting for the scheduler, or anything if it is `faulty`."""
    state = chance.choices(("bound", "waiting", "any"), (6, 7, 1 if faulty else 0))[0]
    wishes = chance.choice(("", *VOLUMES))
    bound = "gone" if faulty and rarely(chance, 20) else chance.choice(VOLUMES)
    return PersistentVolumeClaim(
        namespace=namespace,
        name=name,
        volume_name="" if state == "waiting" else bound if state == "bound" else wishes,
        storage_class=chance.choice(CLASSES[:2] if state == "waiting" else ("", *CLASSES, "gone")),
        access_modes=subset(chance, MODES, 2),
        request=chance.randint(1, 8) * HALF_A_BYTE,
        volume_mode="Block" if rarely(chance) else "Filesystem",
        selector=_selector(chance, faulty),
        attributes_class="gold" if rarely(chance) else "",
        phase="Lost" if faulty and rarely(chance, 30) else "",
        deleting=faulty and rarely(chance, 30),
        bind_completed=state == "bound" and not (faulty and rarely(chance)),
        selected_node=chance.choice((*NODES[:2], "")) if rarely(chance, 8) else None,
        controller_uid=chance.choice(("", "uid of p1")) if rarely(chance, 4) else "uid of p0",
        uid=f"uid of {name}",
    )


def volume(chance: Random, name: str, halves: int, faulty: bool = True) -> PersistentVolume:
    """A volume of this name and size; it may be reserved for the claim of the same number."""
    source = chance.choice(BROKEN_SOURCES if faulty and rarely(chance) else SOURCES)
    backing = chance.choices(("csi", "in-tree", "other"), (4, 3, 1))[0]
    kind, identity, disk_kind = source if backing == "in-tree" else ("", "", "")
    several = (*ZONES, "a-b-1__a-b-2", *(("a-b-1__c", "c__", "") if faulty else ()))
    own_claim = name.replace("v", "c")
    reserved = ClaimRef(
        chance.choice((*NAMESPACES, NAMESPACES[0])),
        own_claim,
        chance.choice(("", f"uid of {own_claim}", "other")),
    )
    return PersistentVolume(
        name=name,
        labels={**places(chance, several, 1), **({"zone": "a"} if rarely(chance, 4) else {})},
        capacity=halves * HALF_A_BYTE,
        access_modes=frozenset(MODES) if chance.random() < 0.6 else subset(chance, MODES, 2),
        storage_class=chance.choice((*CLASSES[:2] * 3, "")),
        volume_mode="Block" if rarely(chance) else "Filesystem",
        attributes_class="gold" if rarely(chance) else "",
        phase=chance.choice(("Available", "Available", "Available", "Released")),
        deleting=rarely(chance),
        node_affinity=_node_affinity(chance),
        claim=reserved if rarely(chance, 4) else None,
        driver=chance.choice(DRIVERS[:2]) if backing == "csi" else "",
        handle=chance.choice(("h0", "h1", "h2", "")) if backing == "csi" else identity,
        in_tree=kind,
        disk_kind=disk_kind,
    )


def storage_class(chance: Random, name: str, static: bool = False) -> StorageClass:
    """A class of this name; only `now` is immediate, a `static` one makes no volumes."""
    few = range(chance.randint(1, 2))
    terms = tuple(tuple(_requirement(chance) for _ in range(chance.randint(0, 2))) for _ in few)
    return StorageClass(
        name=name,
        provisioner="kubernetes.io/no-provisioner" if static else chance.choice(PROVISIONERS),
        binding_mode="Immediate" if name == "now" else "WaitForFirstConsumer",
        allowed_topologies=() if chance.random() < 0.6 else terms,
    )


def csi_node(chance: Random, name: str) -> CSINode:
    """What the drivers say of a node: low limits, and which plugins they have taken over."""
    limited = subset(chance, (*DRIVERS[:2] * 2, *DRIVERS), 5)
    return CSINode(
        name=name,
        drivers=frozenset(DRIVERS),
        limits={driver: chance.randint(0, 3) for driver in sorted(limited)},
        migrated_plugins=subset(chance, PLUGINS, 3),
    )


def csi_storage_capacity(chance: Random, name: str) -> CSIStorageCapacity:
    """What a driver says of a class and some nodes."""

    def amount() -> int | None:
        return None if rarely(chance, 3) else chance.randint(0, 8) * HALF_A_BYTE

    topology = LabelSelector(() if chance.random() < 0.5 else (_requirement(chance),))
    return CSIStorageCapacity(
        namespace="kube-system",
        name=name,
        storage_class=chance.choice(CLASSES[:2]),
        topology=LabelSelector(nothing=True) if rarely(chance, 6) else topology,
        capacity=amount(),
        maximum_volume_size=amount(),
    )


def volume_attachment(chance: Random, name: str) -> VolumeAttachment:
    """A volume on a node, whether or not a pod there uses it."""
    return VolumeAttachment(
        name=name,
        attacher=chance.choice((*DRIVERS[:2] * 3, "")),
        node_name=chance.choice(NODES),
        volume_name=chance.choice((*VOLUMES, "gone")),
    )


def stores(chance: Random, faulty: bool = True) -> dict[str, Any]:
    """The storage objects of a cluster, by the field of Cluster that holds them.

    Some are not there if they are `faulty`. Half of the clusters have volumes only, the
    others can make some.
    """

    def some(names: Sequence[Any]) -> list[Any]:
        return [name for name in names if not (faulty and rarely(chance))]

    static = chance.random() < 0.5
    names = (*CLAIMS, "p0-data", "p1-data")
    sizes = dict(zip(VOLUMES, chance.sample(range(2, 10), len(VOLUMES)), strict=True))
    keys = [(space, name) for space in NAMESPACES for name in names]
    return {
        "claims": tuple(claim(chance, *key, faulty) for key in keys if not rarely(chance, 40)),
        "volumes": tuple(volume(chance, name, sizes[name], faulty) for name in some(VOLUMES)),
        "classes": tuple(storage_class(chance, name, static) for name in some(CLASSES)),
        "csi_nodes": tuple(csi_node(chance, name) for name in some(NODES)),
        "csi_drivers": tuple(CSIDriver(n, chance.random() < 0.7) for n in some(DRIVERS[:2])),
        "capacities": tuple(csi_storage_capacity(chance, name) for name in some(("k0", "k1"))),
        "attachments": tuple(volume_attachment(chance, name) for name in some(ATTACHMENTS)),
    }
