"""What became of the volumes of old in-tree plugins: the CSI drivers that took them over.

Mirrors `csi-translation-lib/plugins` for the plugins whose migration the scheduler counts
as on; Azure Files and vSphere volumes it leaves as they are. A plugin is known by the
field of the API that holds its source.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from webhook.objects import Disk, NodeSelector, NodeSelectorTerm, Operator, Requirement
from webhook.objects.storage import BETA_REGION, BETA_ZONE, REGION, ZONE, PersistentVolume


@dataclass(frozen=True, slots=True)
class InTreePlugin:
    """A plugin, the driver that it became, and that driver's node label for the zone."""

    name: str
    driver: str
    zone_key: str = ""


PLUGINS: Mapping[str, InTreePlugin] = {
    "gcePersistentDisk": InTreePlugin(
        "kubernetes.io/gce-pd", "pd.csi.storage.gke.io", "topology.gke.io/zone"
    ),
    "awsElasticBlockStore": InTreePlugin(
        "kubernetes.io/aws-ebs", "ebs.csi.aws.com", "topology.ebs.csi.aws.com/zone"
    ),
    "azureDisk": InTreePlugin("kubernetes.io/azure-disk", "disk.csi.azure.com"),
    "cinder": InTreePlugin(
        "kubernetes.io/cinder",
        "cinder.csi.openstack.org",
        "topology.cinder.csi.openstack.org/zone",
    ),
    "portworxVolume": InTreePlugin("kubernetes.io/portworx-volume", "pxd.portworx.com"),
}
#: The driver by the plugin's name, which is what a StorageClass calls its provisioner.
DRIVERS: Mapping[str, str] = {plugin.name: plugin.driver for plugin in PLUGINS.values()}
#: Provisioners that could be translated, but whose migration the scheduler counts as off.
UNMIGRATED = frozenset({"kubernetes.io/azure-file", "kubernetes.io/vsphere-volume"})


class Untranslatable(ValueError):
    """The volume cannot be given to the CSI driver; the message is upstream's."""


def handle_of_disk(disk: Disk) -> str:
    """The CSI handle of an inline volume of one of PLUGINS; raises Untranslatable."""
    return _handle(disk.kind, disk.name, disk.disk_kind, zones=[])


def handle_of_volume(volume: PersistentVolume) -> str:
    """The handle of a CSI volume, or of one of PLUGINS; raises Untranslatable."""
    label = volume.labels.get(BETA_ZONE) or volume.labels.get(ZONE)
    zones = label.split("__") if label else []
    return _handle(volume.in_tree, volume.handle, volume.disk_kind, zones)


def _handle(kind: str, identity: str, disk_kind: str, zones: list[str]) -> str:
    match kind:
        case "gcePersistentDisk":
            return f"projects/UNSPECIFIED/{_gce_location(zones)}/disks/{identity}"
        case "awsElasticBlockStore":
            return _ebs_volume(identity)
        case "azureDisk" if disk_kind and disk_kind.lower() != "managed":
            raise Untranslatable(f"kind({disk_kind}) is not supported in csi migration")
        case _:
            return identity


def _gce_location(zones: list[str]) -> str:
    if len(zones) < 2:
        return f"zones/{zones[0] if zones else 'UNSPECIFIED'}"
    regions = set()
    for zone in zones:
        parts = zone.split("-")
        if len(parts) != 3:
            raise Untranslatable(
                "failed to get region from zones: zone in unexpected format, expected: "
                f"{{locale}}-{{region}}-{{zone}}, got: {zone}"
            )
        regions.add(f"{parts[0]}-{parts[1]}")
    if len(regions) != 1:
        found = " ".join(f"{region}:{{}}" for region in sorted(regions))
        raise Untranslatable(
            "failed to get region from zones: multiple or no regions gotten from zones, "
            f"got: map[{found}]"
        )
    return f"regions/{regions.pop()}"


def _ebs_volume(identity: str) -> str:
    """`aws://zone/vol-1` and `vol-1` are the same volume."""
    if not identity.startswith("aws://"):
        return identity
    volume = identity.removeprefix("aws://").partition("/")[2].strip("/")
    if not re.fullmatch(r"vol-[^/]*", volume):
        raise Untranslatable(
            f"failed to translate Kubernetes ID to EBS Volume ID Invalid format for AWS volume "
            f"({identity})"
        )
    return volume


def translated_affinity(volume: PersistentVolume) -> NodeSelector | None:
    """The node affinity of a volume of one of PLUGINS, by the labels of its CSI driver.

    Where it does not speak of zones, those of the volume's labels count. Raises
    Untranslatable.
    """
    handle_of_volume(volume)
    key, affinity = PLUGINS[volume.in_tree].zone_key, volume.node_affinity
    if not key:
        return affinity
    zone, region = _topology_keys(volume)
    renamed = {zone: key} if _values(affinity, zone) else {}
    if region == BETA_REGION and _values(affinity, region):
        renamed[region] = REGION
    zones = frozenset(volume.labels.get(zone, "").split("__")) - {""}
    added = (Requirement(key, Operator.IN, zones),) if zones and zone not in renamed else ()
    if not renamed and not added:
        return affinity
    terms = (affinity.terms if affinity else ()) or (NodeSelectorTerm(),)
    return NodeSelector(tuple(_reworded(term, renamed, added) for term in terms))


def _reworded(
    term: NodeSelectorTerm, renamed: Mapping[str, str], added: tuple[Requirement, ...]
) -> NodeSelectorTerm:
    kept = tuple(replace(r, key=renamed.get(r.key, r.key)) for r in term.expressions)
    return replace(term, expressions=kept + added)


def _topology_keys(volume: PersistentVolume) -> tuple[str, str]:
    """The keys of zone and region that the volume uses: general ones, or the beta's."""
    for used in ({r.key for r in _requirements(volume.node_affinity)}, volume.labels):
        if ZONE in used:
            return ZONE, REGION
        if BETA_ZONE in used:
            return BETA_ZONE, BETA_REGION
    return ZONE, REGION


def _values(affinity: NodeSelector | None, key: str) -> frozenset[str]:
    return frozenset().union(*(r.values for r in _requirements(affinity) if r.key == key))


def _requirements(affinity: NodeSelector | None) -> Iterator[Requirement]:
    for term in affinity.terms if affinity else ():
        yield from term.expressions
