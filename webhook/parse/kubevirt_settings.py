"""KubeVirt's settings from its CR, as far as they reach a launcher pod or its rollout.

Mirrors `pkg/virt-config` of KubeVirt.
"""

from collections.abc import Iterable, Mapping

from webhook.objects import KubeVirt, Version
from webhook.objects.machine import Binding, Support
from webhook.parse import kubevirt_cr_wire as cr
from webhook.parse.machines import EVEN_PARITY, in_bytes
from webhook.parse.resources import amounts, integers
from webhook.parse.selectors import label_selector
from webhook.parse.texts import string_map
from webhook.parse.wire import Metadata, Quantities, Resources

_ALIGN_CPUS = "AlignCPUs"
#: Feature gates that are on unless they are disabled, and the version since which they are.
_ON_SINCE = {"ExternalNetResourceInjection": Version(1, 9), "ImageVolume": Version(1, 9)}
_DEFAULT_CPU_REQUEST = 100


def kubevirt(raw: cr.KubeVirt) -> KubeVirt:
    """The KubeVirt CR."""
    configuration = (raw.spec and raw.spec.configuration) or cr.Configuration()
    developer = configuration.developer_configuration or cr.DeveloperConfiguration()
    limits = configuration.migrations or cr.MigrationLimits()
    network = configuration.network or cr.Network()
    options = configuration.virtual_machine_options or cr.MachineOptions()
    status = raw.status or cr.KubeVirtStatus()
    version = status.observed_kube_virt_version or ""
    gates = _gates(developer, version)
    notes = string_map((raw.metadata or Metadata()).annotations)
    return KubeVirt(
        live_update=_live_update(configuration.vm_rollout_strategy, version),
        version=version,
        default_architecture=status.default_architecture or "amd64",
        node_selectors=string_map(developer.node_selectors),
        cpu_allocation_ratio=developer.cpu_allocation_ratio or 10,
        memory_overcommit=developer.memory_overcommit or 100,
        overhead_ratio=configuration.additional_guest_memory_overhead_ratio or "",
        use_emulation=bool(developer.use_emulation),
        gates=gates,
        cpu_model=configuration.cpu_model or "",
        cpu_request=_cpu_request(configuration),
        machine_types=_machine_types(configuration),
        tsc_frequency=developer.minimum_cluster_tsc_frequency or 0,
        completes_to_even_parity=EVEN_PARITY in notes and _ALIGN_CPUS in gates,
        console_log=options.disable_serial_console_log is None,
        support=_support(configuration.support_container_resources or ()),
        bindings={k: _binding(v or cr.Binding()) for k, v in (network.binding or {}).items()},
        runtime_class=configuration.default_runtime_class or "",
        limits_cpu_in=label_selector(configuration.auto_cpu_limit_namespace_label_selector),
        parallel_migrations_per_cluster=limits.parallel_migrations_per_cluster or 5,
        parallel_outbound_migrations_per_node=limits.parallel_outbound_migrations_per_node or 2,
    )


def _live_update(strategy: str | None, version: str) -> bool:
    """vmRolloutStrategy; where none is set the default is Stage before KubeVirt 1.6."""
    if strategy:
        return strategy == "LiveUpdate"
    found = Version.parse(version)
    return found is None or found >= Version(1, 6)


def _gates(developer: cr.DeveloperConfiguration, version: str) -> frozenset[str]:
    found = Version.parse(version)
    by_default = {name for name, since in _ON_SINCE.items() if found is not None and found >= since}
    by_default -= set(developer.disabled_feature_gates or ())
    return frozenset(by_default).union(developer.feature_gates or ())


def _cpu_request(configuration: cr.Configuration) -> int:
    """In milli units; 0 for KubeVirt's default, which is not written into VMIs."""
    given = integers(amounts({"cpu": configuration.cpu_request}))["cpu"]
    return 0 if given == _DEFAULT_CPU_REQUEST else given


def _machine_types(configuration: cr.Configuration) -> Mapping[str, str]:
    found = configuration.architecture_configuration or cr.Architectures()
    types = {name: getattr(found, name) for name in ("amd64", "arm64", "s390x")}
    if configuration.machine_type:
        return dict.fromkeys(types, configuration.machine_type)
    return {k: each.machine_type for k, each in types.items() if each and each.machine_type}


def _support(raw: Iterable[cr.Support]) -> Mapping[str, Support]:
    given = ((each.type or "", each.resources or Resources()) for each in raw)
    return {kind: Support(_asked(each.requests), _asked(each.limits)) for kind, each in given}


def _asked(raw: Quantities) -> Mapping[str, int]:
    """What KubeVirt heeds of it: CPU and memory, unless they are zero."""
    return {k: v for k, v in amounts(raw).items() if k in ("cpu", "memory") and v}


def _binding(raw: cr.Binding) -> Binding:
    overhead = (raw.compute_resource_overhead or Resources()).requests or {}
    return Binding(in_bytes(overhead.get("memory")), bool(raw.sidecar_image))
