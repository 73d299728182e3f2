"""Pods and nodes from the wire."""

from collections.abc import Iterable, Iterator

from webhook.objects import Claim, Disk, Features, NodeInfo, PodInfo, Taint
from webhook.objects.profile import DeviceClass, Namespace
from webhook.parse import cluster_wire, pod_slice, pod_wire, shared, wire
from webhook.parse.construction import constructor
from webhook.parse.demands import charged, demand, host_ports, taken
from webhook.parse.resources import allocatable
from webhook.parse.rules import controller_uid
from webhook.parse.texts import same, string_map

#: KubeVirt's pods that a migration makes a second one of: of the guest, of hotplugged volumes.
_DOUBLED = ("virt-launcher", "hotplug-disk")


def node_info(raw: cluster_wire.Node) -> NodeInfo:
    """A Node; allocatable falls back to capacity where it was never set."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or cluster_wire.NodeSpec()
    status = raw.status or cluster_wire.NodeStatus()
    offered = status.capacity if status.allocatable is None else status.allocatable
    return NodeInfo(
        name=metadata.name or "",
        labels=string_map(metadata.labels),
        unschedulable=bool(spec.unschedulable),
        taints=tuple(Taint(t.key or "", t.value or "", t.effect or "") for t in spec.taints or ()),
        allocatable=allocatable(offered),
    )


def namespace(raw: cluster_wire.Bare) -> Namespace:
    """A Namespace and its labels."""
    metadata = raw.metadata or wire.Metadata()
    name = metadata.name or ""
    return Namespace(name, string_map(metadata.labels))


def device_class(raw: cluster_wire.DeviceClass) -> DeviceClass:
    """A DeviceClass."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or cluster_wire.DeviceClassSpec()
    return DeviceClass(metadata.name or "", spec.extended_resource_name or "")


_pod = constructor(PodInfo)


def pod_info(raw: pod_slice.Pod, features: Features) -> PodInfo:
    """A Pod as stored: nothing is defaulted here. The values are in the order of PodInfo."""
    metadata, spec = raw.metadata or pod_slice.Metadata(), raw.spec or pod_slice.PodSpec()
    status = raw.status or pod_slice.PodStatus()
    name, node_name = metadata.name or "", spec.node_name or ""
    labels, wanted = shared.labels(bytes(metadata.labels)), demand(spec, status, features)
    volumes, spread = _sources(spec.volumes), spec.topology_spread_constraints
    doubled = labels.get("kubevirt.io") in _DOUBLED
    return _pod(
        same(metadata.namespace or "default"),
        name,
        metadata.uid or "",
        labels,
        shared.scheduling_rules(
            bytes(spec.affinity), bytes(spec.node_selector), bytes(spec.tolerations)
        ),
        wanted.requests,
        taken(wanted, status),
        same(node_name),
        "" if node_name else status.nominated_node_name or "",
        same(status.phase or ""),
        spec.priority or 0,
        same(spec.scheduler_name or "default-scheduler"),
        same(controller_uid(metadata.owner_references)),
        metadata.deletion_timestamp is not None,  # deleting
        host_ports(spec, features),
        () if spread is pod_slice.NULL else shared.spread_constraints(bytes(spread)),
        claims(volumes, name) if volumes else (),
        disks(volumes) if volumes else (),
        charged(metadata, spec, features) if doubled else None,  # resources
        unmodelled(spec, features),
    )


def unmodelled(spec: pod_slice.PodSpec, features: Features) -> tuple[str, ...]:
    """The demands of a pod that none of our predicates judges, as field paths."""
    demands: tuple[str, ...] = ("spec.resourceClaims",) if spec.resource_claims else ()
    if features.declared_features and spec.host_network and spec.host_users is False:
        return (*demands, "spec.hostUsers (false, with hostNetwork)")
    return demands


def _sources(raw: Iterable[pod_wire.Volume] | None) -> list[pod_wire.Volume]:
    """The volumes with a source that we read, which most are without."""
    return [volume for volume in raw or () if volume != pod_wire.Volume(volume.name)]


def claims(raw: Iterable[pod_wire.Volume], pod_name: str) -> tuple[Claim, ...]:
    """The claims behind the pod's volumes; an ephemeral one is named after pod and volume."""
    found = []
    for volume in raw:
        if volume.persistent_volume_claim is not None:
            found.append(Claim(same(volume.persistent_volume_claim.claim_name or "")))
        elif volume.ephemeral is not None:
            found.append(Claim(f"{pod_name}-{volume.name or ''}", ephemeral=True))
    return tuple(found)


def disks(raw: Iterable[pod_wire.Volume]) -> tuple[Disk, ...]:
    """The inline volumes that can be in another pod's way or count against a limit."""
    return tuple(
        Disk(
            kind,
            identity,
            read_only=bool(disk.read_only),
            monitors=frozenset(disk.monitors or ()),
            volume=volume.name or "",
            disk_kind=disk.kind or "",
        )
        for volume in raw
        for kind, disk, identity in _inline(volume)
    )


def _inline(volume: pod_wire.Volume) -> Iterator[tuple[str, pod_wire.Disk, str]]:
    if (gce := volume.gce_persistent_disk) is not None:
        yield "gcePersistentDisk", gce, gce.pd_name or ""
    if (ebs := volume.aws_elastic_block_store) is not None:
        yield "awsElasticBlockStore", ebs, ebs.volume_id or ""
    if (azure := volume.azure_disk) is not None:
        yield "azureDisk", azure, azure.disk_uri or ""
    if (cinder := volume.cinder) is not None:
        yield "cinder", cinder, cinder.volume_id or ""
    if (portworx := volume.portworx_volume) is not None:
        yield "portworxVolume", portworx, portworx.volume_id or ""
    if (iscsi := volume.iscsi) is not None:
        yield "iscsi", iscsi, iscsi.iqn or ""
    if (rbd := volume.rbd) is not None:
        yield "rbd", rbd, f"{rbd.pool or 'rbd'}/{rbd.image or ''}"
