"""The machine of the VMI that KubeVirt makes of a VM: what the VM leaves open is filled in.

Mirrors `pkg/defaults` of KubeVirt and the VMI mutator of virt-api.
"""

from collections.abc import Mapping
from dataclasses import replace

from webhook.objects import KubeVirt
from webhook.objects.machine import Machine

_MACHINE_TYPES = {"arm64": "virt", "s390x": "s390-ccw-virtio"}
_AMD64 = "q35"
#: What enlightenments switch on of the others.
_REQUIRED = {
    "synic": frozenset({"synictimer"}),
    "vpindex": frozenset({"synictimer", "synic", "ipi", "tlbflush"}),
}
_EVMCS, _VMX = "evmcs", "vmx"


def defaulted(machine: Machine, kubevirt: KubeVirt) -> Machine:
    """The machine with KubeVirt's defaults for what it does not say."""
    architecture = machine.architecture or kubevirt.default_architecture
    types = {**_MACHINE_TYPES, **kubevirt.machine_types}
    requests = _requests(machine, kubevirt)
    known = replace(
        machine,
        architecture=architecture,
        machine_type=machine.machine_type or types.get(architecture, _AMD64),
        cpu_model=machine.cpu_model or _cpu_model(architecture, kubevirt),
        requests=requests,
        vcpus=machine.vcpus or _vcpus(requests, machine.limits),
        guest_memory=machine.guest_memory or _guest_memory(machine),
        even_parity=machine.even_parity or kubevirt.completes_to_even_parity,
    )
    return _enlightened(known)


def _cpu_model(architecture: str, kubevirt: KubeVirt) -> str:
    if architecture == "arm64":
        return "host-passthrough"
    return kubevirt.cpu_model or "host-model"


def _requests(machine: Machine, kubevirt: KubeVirt) -> Mapping[str, int]:
    """A limit of CPU is a request, too; otherwise the cluster's default may be one."""
    requests = machine.requests
    if machine.limits.get("cpu") and not requests.get("cpu"):
        return {**requests, "cpu": machine.limits["cpu"]}
    if kubevirt.cpu_request and "cpu" not in requests and not machine.dedicated_cpu:
        return {**requests, "cpu": kubevirt.cpu_request}
    return requests


def _vcpus(requests: Mapping[str, int], limits: Mapping[str, int]) -> int:
    """As many sockets as CPUs are limited or requested, rounded up."""
    return -(-(limits.get("cpu") or requests.get("cpu") or 1000) // 1000)


def _guest_memory(machine: Machine) -> int:
    declared = machine.requests.get("memory") or machine.limits.get("memory")
    return declared or machine.page_size


def _enlightened(machine: Machine) -> Machine:
    """Enlightenments bring others along, and one of them a feature of the CPU."""
    on = machine.hyperv
    on |= {name for name, by in _REQUIRED.items() if on & by}
    features = machine.required_features
    if _EVMCS in on and _VMX not in features:
        features = (*features, _VMX)
    return replace(machine, hyperv=on, required_features=features)
