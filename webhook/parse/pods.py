"""Pods and nodes from the wire."""

from collections.abc import Iterator

from webhook.objects import Claim, Disk, Features, HostPort, NodeInfo, PodInfo, Taint
from webhook.objects.profile import DeviceClass, Namespace
from webhook.objects.resources import PodResources
from webhook.parse import cluster_wire, pod_wire, wire
from webhook.parse.containers import pod_resources
from webhook.parse.resources import allocatable, integers, pod_requests
from webhook.parse.rules import controller_uid, scheduling_rules, spread_constraints, string_map
from webhook.parse.usage import resized, usage

ANY_ADDRESS = HostPort(0).ip
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


def pod_info(raw: pod_wire.Pod, features: Features) -> PodInfo:
    """A Pod as stored: nothing is defaulted here."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or pod_wire.PodSpec()
    status = raw.status or pod_wire.PodStatus()
    requests = integers(pod_requests(spec, features))
    return PodInfo(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        uid=metadata.uid or "",
        labels=string_map(metadata.labels),
        rules=scheduling_rules(spec.affinity, spec.node_selector, spec.tolerations),
        requests=requests,
        usage=integers(usage(spec, status, features)) if resized(status) else requests,
        node_name=spec.node_name or "",
        nominated_node_name="" if spec.node_name else status.nominated_node_name or "",
        phase=status.phase or "",
        priority=spec.priority or 0,
        scheduler_name=spec.scheduler_name or "default-scheduler",
        owner_uid=controller_uid(metadata),
        deleting=metadata.deletion_timestamp is not None,
        host_ports=host_ports(spec, features),
        spread=spread_constraints(spec.topology_spread_constraints),
        claims=claims(spec, metadata.name or ""),
        disks=disks(spec),
        resources=_resources(metadata, spec, features),
        unmodelled=unmodelled(spec, features),
    )


def _resources(
    metadata: wire.Metadata, spec: pod_wire.PodSpec, features: Features
) -> PodResources | None:
    if (metadata.labels or {}).get("kubevirt.io") not in _DOUBLED:
        return None
    return pod_resources(spec, string_map(metadata.annotations), features)


def unmodelled(spec: pod_wire.PodSpec, features: Features) -> tuple[str, ...]:
    """The demands of a pod that none of our predicates judges, as field paths."""
    demands = []
    if spec.resource_claims:
        demands.append("spec.resourceClaims")
    if features.declared_features and spec.host_network and spec.host_users is False:
        demands.append("spec.hostUsers (false, with hostNetwork)")
    return tuple(demands)


def host_ports(spec: pod_wire.PodSpec, features: Features) -> tuple[HostPort, ...]:
    """The ports of the node that the pod takes, those of its sidecars included."""
    inits = spec.init_containers if features.sidecar_host_ports else ()
    sidecars = [c for c in inits or () if c.restart_policy == "Always"]
    return tuple(
        HostPort(port.host_port, port.protocol or "TCP", port.host_ip or ANY_ADDRESS)
        for container in (*(spec.containers or ()), *sidecars)
        for port in container.ports or ()
        if port.host_port is not None and port.host_port > 0
    )


def claims(spec: pod_wire.PodSpec, pod_name: str) -> tuple[Claim, ...]:
    """The claims behind the pod's volumes; an ephemeral one is named after pod and volume."""
    found = []
    for volume in spec.volumes or ():
        if volume.persistent_volume_claim is not None:
            found.append(Claim(volume.persistent_volume_claim.claim_name or ""))
        elif volume.ephemeral is not None:
            found.append(Claim(f"{pod_name}-{volume.name or ''}", ephemeral=True))
    return tuple(found)


def disks(spec: pod_wire.PodSpec) -> tuple[Disk, ...]:
    """The inline volumes that can be in another pod's way or count against a limit."""
    return tuple(
        Disk(
            kind,
            identity,
            read_only=bool(raw.read_only),
            monitors=frozenset(raw.monitors or ()),
            volume=volume.name or "",
            disk_kind=raw.kind or "",
        )
        for volume in spec.volumes or ()
        for kind, raw, identity in _inline(volume)
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
