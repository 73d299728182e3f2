"""KubeVirt's objects from the wire."""

from collections.abc import Mapping

from webhook.objects import (
    Claim,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.machine import Resizing
from webhook.objects.virtual_machine import OURS
from webhook.parse import kubevirt_wire as kv
from webhook.parse import machine_wire as mw
from webhook.parse import rules as wired
from webhook.parse import wire
from webhook.parse.fields import BadField, Tree, other_fields, placement
from webhook.parse.machines import in_bytes, machine, vcpus
from webhook.parse.remembered import remembered
from webhook.parse.texts import same, string_map

_INJECT = "sidecar.istio.io/inject"
#: How KubeVirt calls the volume with the state of a guest's devices, now and before 1.8.
_STATE = ("vm-state", "persistent-state-for-")
_SHARED = "ReadWriteMany"

_labels = remembered(string_map)
_rules = remembered(wired.scheduling_rules)
_spread = remembered(wired.spread_constraints)
_resized = remembered(Resizing)


def virtual_machine(raw: kv.VirtualMachine, tree: Tree) -> VirtualMachine:
    """A VM from its typed slice and its tree (see `fields`); the template must be there."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or kv.VirtualMachineSpec()
    if spec.template is None or spec.template.spec is None:
        field = "spec.template" if spec.template is None else "spec.template.spec"
        raise BadField(f"{field} is missing; a VirtualMachine needs one")
    template, pod_spec = spec.template, spec.template.spec
    conditions = (raw.status and raw.status.conditions) or ()
    return VirtualMachine(
        namespace=same(metadata.namespace or "") or "default",
        name=same(metadata.name or ""),
        uid=metadata.uid or "",
        deleting=metadata.deletion_timestamp is not None,
        annotations=_labels(_ours(metadata.annotations)),
        placement=placement(tree),
        rules=_rules(pod_spec.affinity, pod_spec.node_selector, pod_spec.tolerations),
        other_fields=other_fields(tree),
        labels=pod_labels(template.metadata),
        hostname=same(pod_spec.hostname or ""),
        machine=machine(pod_spec, annotations=_annotations(template.metadata)),
        scheduler_name=same(pod_spec.scheduler_name or "") or "default-scheduler",
        priority_class=same(pod_spec.priority_class_name or ""),
        instancetype=same(_name(spec.instancetype) or ""),
        preference=same(_name(spec.preference) or ""),
        restart_required=any(
            c.type == "RestartRequired" and c.status == "True" for c in conditions
        ),
        spread=_spread(pod_spec.topology_spread_constraints),
        claims=claims(pod_spec, hotplugged=False),
        hotplugged=claims(pod_spec, hotplugged=True),
        unmodelled=unmodelled(pod_spec),
    )


def pod_labels(metadata: wire.Metadata | None) -> Mapping[str, str]:
    """The labels that pods get from a VM's template or a VMI; one stands in an annotation."""
    labels, notes = (metadata or wire.Metadata()).labels, _annotations(metadata)
    return _labels({**(labels or {}), _INJECT: notes[_INJECT]} if _INJECT in notes else labels)


def _annotations(metadata: wire.Metadata | None) -> Mapping[str, str]:
    return string_map((metadata or wire.Metadata()).annotations)


def _ours(annotations: wire.StringMap) -> wire.StringMap:
    """Those that decide or stamp; others can be as large as the VM itself."""
    return {key: value for key, value in (annotations or {}).items() if key.startswith(OURS)}


def _name(matcher: kv.Matcher | None) -> str:
    """The name; KubeVirt fills it in at the VM's creation where a volume is to tell it."""
    if matcher is None:
        return ""
    inferred = matcher.infer_from_volume and f"of volume {matcher.infer_from_volume}"
    return matcher.name or inferred or ""


def unmodelled(spec: mw.InstanceSpec) -> tuple[str, ...]:
    """The demands of a VM that its launcher pod will have and no predicate judges."""
    return ("spec.template.spec.resourceClaims",) if spec.resource_claims else ()


def claims(spec: mw.InstanceSpec, *, hotplugged: bool) -> tuple[Claim, ...]:
    """The claims behind the volumes that are hotplugged, or behind those that are not."""
    sources = [
        (source, source.claim_name or source.name or "")
        for volume in spec.volumes or ()
        for source in (volume.persistent_volume_claim, volume.data_volume, _layered(volume))
        if source is not None
    ]
    return tuple(
        Claim(same(name)) for source, name in sources if bool(source.hotpluggable) == hotplugged
    )


def _layered(volume: mw.VMIVolume) -> mw.ClaimVolume | None:
    """The claim that the guest sees below what it writes."""
    return (volume.ephemeral or mw.EphemeralVolume()).persistent_volume_claim


def instance(raw: kv.Instance) -> VirtualMachineInstance:
    """A VMI."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or mw.InstanceSpec()
    status = raw.status or kv.InstanceStatus()
    state = status.migration_state or kv.MigrationState()
    return VirtualMachineInstance(
        namespace=same(metadata.namespace or "") or "default",
        name=same(metadata.name or ""),
        uid=same(metadata.uid or ""),
        phase=same(status.phase or ""),
        node_name=same(status.node_name or ""),
        deleting=metadata.deletion_timestamp is not None,
        labels=pod_labels(metadata),
        rules=_rules(spec.affinity, spec.node_selector, spec.tolerations),
        machine=machine(spec, status, _annotations(metadata)),
        resizing=_resizing(spec, status),
        hotplugged=claims(spec, hotplugged=True),
        replaced=_replaced(status.volume_status or []),
        not_migratable=same(_not_migratable(status.conditions or []) or ""),
        evacuation_node_name=same(status.evacuation_node_name or ""),
        migrating=bool(state.start_timestamp) and not state.end_timestamp,
    )


def _resizing(spec: mw.InstanceSpec, status: kv.InstanceStatus) -> Resizing:
    domain, memory = spec.domain or mw.Domain(), status.memory or kv.MemoryStatus()
    cpu, own = domain.cpu or mw.CPU(), domain.memory or mw.Memory()
    largest = mw.CPU(cores=cpu.cores, sockets=cpu.max_sockets, threads=cpu.threads)
    return _resized(
        vcpus=vcpus(status.current_cpu_topology or kv.CPUTopology()),
        max_vcpus=vcpus(largest) if cpu.max_sockets else 0,
        guest_requested=in_bytes(memory.guest_requested),
        guest_current=in_bytes(memory.guest_current),
        guest_at_boot=in_bytes(memory.guest_at_boot),
        max_guest=in_bytes(own.max_guest),
    )


def _replaced(volumes: list[kv.VolumeStatus]) -> Claim | None:
    """The claim with the state of the guest's devices, unless two pods can mount it."""
    for volume in volumes:
        claim = volume.persistent_volume_claim_info
        if claim is not None and (volume.name or "").startswith(_STATE):
            return None if _SHARED in (claim.access_modes or ()) else Claim(claim.claim_name or "")
    return None


def _not_migratable(conditions: list[wire.Condition]) -> str:
    for condition in conditions:
        if condition.type == "LiveMigratable" and condition.status == "False":
            parts = [text for text in (condition.reason, condition.message) if text]
            return ": ".join(parts) or "LiveMigratable is False"
    return ""
