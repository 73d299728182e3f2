"""The resources of the container in which the guest runs.

Mirrors `pkg/virt-controller/services/renderresources.go` of KubeVirt. Machines have KubeVirt's
defaults; amounts are exact, in nano units.
"""

from collections.abc import Iterable

from webhook.launcher.overhead import overhead, wanted
from webhook.launcher.surroundings import Surroundings
from webhook.objects import KubeVirt, Version
from webhook.objects.machine import Machine
from webhook.objects.resources import Amounts, Container
from webhook.parse.quantities import NANO

_EXTERNAL = "ExternalNetResourceInjection"
EPHEMERAL = 50_000_000 * NANO
_MILLI = NANO // 1000
_STORAGE = "ephemeral-storage"


def compute(machine: Machine, kubevirt: KubeVirt, around: Surroundings) -> Container:
    """The container called compute, as the API server stores it."""
    devices = _devices(machine, kubevirt, around)
    requests, limits = _exact(machine.requests), _exact(machine.limits)
    storage = {_STORAGE: requests.get(_STORAGE, 0) + EPHEMERAL}
    if _STORAGE in limits:
        limits = {**limits, _STORAGE: limits[_STORAGE] + EPHEMERAL}
    memory = {name: amount * NANO for name, amount in _memory(machine, kubevirt).items()}
    requests = {**devices, **requests, **storage, **memory, "cpu": _cpu(machine, kubevirt)}
    pages = {name: amount for name, amount in memory.items() if name != "memory"}
    limits = {**devices, **limits, **pages, **_limits(machine, kubevirt, requests)}
    return Container("compute", {**limits, **requests}, limits)


def network_resources(
    machine: Machine, kubevirt: KubeVirt, around: Surroundings
) -> list[str | None]:
    """The resource of each network of Multus, empty where it has none, None where nobody knows.

    That is so for a network that was not seen, and where KubeVirt leaves it to another webhook.
    """
    if _EXTERNAL in kubevirt.gates:
        return [None] * len(machine.networks)
    names = (n if "/" in n else f"{around.namespace}/{n}" for n in machine.networks)
    return [around.networks.get(name) for name in names]


def _exact(amounts: Amounts) -> Amounts:
    return {k: amount * (_MILLI if k == "cpu" else NANO) for k, amount in amounts.items()}


def _cpu(machine: Machine, kubevirt: KubeVirt) -> int:
    cores = machine.vcpus + machine.io_threads
    if machine.dedicated_cpu:
        return (cores + _emulator_threads(machine)) * NANO
    if "cpu" in machine.requests:
        return machine.requests["cpu"] * _MILLI
    return -(-cores * 1000 // kubevirt.cpu_allocation_ratio) * _MILLI


def _emulator_threads(machine: Machine) -> int:
    if not machine.isolated_emulator:
        return 0
    return 2 if machine.even_parity and machine.vcpus % 2 == 0 else 1


def _memory(machine: Machine, kubevirt: KubeVirt) -> dict[str, int]:
    """Bytes of plain memory and of huge pages; the latter are never short of the overhead."""
    own, extra = wanted(machine, kubevirt), overhead(machine, kubevirt)
    if not machine.hugepages:
        return {"memory": own if machine.overhead_is_overcommitted else own + extra}
    paged = min(own, machine.guest_memory)
    return {f"hugepages-{machine.hugepages}": paged, "memory": own - paged + extra}


def _limits(machine: Machine, kubevirt: KubeVirt, requests: Amounts) -> dict[str, int]:
    """The limits of CPU and memory, where the VM has any or dedicated CPUs."""
    own = wanted(machine, kubevirt) if machine.dedicated_cpu else machine.limits.get("memory")
    limits = {"cpu": requests["cpu"]} if machine.dedicated_cpu else {}
    if own is None:
        return limits
    plain = max(0, own - machine.guest_memory) if machine.hugepages else own
    return {**limits, "memory": (plain + overhead(machine, kubevirt)) * NANO}


def _devices(machine: Machine, kubevirt: KubeVirt, around: Surroundings) -> dict[str, int]:
    """Device plugins' resources: those of KubeVirt, of the networks, and those passed through."""
    version = Version.parse(kubevirt.version)
    knows_tdx = version is None or version >= Version(1, 9)
    accelerated = not kubevirt.use_emulation
    needed = {
        "kvm": accelerated,
        "vhost-net": accelerated and machine.virtio_interfaces,
        "tun": machine.interfaces,
        "vhost-vsock": machine.vsock,
        "sev": machine.sev,
        "tdx": knows_tdx and "kubevirt.io/tdx" in machine.node_labels,
        "pr-helper": machine.persistent_reservation,
        "iommufd": "IOMMUFD" in kubevirt.gates,
    }
    names: Iterable[str] = (
        f"devices.kubevirt.io/{name}" for name, is_on in needed.items() if is_on
    )
    counts = dict.fromkeys(names, 1) | dict(machine.extended)
    for resource in filter(None, network_resources(machine, kubevirt, around)):
        counts[resource] = counts.get(resource, 0) + 1
    return {name: count * NANO for name, count in counts.items()}
