"""The launcher pods that KubeVirt would render, from what the world shows."""

from collections.abc import Iterable
from dataclasses import replace

from webhook import launcher
from webhook.judge.room import limits_in
from webhook.judge.world import World
from webhook.launcher.estimate import requests_of
from webhook.launcher.hotplug import plugged, resized, shown
from webhook.launcher.node_selector import lowest_tsc_frequency
from webhook.launcher.surroundings import Surroundings
from webhook.objects import PodInfo, VirtualMachine, VirtualMachineInstance
from webhook.objects.resources import PodResources
from webhook.quota.limit_range import filled


def target(
    vm: VirtualMachine, instance: VirtualMachineInstance, source: PodInfo, world: World
) -> PodInfo:
    """The target pod of a migration of the guest in `source`, once KubeVirt knows of the VM."""
    node = world.index.nodes.infos.get(source.node_name)
    source = _resized(vm, instance, source, world)
    return launcher.target(source, vm.rules, instance, world.kubevirt, node, world.features)


def restarted(
    vm: VirtualMachine, instance: VirtualMachineInstance, source: PodInfo, world: World
) -> PodInfo:
    """The pod of a restart that renders nothing anew but what its pod shows."""
    source = _resized(vm, instance, source, world)
    return launcher.restarted(source, vm, instance, world.kubevirt, world.features)


def _resized(
    vm: VirtualMachine, instance: VirtualMachineInstance, source: PodInfo, world: World
) -> PodInfo:
    """The source pod with what the VM plugs in, and what was plugged in since it was rendered."""
    kubevirt = world.kubevirt
    before = shown(instance, vm.machine, kubevirt)
    after = plugged(instance, vm.machine, kubevirt)
    if before == after and not after.networks:
        return source
    unplugged = before.networks if after.networks else ()
    return resized(source, before, after, kubevirt, surroundings(vm, world, unplugged))


def first(vm: VirtualMachine, world: World) -> PodInfo:
    """The first pod of a VM, with what the namespace's limit ranges give to its containers."""
    around = surroundings(vm, world)
    pod = launcher.fresh(vm, world.kubevirt, world.features, around)
    ranges = world.limit_ranges(vm.namespace)
    requests = requests_of(filled(pod.resources or PodResources(), ranges))
    return replace(pod, requests=requests, usage=requests)


def surroundings(vm: VirtualMachine, world: World, others: Iterable[str] = ()) -> Surroundings:
    """What a first pod of the VM has of its namespace, its networks (and others), and the nodes."""
    frequency = 0
    if vm.machine.tsc_required:
        occupied = frozenset(each.node_name for each in world.instances())
        frequency = lowest_tsc_frequency(world.index.nodes.infos.values(), occupied)
    return Surroundings(
        namespace=vm.namespace,
        limits=limits_in(vm.namespace, world),
        networks=world.networks(
            network if "/" in network else f"{vm.namespace}/{network}"
            for network in (*vm.machine.networks, *others)
        ),
        tsc_frequency=frequency,
        priority=world.priority(vm.priority_class),
    )
