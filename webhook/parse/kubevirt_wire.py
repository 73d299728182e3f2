"""The slice of KubeVirt's wire format that we read, as msgspec structs."""

from typing import Any

import msgspec

from webhook.parse.wire import (
    Affinity,
    Condition,
    Metadata,
    Quantity,
    Resources,
    StringMap,
    Toleration,
    TopologySpreadConstraint,
    Wire,
)


class CPUFeature(Wire):
    """domain.cpu.features[]."""

    name: str | None = None
    policy: str | None = None


class CPU(Wire):
    """domain.cpu."""

    cores: int | None = None
    sockets: int | None = None
    threads: int | None = None
    model: str | None = None
    features: list[CPUFeature] | None = None
    dedicated_cpu_placement: bool | None = None
    isolate_emulator_thread: bool | None = None


class Hugepages(Wire):
    """domain.memory.hugepages."""

    page_size: str | None = None


class ReservedOverhead(Wire):
    """domain.memory.reservedOverhead."""

    added_overhead: Quantity = None


class Memory(Wire):
    """domain.memory."""

    guest: Quantity = None
    hugepages: Hugepages | None = None
    reserved_overhead: ReservedOverhead | None = None


class DomainResources(Resources):
    """domain.resources."""

    overcommit_guest_overhead: bool | None = None


class IOThreads(Wire):
    """domain.ioThreads."""

    supplemental_pool_thread_count: int | None = None


class LaunchSecurity(Wire):
    """domain.launchSecurity."""

    sev: Any = None
    snp: Any = None


class Interface(Wire):
    """domain.devices.interfaces[]."""

    model: str | None = None


class HostDevice(Wire):
    """domain.devices.gpus[] and hostDevices[]."""

    device_name: str | None = None


class Devices(Wire):
    """domain.devices."""

    interfaces: list[Interface] | None = None
    gpus: list[HostDevice] | None = None
    host_devices: list[HostDevice] | None = None
    autoattach_graphics_device: bool | None = None
    autoattach_pod_interface: bool | None = None
    autoattach_serial_console: bool | None = None
    autoattach_vsock: bool | None = msgspec.field(default=None, name="autoattachVSOCK")
    log_serial_console: bool | None = None
    tpm: Any = None


class MachineType(Wire):
    """domain.machine and status.machine."""

    type: str | None = None


class Domain(Wire):
    """spec.domain."""

    cpu: CPU | None = None
    memory: Memory | None = None
    resources: DomainResources | None = None
    devices: Devices | None = None
    machine: MachineType | None = None
    io_threads_policy: str | None = None
    io_threads: IOThreads | None = None
    launch_security: LaunchSecurity | None = None


class ClaimVolume(Wire):
    """volumes[].persistentVolumeClaim and volumes[].dataVolume."""

    claim_name: str | None = None
    name: str | None = None


class VMIVolume(Wire):
    """spec.volumes[]: only the sources backed by a claim."""

    name: str | None = None
    persistent_volume_claim: ClaimVolume | None = None
    data_volume: ClaimVolume | None = None


class InstanceSpec(Wire):
    """spec of a VMI, and spec.template.spec of a VM."""

    affinity: Affinity | None = None
    node_selector: StringMap = None
    tolerations: list[Toleration] | None = None
    topology_spread_constraints: list[TopologySpreadConstraint] | None = None
    architecture: str | None = None
    domain: Domain | None = None
    scheduler_name: str | None = None
    volumes: list[VMIVolume] | None = None
    resource_claims: list[Any] | None = None


class InstanceTemplate(Wire):
    """spec.template of a VM."""

    metadata: Metadata | None = None
    spec: InstanceSpec | None = None


class Matcher(Wire):
    """spec.instancetype and spec.preference."""

    kind: str | None = None
    name: str | None = None
    revision_name: str | None = None


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


class InstanceStatus(Wire):
    """status of a VMI."""

    phase: str | None = None
    node_name: str | None = None
    evacuation_node_name: str | None = None
    conditions: list[Condition] | None = None
    machine: MachineType | None = None
    migration_state: MigrationState | None = None


class Instance(Wire):
    """kubevirt.io VirtualMachineInstance."""

    metadata: Metadata | None = None
    spec: InstanceSpec | None = None
    status: InstanceStatus | None = None
