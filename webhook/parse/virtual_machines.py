"""KubeVirt's objects from the wire."""

import json
from collections.abc import Mapping
from typing import Any

from webhook.objects import (
    Claim,
    Placement,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.machine import Resizing
from webhook.parse import kubevirt_wire as kv
from webhook.parse import machine_wire as mw
from webhook.parse import wire
from webhook.parse.machines import in_bytes, machine, vcpus
from webhook.parse.rules import scheduling_rules, spread_constraints, string_map

_PLACEMENT = ("affinity", "nodeSelector", "tolerations")
_INJECT = "sidecar.istio.io/inject"
#: How KubeVirt calls the volume with the state of a guest's devices, now and before 1.8.
_STATE = ("vm-state", "persistent-state-for-")
_SHARED = "ReadWriteMany"
_MATCHER = ("kind", "name", "revisionName")
_REFERENCES = ("instancetype", "preference")
DEVICES = frozenset({"domain.devices.disks", "domain.devices.interfaces"})
#: What KubeVirt takes over into a running VMI without a restart, beside the placement.
LIVE = DEVICES | {"domain.cpu.sockets", "domain.memory.guest", "volumes", "networks"}


class BadField(ValueError):
    """The object lacks a field that it must have, or holds what JSON cannot say."""


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks; the same text for the same value.

    A tree from YAML may hold more than JSON can: raises BadField.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadField(f"holds a value that is not JSON: {error}") from error


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def placement(raw: Mapping[str, Any]) -> Placement:
    """The placement fields of a VM's plain JSON tree, as they stand."""
    spec = _mapping(raw.get("spec"))
    pod_spec = _mapping(_mapping(spec.get("template")).get("spec"))
    fields = {f"spec.template.spec.{name}": pod_spec.get(name) for name in _PLACEMENT}
    for matcher in _REFERENCES:
        reference = _mapping(spec.get(matcher))
        fields[f"spec.{matcher}"] = {k: reference[k] for k in _MATCHER if reference.get(k)}
    return Placement({path: canonical(value) for path, value in fields.items() if value})


def refers(raw: Mapping[str, Any]) -> bool:
    """Whether a VM's plain JSON tree names an instancetype or preference."""
    spec = _mapping(raw.get("spec"))
    return any(spec.get(matcher) for matcher in _REFERENCES)


def other_fields(raw: Mapping[str, Any], live: frozenset[str] = LIVE) -> Mapping[str, str]:
    """The template's fields that a running VM takes over only with a restart, not `live`."""
    pod_spec = _mapping(_mapping(_mapping(raw.get("spec")).get("template")).get("spec"))
    domain = _mapping(pod_spec.get("domain"))
    flat = {k: v for k, v in pod_spec.items() if k not in (*_PLACEMENT, "domain")}
    for group in domain:
        nested = domain[group]
        if group in ("cpu", "memory", "devices") and isinstance(nested, dict):
            flat |= {f"domain.{group}.{k}": v for k, v in nested.items()}
        else:
            flat[f"domain.{group}"] = nested
    return {
        f"spec.template.spec.{path}": canonical(value)
        for path, value in flat.items()
        if path not in live and value not in (None, {}, [], "")
    }


def virtual_machine(raw: kv.VirtualMachine, tree: Mapping[str, Any]) -> VirtualMachine:
    """A VM from its typed slice and its plain tree; the template must be there."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or kv.VirtualMachineSpec()
    if spec.template is None or spec.template.spec is None:
        field = "spec.template" if spec.template is None else "spec.template.spec"
        raise BadField(f"{field} is missing; a VirtualMachine needs one")
    template, pod_spec = spec.template, spec.template.spec
    conditions = (raw.status and raw.status.conditions) or ()
    return VirtualMachine(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        uid=metadata.uid or "",
        deleting=metadata.deletion_timestamp is not None,
        annotations=string_map(metadata.annotations),
        placement=placement(tree),
        rules=scheduling_rules(pod_spec.affinity, pod_spec.node_selector, pod_spec.tolerations),
        other_fields=other_fields(tree),
        labels=pod_labels(template.metadata),
        hostname=pod_spec.hostname or "",
        machine=machine(pod_spec, annotations=_annotations(template.metadata)),
        scheduler_name=pod_spec.scheduler_name or "default-scheduler",
        priority_class=pod_spec.priority_class_name or "",
        instancetype=_name(spec.instancetype),
        preference=_name(spec.preference),
        restart_required=any(
            c.type == "RestartRequired" and c.status == "True" for c in conditions
        ),
        spread=spread_constraints(pod_spec.topology_spread_constraints),
        claims=claims(pod_spec, hotplugged=False),
        hotplugged=claims(pod_spec, hotplugged=True),
        unmodelled=unmodelled(pod_spec),
    )


def pod_labels(metadata: wire.Metadata | None) -> Mapping[str, str]:
    """The labels that pods get from a VM's template or a VMI; one stands in an annotation."""
    found, notes = string_map((metadata or wire.Metadata()).labels), _annotations(metadata)
    return {**found, _INJECT: notes[_INJECT]} if _INJECT in notes else found


def _annotations(metadata: wire.Metadata | None) -> Mapping[str, str]:
    return string_map((metadata or wire.Metadata()).annotations)


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
    return tuple(Claim(name) for source, name in sources if bool(source.hotpluggable) == hotplugged)


def _layered(volume: mw.VMIVolume) -> mw.ClaimVolume | None:
    """The claim that the guest sees below what it writes."""
    return (volume.ephemeral or mw.EphemeralVolume()).persistent_volume_claim


def instance(raw: kv.Instance) -> VirtualMachineInstance:
    """A VMI."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or mw.InstanceSpec()
    status = raw.status or kv.InstanceStatus()
    state = status.migration_state or kv.MigrationState()
    return VirtualMachineInstance(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        uid=metadata.uid or "",
        phase=status.phase or "",
        node_name=status.node_name or "",
        deleting=metadata.deletion_timestamp is not None,
        labels=pod_labels(metadata),
        rules=scheduling_rules(spec.affinity, spec.node_selector, spec.tolerations),
        machine=machine(spec, status, string_map(metadata.annotations)),
        resizing=_resizing(spec, status),
        hotplugged=claims(spec, hotplugged=True),
        replaced=_replaced(status.volume_status or []),
        not_migratable=_not_migratable(status.conditions or []),
        evacuation_node_name=status.evacuation_node_name or "",
        migrating=bool(state.start_timestamp) and not state.end_timestamp,
    )


def _resizing(spec: mw.InstanceSpec, status: kv.InstanceStatus) -> Resizing:
    domain, memory = spec.domain or mw.Domain(), status.memory or kv.MemoryStatus()
    cpu, own = domain.cpu or mw.CPU(), domain.memory or mw.Memory()
    largest = mw.CPU(cores=cpu.cores, sockets=cpu.max_sockets, threads=cpu.threads)
    return Resizing(
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
