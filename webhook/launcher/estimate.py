"""What the launcher pod of a VM that never ran will request: KubeVirt's formula.

Mirrors `pkg/virt-controller/services/renderresources.go` and
`pkg/hypervisor/kvm/hypervisorbackend.go`. Only an estimate: the constants move between
KubeVirt versions, so a VM that runs is judged by its own pod instead.
"""

import math
from collections.abc import Mapping

from webhook.objects import KubeVirt, Version
from webhook.objects.virtual_machine import Machine

_MIB = 1024 * 1024
_CONSOLE_LOG = {"cpu": 5, "memory": 35_000_000}
_EPHEMERAL = 50_000_000
_PER_VCPU = 8 * _MIB
_IO_THREAD = 8 * _MIB


def estimated_requests(machine: Machine, kubevirt: KubeVirt) -> Mapping[str, int]:
    """Requests of the whole pod as the scheduler's integers."""
    requests = {
        "cpu": _cpu(machine, kubevirt),
        "ephemeral-storage": machine.requests.get("ephemeral-storage", 0) + _EPHEMERAL,
        **_memory(machine, kubevirt),
        **_devices(machine, kubevirt),
    }
    if machine.console_log:
        requests = {**requests, **{r: requests[r] + n for r, n in _CONSOLE_LOG.items()}}
    return requests


def resized(
    requests: Mapping[str, int], before: Machine, after: Machine, kubevirt: KubeVirt
) -> Mapping[str, int]:
    """The requests of a running pod, with what a hotplug of CPU or memory adds or takes."""
    if before == after:
        return requests
    old, new = estimated_requests(before, kubevirt), estimated_requests(after, kubevirt)
    more = {name: new.get(name, 0) - old.get(name, 0) for name in old.keys() | new.keys()}
    grown = {name: max(0, requests.get(name, 0) + n) for name, n in more.items() if n}
    return {**requests, **grown}


def _cpu(machine: Machine, kubevirt: KubeVirt) -> int:
    cores = machine.vcpus + machine.io_threads
    if machine.dedicated_cpu:
        return (cores + machine.isolated_emulator) * 1000
    return machine.requests.get("cpu") or math.ceil(cores * 1000 / kubevirt.cpu_allocation_ratio)


def _memory(machine: Machine, kubevirt: KubeVirt) -> dict[str, int]:
    guest, wanted = machine.guest_memory, _wanted(machine, kubevirt)
    extra = 0 if machine.overhead_is_overcommitted else overhead(machine, kubevirt)
    if not machine.hugepages:
        return {"memory": wanted + extra}
    paged = min(wanted, guest) if guest else wanted
    return {f"hugepages-{machine.hugepages}": paged, "memory": extra + wanted - paged}


def _wanted(machine: Machine, kubevirt: KubeVirt) -> int:
    """The memory request of the guest alone."""
    declared = machine.requests.get("memory") or machine.limits.get("memory")
    return declared or machine.guest_memory * 100 // kubevirt.memory_overcommit


def overhead(machine: Machine, kubevirt: KubeVirt) -> int:
    """Bytes that KubeVirt's processes need beside the guest's memory."""
    version = Version.parse(kubevirt.version)
    fixed, graphics = _constants(version, kubevirt.version)
    total = fixed * _MIB + _PER_VCPU * machine.vcpus + _IO_THREAD
    total += _pagetables(machine, kubevirt, version)
    total += graphics * _MIB if machine.graphics else 0
    total += 128 * _MIB if _architecture(machine, kubevirt) == "arm64" else 0
    total += 256 * _MIB if machine.encrypted else 0
    total += 1024 * _MIB if machine.host_devices else 0
    total += 53 * _MIB if machine.tpm else 0
    total += 100 * _MIB if machine.dedicated_cpu or _guaranteed(machine) else 0
    total += machine.added_overhead
    if kubevirt.overhead_ratio == 1:
        return total
    return math.ceil(total * kubevirt.overhead_ratio / 1000) * 1000


def _architecture(machine: Machine, kubevirt: KubeVirt) -> str:
    return machine.architecture or kubevirt.default_architecture


def _pagetables(machine: Machine, kubevirt: KubeVirt, version: Version | None) -> int:
    """Follows the declared memory request, which KubeVirt before 1.7 always declared."""
    declared = machine.requests.get("memory", 0)
    if not declared and version is not None and version < Version(1, 7):
        declared = _wanted(machine, kubevirt)
    return math.ceil(declared / 1000) * 1000 // 512


def _guaranteed(machine: Machine) -> bool:
    wanted, limits = machine.requests, machine.limits
    return all(wanted.get(r) and wanted[r] == limits.get(r) for r in ("cpu", "memory"))


def _constants(version: Version | None, text: str) -> tuple[int, int]:
    """MiB of the processes and of the graphics device; the newest where in doubt."""
    if version is None or "-" in text or version >= Version(1, 10):
        return 240, 32
    if version >= Version(1, 5):
        return 220, 32 if version >= Version(1, 6) else 16
    return 210, 16


def _devices(machine: Machine, kubevirt: KubeVirt) -> dict[str, int]:
    devices = dict(machine.extended)
    if not kubevirt.use_emulation:
        devices["devices.kubevirt.io/kvm"] = 1
        if machine.virtio_interfaces:
            devices["devices.kubevirt.io/vhost-net"] = 1
    if machine.interfaces:
        devices["devices.kubevirt.io/tun"] = 1
    if machine.vsock:
        devices["devices.kubevirt.io/vhost-vsock"] = 1
    if machine.encrypted:
        devices["devices.kubevirt.io/sev"] = 1
    return devices
