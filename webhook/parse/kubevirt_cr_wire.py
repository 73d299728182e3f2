"""The slice of the KubeVirt CR that we read, as msgspec structs."""

import msgspec

from webhook.parse.wire import StringMap, Wire


class DeveloperConfiguration(Wire):
    """spec.configuration.developerConfiguration of the KubeVirt CR."""

    node_selectors: StringMap = None
    cpu_allocation_ratio: int | None = None
    memory_overcommit: int | None = None
    use_emulation: bool | None = None


class MigrationLimits(Wire):
    """spec.configuration.migrations of the KubeVirt CR."""

    parallel_migrations_per_cluster: int | None = None
    parallel_outbound_migrations_per_node: int | None = None


class Configuration(Wire):
    """spec.configuration of the KubeVirt CR."""

    vm_rollout_strategy: str | None = None
    additional_guest_memory_overhead_ratio: str | None = None
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

    spec: KubeVirtSpec | None = None
    status: KubeVirtStatus | None = None
