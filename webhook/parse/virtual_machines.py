"""KubeVirt's objects from the wire."""

import json
from collections.abc import Mapping
from typing import Any

from webhook.objects import (
    KubeVirt,
    Placement,
    Version,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.parse import kubevirt_cr_wire as cr
from webhook.parse import kubevirt_wire as kv
from webhook.parse import wire
from webhook.parse.machines import machine
from webhook.parse.rules import scheduling_rules, string_map

_PLACEMENT = ("affinity", "nodeSelector", "tolerations")
_MATCHER = ("kind", "name", "revisionName")
#: What KubeVirt takes over into a running VMI without a restart, beside the placement.
_LIVE = frozenset(
    {"domain.cpu.sockets", "domain.memory.guest", "volumes", "networks"}
    | {"domain.devices.disks", "domain.devices.interfaces"}
)


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
    for matcher in ("instancetype", "preference"):
        reference = _mapping(spec.get(matcher))
        fields[f"spec.{matcher}"] = {k: reference[k] for k in _MATCHER if reference.get(k)}
    return Placement({path: canonical(value) for path, value in fields.items() if value})


def other_fields(raw: Mapping[str, Any]) -> Mapping[str, str]:
    """The template's fields that a running VM takes over only with a restart."""
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
        if path not in _LIVE and value not in (None, {}, [], "")
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
        labels=string_map(template.metadata.labels if template.metadata else None),
        machine=machine(pod_spec, None),
        scheduler_name=pod_spec.scheduler_name or "default-scheduler",
        instancetype=_name(spec.instancetype),
        preference=_name(spec.preference),
        restart_required=any(
            c.type == "RestartRequired" and c.status == "True" for c in conditions
        ),
        unmodelled=unmodelled(pod_spec),
    )


def _name(matcher: kv.Matcher | None) -> str:
    return (matcher and matcher.name) or ""


def unmodelled(spec: kv.InstanceSpec) -> tuple[str, ...]:
    """The demands of a VM that its launcher pod will have and no predicate judges."""
    demands = [
        f"spec.template.spec.volumes[{i}] (a volume claim)"
        for i, volume in enumerate(spec.volumes or ())
        if volume.persistent_volume_claim or volume.data_volume
    ]
    for i, constraint in enumerate(spec.topology_spread_constraints or ()):
        if constraint.when_unsatisfiable in (None, "", "DoNotSchedule"):
            demands.append(f"spec.template.spec.topologySpreadConstraints[{i}]")
    if spec.resource_claims:
        demands.append("spec.template.spec.resourceClaims")
    return tuple(demands)


def instance(raw: kv.Instance) -> VirtualMachineInstance:
    """A VMI."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or kv.InstanceSpec()
    status = raw.status or kv.InstanceStatus()
    state = status.migration_state or kv.MigrationState()
    return VirtualMachineInstance(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        uid=metadata.uid or "",
        phase=status.phase or "",
        node_name=status.node_name or "",
        deleting=metadata.deletion_timestamp is not None,
        rules=scheduling_rules(spec.affinity, spec.node_selector, spec.tolerations),
        machine=machine(spec, status.machine),
        not_migratable=_not_migratable(status.conditions or []),
        evacuation_node_name=status.evacuation_node_name or "",
        migrating=bool(state.start_timestamp) and not state.end_timestamp,
    )


def _not_migratable(conditions: list[wire.Condition]) -> str:
    for condition in conditions:
        if condition.type == "LiveMigratable" and condition.status == "False":
            parts = [text for text in (condition.reason, condition.message) if text]
            return ": ".join(parts) or "LiveMigratable is False"
    return ""


def kubevirt(raw: cr.KubeVirt) -> KubeVirt:
    """The KubeVirt CR."""
    configuration = (raw.spec and raw.spec.configuration) or cr.Configuration()
    developer = configuration.developer_configuration or cr.DeveloperConfiguration()
    limits = configuration.migrations or cr.MigrationLimits()
    status = raw.status or cr.KubeVirtStatus()
    version = status.observed_kube_virt_version or ""
    return KubeVirt(
        live_update=_live_update(configuration.vm_rollout_strategy, version),
        version=version,
        default_architecture=status.default_architecture or "amd64",
        node_selectors=string_map(developer.node_selectors),
        cpu_allocation_ratio=developer.cpu_allocation_ratio or 10,
        memory_overcommit=developer.memory_overcommit or 100,
        overhead_ratio=_ratio(configuration.additional_guest_memory_overhead_ratio),
        use_emulation=bool(developer.use_emulation),
        parallel_migrations_per_cluster=limits.parallel_migrations_per_cluster or 5,
        parallel_outbound_migrations_per_node=limits.parallel_outbound_migrations_per_node or 2,
    )


def _live_update(strategy: str | None, version: str) -> bool:
    """vmRolloutStrategy; where none is set the default is Stage before KubeVirt 1.6."""
    if strategy:
        return strategy == "LiveUpdate"
    found = Version.parse(version)
    return found is None or found >= Version(1, 6)


def _ratio(text: str | None) -> float:
    """additionalGuestMemoryOverheadRatio; KubeVirt ignores one that is no number."""
    try:
        return float(text or 1)
    except ValueError:
        return 1.0
