"""The slice of KubeVirt's wire format that we read, as msgspec structs."""

import msgspec

from webhook.parse.machine_wire import InstanceSpec, MachineType
from webhook.parse.wire import Condition, Metadata, Quantity, Wire


class InstanceTemplate(Wire):
    """spec.template of a VM."""

    metadata: Metadata | None = None
    spec: InstanceSpec | None = None


class Matcher(Wire):
    """spec.instancetype and spec.preference."""

    kind: str | None = None
    name: str | None = None
    revision_name: str | None = None
    infer_from_volume: str | None = None


class VirtualMachineSpec(Wire):
    """spec of a VM."""

    template: InstanceTemplate | None = None
    instancetype: Matcher | None = None
    preference: Matcher | None = None


class VirtualMachineStatus(Wire):
    """status of a VM."""

    conditions: list[Condition] | None = None


class VirtualMachine(Wire):
    """kubevirt.io VirtualMachine."""

    metadata: Metadata | None = None
    spec: VirtualMachineSpec | None = None
    status: VirtualMachineStatus | None = None


class MigrationState(Wire):
    """status.migrationState of a VMI."""

    start_timestamp: str | None = None
    end_timestamp: str | None = None


class CPUTopology(Wire):
    """status.currentCPUTopology of a VMI."""

    cores: int | None = None
    sockets: int | None = None
    threads: int | None = None


class MemoryStatus(Wire):
    """status.memory of a VMI."""

    guest_at_boot: Quantity = None
    guest_current: Quantity = None
    guest_requested: Quantity = None


class TopologyHints(Wire):
    """status.topologyHints of a VMI."""

    tsc_frequency: int | None = None


class ClaimInfo(Wire):
    """status.volumeStatus[].persistentVolumeClaimInfo of a VMI."""

    claim_name: str | None = None
    access_modes: list[str] | None = None


class VolumeStatus(Wire):
    """status.volumeStatus[] of a VMI."""

    name: str | None = None
    persistent_volume_claim_info: ClaimInfo | None = None


class InstanceStatus(Wire):
    """status of a VMI."""

    phase: str | None = None
    node_name: str | None = None
    evacuation_node_name: str | None = None
    conditions: list[Condition] | None = None
    machine: MachineType | None = None
    migration_state: MigrationState | None = None
    current_cpu_topology: CPUTopology | None = msgspec.field(
        default=None, name="currentCPUTopology"
    )
    memory: MemoryStatus | None = None
    topology_hints: TopologyHints | None = None
    volume_status: list[VolumeStatus] | None = None


class Instance(Wire):
    """kubevirt.io VirtualMachineInstance."""

    metadata: Metadata | None = None
    spec: InstanceSpec | None = None
    status: InstanceStatus | None = None
