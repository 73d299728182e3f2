"""What the same change plugs into a running guest: CPUs, memory, networks.

Mirrors `handleCPUChangeRequest` and `handleMemoryHotplugRequest` of KubeVirt's
`pkg/virt-controller/watch/vm/vm.go`, which patch the VMI; a target pod is rendered from that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from webhook.launcher.compute import network_resources
from webhook.launcher.estimate import estimated, moved, requests_of
from webhook.launcher.surroundings import Surroundings
from webhook.objects import KubeVirt, PodInfo, VirtualMachineInstance
from webhook.objects.machine import Machine
from webhook.objects.resources import Amounts, PodResources

UNKNOWN_NETWORK = "spec.template.spec.networks (the resource of a network)"
_RATIO = "kubevirt.io/memory-hotplug-overhead-ratio"
_BLOCK, _LARGE_BLOCK = 2 << 20, 1 << 30


def refusal(instance: VirtualMachineInstance, wanted: Machine) -> str:
    """Why KubeVirt would ask for a restart instead of plugging in what a VM wants; empty if not."""
    machine, resizing = instance.machine, instance.resizing
    vcpus, memory = wanted.vcpus or machine.vcpus, wanted.guest_memory or machine.guest_memory
    if vcpus < machine.vcpus:
        return "takes CPUs away"
    if vcpus > machine.vcpus and (vcpus > resizing.max_vcpus or machine.architecture == "arm64"):
        return "adds more CPUs than can be plugged in"
    if memory == machine.guest_memory:
        return ""
    if memory < resizing.guest_at_boot:
        return "takes memory away"
    block = _LARGE_BLOCK if machine.page_size == _LARGE_BLOCK else _BLOCK
    if memory > resizing.max_guest or memory % block or instance.not_migratable:
        return "adds memory that cannot be plugged in"
    return ""


def shown(instance: VirtualMachineInstance, wanted: Machine, kubevirt: KubeVirt) -> Machine:
    """The machine that the instance's pod was rendered for: without what still waits for a move."""
    machine, resizing = instance.machine, instance.resizing
    vcpus = resizing.vcpus or machine.vcpus
    guest = resizing.guest_requested or machine.guest_memory
    machine = _with_vcpus(machine, vcpus, wanted, kubevirt)
    if guest == machine.guest_memory:
        return machine
    return _with_memory(machine, guest, guest - machine.guest_memory, wanted)


def plugged(instance: VirtualMachineInstance, wanted: Machine, kubevirt: KubeVirt) -> Machine:
    """The machine of the instance once KubeVirt has patched it for what its VM wants."""
    machine, current = instance.machine, instance.resizing.guest_current
    if wanted.networks != machine.networks:
        machine = replace(
            machine,
            networks=wanted.networks,
            interfaces=wanted.interfaces,
            virtio_interfaces=wanted.virtio_interfaces,
            host_devices=wanted.host_devices,
        )
    machine = _with_vcpus(machine, wanted.vcpus or machine.vcpus, wanted, kubevirt)
    guest = wanted.guest_memory or machine.guest_memory
    if guest == machine.guest_memory:
        return machine
    return _with_memory(machine, guest, guest - (current or machine.guest_memory), wanted)


def _with_vcpus(machine: Machine, vcpus: int, wanted: Machine, kubevirt: KubeVirt) -> Machine:
    """Where the VM requests or limits CPU itself, KubeVirt adds its share of each new one."""
    if vcpus == machine.vcpus:
        return machine
    more = (vcpus - machine.vcpus) * (1000 // kubevirt.cpu_allocation_ratio)
    return replace(
        machine,
        vcpus=vcpus,
        requests=_raised(machine.requests, "cpu", more if wanted.requests.get("cpu") else 0),
        limits=_raised(machine.limits, "cpu", more if wanted.limits.get("cpu") else 0),
    )


def _with_memory(machine: Machine, guest: int, more: int, wanted: Machine) -> Machine:
    """A request of memory grows along, and covers the guest; so does a limit of the VM's."""
    requested = machine.requests.get("memory")
    if requested and requested + more < guest:
        requests, more = {**machine.requests, "memory": guest}, 0
    else:
        requests = dict(_raised(machine.requests, "memory", more if requested else 0))
    limits = _raised(machine.limits, "memory", more if wanted.limits.get("memory") else 0)
    return replace(machine, guest_memory=guest, requests=requests, limits=limits)


def _raised(amounts: Mapping[str, int], name: str, more: int) -> Mapping[str, int]:
    return {**amounts, name: amounts.get(name, 0) + more} if more else amounts


def resized(
    source: PodInfo, before: Machine, after: Machine, kubevirt: KubeVirt, around: Surroundings
) -> PodInfo:
    """A running pod as it is rendered anew for another machine: what differs is added to it.

    Its networks' resources are those of the new machine, as no status tells which of them the
    pod was rendered for.
    """
    networks = network_resources(after, kubevirt, around)
    if before == after and not any(networks):
        return source
    old, new = (estimated(machine, kubevirt, around) for machine in (before, after))
    labels, unmodelled = source.labels, source.unmodelled
    if before.guest_memory != after.guest_memory and kubevirt.overhead_ratio:
        labels = {**labels, _RATIO: kubevirt.overhead_ratio}
    if before.networks != after.networks and None in networks:
        unmodelled = (*unmodelled, UNKNOWN_NETWORK)
    found = _Rendered(old, new, frozenset(filter(None, networks)))
    requests = found.anew(source.requests, requests_of(old), requests_of(new))
    return replace(
        source,
        labels=labels,
        requests=requests,
        usage=requests,
        resources=source.resources and found.guest(source.resources),
        unmodelled=unmodelled,
    )


@dataclass(frozen=True, slots=True)
class _Rendered:
    """Two estimates, and the resources of which the new one tells all that there is."""

    old: PodResources
    new: PodResources
    known: frozenset[str]

    def anew(self, own: Amounts, old: Amounts, new: Amounts) -> Amounts:
        known = {name: new[name] for name in self.known & new.keys()}
        return {**moved(own, old, new), **known}

    def guest(self, own: PodResources) -> PodResources:
        """The resources of a pod whose first container, the guest's, is rendered anew."""
        (guest, *others), old, new = own.containers, self.old.containers[0], self.new.containers[0]
        guest = replace(
            guest,
            requests=self.anew(guest.requests, old.requests, new.requests),
            limits=self.anew(guest.limits, old.limits, new.limits),
        )
        return replace(own, containers=(guest, *others))
