"""The slice of the KubeVirt CR that we read, as msgspec structs."""

from typing import Any

import msgspec

from webhook.parse.wire import (
    LabelSelector,
    Metadata,
    Quantity,
    Resources,
    StringMap,
    Wire,
)


class DeveloperConfiguration(Wire):
    """spec.configuration.developerConfiguration of the KubeVirt CR."""

    node_selectors: StringMap = None
    cpu_allocation_ratio: int | None = None
    memory_overcommit: int | None = None
    use_emulation: bool | None = None
    feature_gates: list[str] | None = None
    disabled_feature_gates: list[str] | None = None
    minimum_cluster_tsc_frequency: int | None = msgspec.field(
        default=None, name="minimumClusterTSCFrequency"
    )


class MigrationLimits(Wire):
    """spec.configuration.migrations of the KubeVirt CR."""

    parallel_migrations_per_cluster: int | None = None
    parallel_outbound_migrations_per_node: int | None = None


class Architecture(Wire):
    """spec.configuration.architectureConfiguration.*."""

    machine_type: str | None = None


class Architectures(Wire):
    """spec.configuration.architectureConfiguration."""

    amd64: Architecture | None = None
    arm64: Architecture | None = None
    s390x: Architecture | None = None


class Support(Wire):
    """spec.configuration.supportContainerResources[]."""

    type: str | None = None
    resources: Resources | None = None


class Binding(Wire):
    """spec.configuration.network.binding.*."""

    sidecar_image: str | None = None
    compute_resource_overhead: Resources | None = None


class Network(Wire):
    """spec.configuration.network."""

    binding: dict[str, Binding | None] | None = None


class MachineOptions(Wire):
    """spec.configuration.virtualMachineOptions."""

    disable_serial_console_log: Any = None


class Configuration(Wire):
    """spec.configuration of the KubeVirt CR."""

    vm_rollout_strategy: str | None = None
    additional_guest_memory_overhead_ratio: str | None = None
    auto_cpu_limit_namespace_label_selector: LabelSelector | None = msgspec.field(
        default=None, name="autoCPULimitNamespaceLabelSelector"
    )
    cpu_model: str | None = None
    cpu_request: Quantity = None
    default_runtime_class: str | None = None
    machine_type: str | None = None
    architecture_configuration: Architectures | None = None
    support_container_resources: list[Support] | None = None
    network: Network | None = None
    virtual_machine_options: MachineOptions | None = None
    migrations: MigrationLimits | None = None
    developer_configuration: DeveloperConfiguration | None = None


class KubeVirtSpec(Wire):
    """spec of the KubeVirt CR."""

    configuration: Configuration | None = None


class KubeVirtStatus(Wire):
    """status of the KubeVirt CR."""

    observed_kube_virt_version: str | None = msgspec.field(
        default=None, name="observedKubeVirtVersion"
    )
    default_architecture: str | None = None


class KubeVirt(Wire):
    """kubevirt.io KubeVirt."""

    metadata: Metadata | None = None
    spec: KubeVirtSpec | None = None
    status: KubeVirtStatus | None = None
