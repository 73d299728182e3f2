"""What became of the in-tree volume plugins: their CSI drivers, handles and topology.

Mirrors csi-translation-lib for the five plugins that a scheduler still translates.
"""

from dataclasses import replace

from webhook.objects import Disk, NodeSelector, NodeSelectorTerm, Operator, Requirement
from webhook.objects.storage import CSINode, PersistentVolume

ZONE, BETA_ZONE = "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"
REGION, BETA_REGION = "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"
#: Field of the API: name of the plugin, its CSI driver, and the driver's key for zones.
PLUGINS = {
    "gcePersistentDisk": (
        "kubernetes.io/gce-pd",
        "pd.csi.storage.gke.io",
        "topology.gke.io/zone",
    ),
    "awsElasticBlockStore": (
        "kubernetes.io/aws-ebs",
        "ebs.csi.aws.com",
        "topology.ebs.csi.aws.com/zone",
    ),
    "azureDisk": ("kubernetes.io/azure-disk", "disk.csi.azure.com", ""),
    "cinder": (
        "kubernetes.io/cinder",
        "cinder.csi.openstack.org",
        "topology.cinder.csi.openstack.org/zone",
    ),
    "portworxVolume": ("kubernetes.io/portworx-volume", "pxd.portworx.com", ""),
}
#: Plugin names whose volumes are never counted: there is a translation, but no migration.
UNCOUNTED = ("kubernetes.io/azure-file", "kubernetes.io/vsphere-volume")


def migrated(kind: str, csi_node: CSINode | None) -> bool:
    """Whether the node says that its CSI driver has taken the plugin over."""
    return csi_node is not None and PLUGINS[kind][0] in csi_node.migrated_plugins


class Untranslatable(Exception):
    """The volume has no CSI form; the text is csi-translation-lib's."""


def inline_handle(disk: Disk) -> str:
    """The CSI handle of an inline volume; raises Untranslatable."""
    return _handle(disk.kind, disk.name, disk.disk_kind, [])


def handle_of(volume: PersistentVolume) -> str:
    """The CSI handle of an in-tree PersistentVolume; raises Untranslatable."""
    zone = volume.labels.get(BETA_ZONE) or volume.labels.get(ZONE, "")
    zones = zone.split("__") if zone else []
    return _handle(volume.in_tree, volume.handle, volume.disk_kind, zones)


def _handle(kind: str, identity: str, disk_kind: str, zones: list[str]) -> str:
    if kind == "awsElasticBlockStore":
        return _ebs_handle(identity)
    if kind == "gcePersistentDisk":
        return f"projects/UNSPECIFIED/{_gce_place(zones)}/disks/{identity}"
    if kind == "azureDisk" and disk_kind and disk_kind.lower() != "managed":
        raise Untranslatable(f"kind({disk_kind}) is not supported in csi migration")
    return identity


def _ebs_handle(identity: str) -> str:
    """`aws://zone/vol-1` or `vol-1`."""
    if not identity.startswith("aws://"):
        return identity
    bare = identity.removeprefix("aws://").partition("/")[2].strip("/")
    if not bare.startswith("vol-") or "/" in bare:
        text = "failed to translate Kubernetes ID to EBS Volume ID"
        raise Untranslatable(f"{text} Invalid format for AWS volume ({identity})")
    return bare


def _gce_place(zones: list[str]) -> str:
    """One zone, or the region of several."""
    if len(zones) <= 1:
        return f"zones/{zones[0] if zones else 'UNSPECIFIED'}"
    text = "failed to get region from zones:"
    for zone in zones:
        if zone.count("-") != 2:
            form = "{locale}-{region}-{zone}"
            raise Untranslatable(f"{text} zone in unexpected format, expected: {form}, got: {zone}")
    regions = sorted({zone.rpartition("-")[0] for zone in zones})
    if len(regions) != 1:
        got = " ".join(f"{region}:{{}}" for region in regions)
        raise Untranslatable(f"{text} multiple or no regions gotten from zones, got: map[{got}]")
    return f"regions/{regions[0]}"


def translated(volume: PersistentVolume) -> PersistentVolume:
    """The volume with its node affinity in the words of the CSI driver."""
    key = PLUGINS[volume.in_tree][2]
    if not key:
        return volume
    zone, region = _keys(volume)
    terms = volume.node_affinity.terms if volume.node_affinity else ()
    if _has_values(terms, zone):
        terms = tuple(_renamed(term, zone, key) for term in terms)
    elif any(part.strip() for part in volume.labels.get(zone, "").split("__")):
        parts = {part.strip() for part in volume.labels[zone].split("__")} - {""}
        added = Requirement(key, Operator.IN, frozenset(parts))
        terms = tuple(
            replace(term, expressions=(*term.expressions, added))
            for term in terms or (NodeSelectorTerm(),)
        )
    if region == BETA_REGION and _has_values(terms, region):
        terms = tuple(_renamed(term, region, REGION) for term in terms)
    if volume.node_affinity is None and not terms:
        return volume
    return replace(volume, node_affinity=NodeSelector(terms))


def _keys(volume: PersistentVolume) -> tuple[str, str]:
    """Whether the volume speaks of zones by the general or by the beta label."""
    terms = volume.node_affinity.terms if volume.node_affinity else ()
    used = {requirement.key for term in terms for requirement in term.expressions}
    for found in (used, set(volume.labels)):
        if ZONE in found:
            return ZONE, REGION
        if BETA_ZONE in found:
            return BETA_ZONE, BETA_REGION
    return ZONE, REGION


def _has_values(terms: tuple[NodeSelectorTerm, ...], key: str) -> bool:
    return any(r.key == key and r.values for term in terms for r in term.expressions)


def _renamed(term: NodeSelectorTerm, old: str, new: str) -> NodeSelectorTerm:
    expressions = tuple(replace(r, key=new) if r.key == old else r for r in term.expressions)
    return replace(term, expressions=expressions)
