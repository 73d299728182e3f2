"""The memory that KubeVirt's processes need beside the guest's.

Mirrors `pkg/hypervisor/kvm/hypervisorbackend.go` of KubeVirt, and what its
`pkg/network/pod/…/resources` adds for networks. The constants move between versions.
"""

import math

from webhook.objects import KubeVirt, Version
from webhook.objects.machine import Machine

_MIB = 1024 * 1024
_PER_VCPU = 8
_IO_THREAD = 8
_ARM_FIRMWARE = 128
_SEV = 256
_PASSED_THROUGH = 1024
_DOWNWARD_METRICS = 1
_TPM = 53
_GUARANTEED = 100
_PROBES, _PROBE = 100, 10
_PASST = 250


def overhead(machine: Machine, kubevirt: KubeVirt) -> int:
    """Bytes beside the guest's memory; the machine has KubeVirt's defaults."""
    version = Version.parse(kubevirt.version)
    total = _pagetables(machine, kubevirt, version) + machine.added_overhead
    total += _MIB * (_fixed(machine, kubevirt.version) + _devices(machine))
    total = _multiplied(total, kubevirt.overhead_ratio)
    bindings = [kubevirt.bindings[name] for name in machine.bindings if name in kubevirt.bindings]
    return total + _MIB * _PASST * machine.passt + sum(each.memory for each in bindings)


def guaranteed(machine: Machine) -> bool:
    """WantsToHaveQOSGuaranteed, or dedicated CPUs: what asks for no more than it is limited to."""
    requests, limits = machine.requests, machine.limits
    memory = requests.get("memory") or limits.get("memory")
    wants = bool(memory) and memory == limits.get("memory")
    cpu = requests.get("cpu")
    return machine.dedicated_cpu or (wants and bool(cpu) and cpu == limits.get("cpu"))


def wanted(machine: Machine, kubevirt: KubeVirt) -> int:
    """The memory request of the guest alone."""
    declared = machine.requests.get("memory") or machine.limits.get("memory")
    if declared or "memory" in machine.requests:
        return declared or 0
    return machine.guest_memory * 100 // kubevirt.memory_overcommit


def _fixed(machine: Machine, version: str) -> int:
    """MiB of the processes, of CPUs and threads, and of the graphics device."""
    processes, graphics = _constants(Version.parse(version), version)
    threads = _PER_VCPU * max(1, machine.vcpus) + _IO_THREAD
    return processes + threads + (graphics if machine.graphics else 0)


def _devices(machine: Machine) -> int:
    """MiB for what only some machines have."""
    needs = (
        (_ARM_FIRMWARE, machine.architecture == "arm64"),
        (_SEV, machine.sev),
        (_PASSED_THROUGH, machine.host_devices),
        (_DOWNWARD_METRICS, machine.downward_metrics),
        (_PROBES, machine.exec_probes > 0),
        (_PROBE * machine.exec_probes, True),
        (_TPM, machine.tpm),
        (_GUARANTEED, guaranteed(machine)),
    )
    return sum(amount for amount, is_needed in needs if is_needed)


def _pagetables(machine: Machine, kubevirt: KubeVirt, version: Version | None) -> int:
    """Follows the declared memory request, which KubeVirt before 1.7 always declared."""
    declared = machine.requests.get("memory", 0)
    if not declared and version is not None and version < Version(1, 7):
        declared = wanted(machine, kubevirt)
    return math.ceil(declared / 1000) * 1000 // 512


def _constants(version: Version | None, text: str) -> tuple[int, int]:
    """MiB of the processes and of the graphics device; the newest where in doubt."""
    if version is None or "-" in text or version >= Version(1, 10):
        return 240, 32
    if version >= Version(1, 5):
        return 220, 32 if version >= Version(1, 6) else 16
    return 210, 16


def _multiplied(total: int, ratio: str) -> int:
    """additionalGuestMemoryOverheadRatio, in whole kB; one that is no number counts for nothing."""
    try:
        more = float(ratio or 1) - 1.0
    except ValueError:
        return total
    return total + int(math.ceil(total / 1000) * more) * 1000
