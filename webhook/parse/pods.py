"""Pods and nodes from the wire."""

from webhook.objects import Features, NodeInfo, PodInfo, Taint
from webhook.objects.profile import Namespace
from webhook.parse import cluster_wire, wire
from webhook.parse.resources import (
    Nanos,
    allocatable,
    amounts,
    finished,
    integers,
    largest,
    pod_requests,
    requests_of,
)
from webhook.parse.rules import scheduling_rules, string_map


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


def pod_info(raw: wire.Pod, features: Features) -> PodInfo:
    """A Pod as stored: nothing is defaulted here."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or wire.PodSpec()
    status = raw.status or wire.PodStatus()
    requests = integers(pod_requests(spec, features))
    return PodInfo(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        uid=metadata.uid or "",
        labels=string_map(metadata.labels),
        rules=scheduling_rules(spec.affinity, spec.node_selector, spec.tolerations),
        requests=requests,
        usage=integers(_usage(spec, status, features)) if _resizable(status) else requests,
        node_name=spec.node_name or "",
        nominated_node_name=status.nominated_node_name or "",
        phase=status.phase or "",
        priority=spec.priority or 0,
        scheduler_name=spec.scheduler_name or "default-scheduler",
        owner_uid=_controller(metadata),
        unmodelled=unmodelled(spec),
    )


def _controller(metadata: wire.Metadata) -> str:
    owners = [o.uid or "" for o in metadata.owner_references or () if o.controller]
    return owners[0] if owners else ""


def unmodelled(spec: wire.PodSpec) -> tuple[str, ...]:
    """The demands of a pod that none of our predicates judges, as field paths."""
    demands = []
    for position, volume in enumerate(spec.volumes or ()):
        if volume.persistent_volume_claim or volume.ephemeral:
            demands.append(f"spec.volumes[{position}] (a volume claim)")
        inline = (
            volume.gce_persistent_disk,
            volume.aws_elastic_block_store,
            volume.azure_disk,
            volume.azure_file,
            volume.cinder,
            volume.vsphere_volume,
            volume.portworx_volume,
            volume.iscsi,
            volume.rbd,
        )
        if any(inline):
            demands.append(f"spec.volumes[{position}] (an inline disk)")
    for position, constraint in enumerate(spec.topology_spread_constraints or ()):
        if constraint.when_unsatisfiable in (None, "", "DoNotSchedule"):
            demands.append(f"spec.topologySpreadConstraints[{position}]")
    if _host_ports(spec):
        demands.append("spec.containers[].ports[].hostPort")
    if spec.resource_claims:
        demands.append("spec.resourceClaims")
    return tuple(demands)


def _host_ports(spec: wire.PodSpec) -> bool:
    sidecars = [c for c in spec.init_containers or () if c.restart_policy == "Always"]
    containers = [*(spec.containers or ()), *sidecars]
    return any((port.host_port or 0) > 0 for c in containers for port in c.ports or ())


def _resizable(status: wire.PodStatus) -> bool:
    statuses = [*(status.container_statuses or ()), *(status.init_container_statuses or ())]
    return any(s.resources is not None for s in statuses)


def _usage(spec: wire.PodSpec, status: wire.PodStatus, features: Features) -> Nanos:
    """What a pod that is being resized takes: the largest of wanted, given and actual."""
    if not features.resize_status_counts:
        return pod_requests(spec, features)
    infeasible = any(
        c.type == "PodResizePending" and c.reason == "Infeasible" for c in status.conditions or ()
    )
    statuses = {
        s.name: s
        for s in [*(status.container_statuses or ()), *(status.init_container_statuses or ())]
    }

    def taken(container: wire.Container) -> Nanos:
        known = statuses.get(container.name)
        if known is None or known.resources is None:
            return requests_of(container)
        actual, given = amounts(known.resources.requests), amounts(known.allocated_resources)
        return largest([actual, given] if infeasible else [requests_of(container), actual, given])

    def init_taken(container: wire.Container) -> tuple[bool, Nanos]:
        restartable = container.restart_policy == "Always"
        return restartable, taken(container) if restartable else requests_of(container)

    return finished(
        spec,
        features,
        [taken(c) for c in spec.containers or ()],
        [init_taken(c) for c in spec.init_containers or ()],
    )
