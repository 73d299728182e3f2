"""spec of a VMI, and spec.template.spec of a VM: the slice of it that we read."""

from typing import Any

from webhook.parse.device_wire import Devices
from webhook.parse.wire import (
    Affinity,
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
    max_sockets: int | None = None
    model: str | None = None
    features: list[CPUFeature] | None = None
    dedicated_cpu_placement: bool | None = None
    isolate_emulator_thread: bool | None = None
    realtime: Any = None


class Hugepages(Wire):
    """domain.memory.hugepages."""

    page_size: str | None = None


class ReservedOverhead(Wire):
    """domain.memory.reservedOverhead."""

    added_overhead: Quantity = None


class Memory(Wire):
    """domain.memory."""

    guest: Quantity = None
    max_guest: Quantity = None
    hugepages: Hugepages | None = None
    reserved_overhead: ReservedOverhead | None = None


class DomainResources(Resources):
    """domain.resources."""

    overcommit_guest_overhead: bool | None = None


class IOThreads(Wire):
    """domain.ioThreads."""

    supplemental_pool_thread_count: int | None = None


class SEVPolicy(Wire):
    """domain.launchSecurity.sev.policy."""

    encrypted_state: bool | None = None


class SEV(Wire):
    """domain.launchSecurity.sev."""

    policy: SEVPolicy | None = None


class LaunchSecurity(Wire):
    """domain.launchSecurity."""

    sev: SEV | None = None
    snp: Any = None
    tdx: Any = None


class FeatureState(Wire):
    """domain.features.hyperv.*: on unless it says otherwise."""

    enabled: bool | None = None


class Features(Wire):
    """domain.features."""

    hyperv: dict[str, FeatureState | None] | None = None


class KernelBoot(Wire):
    """domain.firmware.kernelBoot."""

    container: Any = None


class EFI(Wire):
    """domain.firmware.bootloader.efi."""

    persistent: bool | None = None


class Bootloader(Wire):
    """domain.firmware.bootloader."""

    efi: EFI | None = None


class Firmware(Wire):
    """domain.firmware."""

    kernel_boot: KernelBoot | None = None
    bootloader: Bootloader | None = None


class MachineType(Wire):
    """domain.machine and status.machine."""

    type: str | None = None


class Domain(Wire):
    """spec.domain."""

    cpu: CPU | None = None
    memory: Memory | None = None
    resources: DomainResources | None = None
    devices: Devices | None = None
    features: Features | None = None
    firmware: Firmware | None = None
    machine: MachineType | None = None
    io_threads_policy: str | None = None
    io_threads: IOThreads | None = None
    launch_security: LaunchSecurity | None = None


class ClaimVolume(Wire):
    """volumes[].persistentVolumeClaim and volumes[].dataVolume."""

    claim_name: str | None = None
    name: str | None = None
    hotpluggable: bool | None = None


class EphemeralVolume(Wire):
    """volumes[].ephemeral."""

    persistent_volume_claim: ClaimVolume | None = None


class VMIVolume(Wire):
    """spec.volumes[]: the sources that the launcher pod shows."""

    name: str | None = None
    persistent_volume_claim: ClaimVolume | None = None
    data_volume: ClaimVolume | None = None
    ephemeral: EphemeralVolume | None = None
    container_disk: Any = None
    container_path: Any = None
    downward_metrics: Any = None


class MultusNetwork(Wire):
    """networks[].multus."""

    network_name: str | None = None


class Network(Wire):
    """spec.networks[]."""

    multus: MultusNetwork | None = None


class Probe(Wire):
    """livenessProbe and readinessProbe."""

    exec: Any = None


class InstanceSpec(Wire):
    """spec of a VMI, and spec.template.spec of a VM."""

    affinity: Affinity | None = None
    node_selector: StringMap = None
    tolerations: list[Toleration] | None = None
    topology_spread_constraints: list[TopologySpreadConstraint] | None = None
    architecture: str | None = None
    domain: Domain | None = None
    hostname: str | None = None
    scheduler_name: str | None = None
    priority_class_name: str | None = None
    networks: list[Network] | None = None
    volumes: list[VMIVolume] | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    resource_claims: list[Any] | None = None
