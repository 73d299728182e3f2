"""webhook.launcher.estimate: KubeVirt's formula, held against pods that KubeVirt rendered."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from webhook import files
from webhook.launcher.estimate import estimated_requests, overhead, resized
from webhook.objects import KubeVirt, PodInfo, VirtualMachine, VirtualMachineInstance
from webhook.objects.virtual_machine import Machine

PATH = str(Path(__file__).parents[1] / "data" / "inventory.yaml")
CLUSTER: Any = files.load([PATH]).objects
RECORDED = CLUSTER[KubeVirt][0]
INSTANCES = {instance.uid: instance for instance in CLUSTER[VirtualMachineInstance]}
VMS = {vm.key: vm for vm in CLUSTER[VirtualMachine]}
LAUNCHERS = {pod.name: pod for pod in CLUSTER[PodInfo] if pod.owner_uid in INSTANCES}
OVERHEADS = {
    document.tree["metadata"]["name"]: int(
        document.tree["metadata"]["annotations"]["kubevirt.io/memory-overhead-bytes"]
    )
    for document in files.documents(PATH)
    if document.tree and document.tree["metadata"]["name"] in LAUNCHERS
}

MIB, GIB = 1024**2, 1024**3
MAIN = KubeVirt(version="v1.10.0")
SMALL = Machine(cpu_model="host-model", vcpus=2, guest_memory=2 * GIB, architecture="amd64")
DEVICES = {
    "devices.kubevirt.io/kvm": 1,
    "devices.kubevirt.io/tun": 1,
    "devices.kubevirt.io/vhost-net": 1,
}


def test_there_are_seven_recorded_pods():
    assert len(LAUNCHERS) == len(OVERHEADS) == 7


@pytest.mark.parametrize("name", LAUNCHERS)
def test_the_estimate_is_what_kubevirt_rendered(name):
    pod = LAUNCHERS[name]
    instance = INSTANCES[pod.owner_uid]
    assert overhead(instance.machine, RECORDED) == OVERHEADS[name]
    assert estimated_requests(instance.machine, RECORDED) == pod.requests
    assert estimated_requests(VMS[instance.key].machine, RECORDED) == pod.requests


def test_the_worked_example_of_the_reference():
    assert overhead(SMALL, MAIN) == 296 * MIB
    assert estimated_requests(SMALL, MAIN) == DEVICES | {
        "cpu": 205,
        "memory": 2_492_862_144,
        "ephemeral-storage": 50_000_000,
    }


@pytest.mark.parametrize(
    ("version", "processes", "graphics"),
    [
        ("", 240, 32),
        ("nonsense", 240, 32),
        ("v1.9.0-dev", 240, 32),
        ("v1.10.0", 240, 32),
        ("v1.9.0", 220, 32),
        ("v1.7.4", 220, 32),
        ("v1.6.6", 220, 32),
        ("v1.5.0", 220, 16),
        ("v1.4.0", 210, 16),
    ],
)
def test_the_constants_follow_kubevirts_version(version, processes, graphics):
    machine = replace(SMALL, guest_memory=0)
    expected = processes + graphics + 8 * 2 + 8
    assert overhead(machine, KubeVirt(version=version)) == expected * MIB
    headless = replace(machine, graphics=False)
    assert overhead(headless, KubeVirt(version=version)) == (expected - graphics) * MIB


@pytest.mark.parametrize(
    ("changed", "more"),
    [
        ({"architecture": "arm64"}, 128 * MIB),
        ({"host_devices": True}, GIB),
        ({"tpm": True}, 53 * MIB),
        ({"dedicated_cpu": True}, 100 * MIB),
        ({"vcpus": 4}, 16 * MIB),
        ({"requests": {"memory": 2 * GIB}}, 2_147_484_000 // 512),
    ],
)
def test_devices_and_declared_memory_cost_more(changed, more):
    assert overhead(replace(SMALL, **changed), MAIN) == 296 * MIB + more


def test_a_guaranteed_pod_costs_more():
    amounts = {"cpu": 2000, "memory": 1_024_000}
    plain = overhead(replace(SMALL, requests=amounts), MAIN)
    assert overhead(replace(SMALL, requests=amounts, limits=amounts), MAIN) == plain + 100 * MIB
    more = amounts | {"memory": 2_048_000}
    assert overhead(replace(SMALL, requests=amounts, limits=more), MAIN) == plain


def test_before_1_7_the_pagetables_of_the_guest_are_counted():
    old, new = KubeVirt(version="v1.6.6"), KubeVirt(version="v1.7.0")
    assert overhead(SMALL, old) == overhead(SMALL, new) + 2_147_484_000 // 512


def test_cpu_is_shared_unless_it_is_asked_for_or_pinned():
    def cpu(machine, kubevirt=MAIN):
        return estimated_requests(machine, kubevirt)["cpu"] - 5

    assert cpu(replace(SMALL, io_threads=1)) == 300
    assert cpu(SMALL, KubeVirt(cpu_allocation_ratio=4)) == 500
    assert cpu(replace(SMALL, requests={"cpu": 1500})) == 1500
    assert cpu(replace(SMALL, dedicated_cpu=True)) == 2000


def test_memory_is_what_was_asked_for_or_the_limit_or_the_guests_share():
    def memory(machine, kubevirt=MAIN):
        found = estimated_requests(machine, kubevirt)["memory"] - 35_000_000
        return found - overhead(machine, kubevirt)

    assert memory(SMALL) == 2 * GIB
    assert memory(SMALL, replace(MAIN, memory_overcommit=200)) == GIB
    assert memory(replace(SMALL, limits={"memory": 3 * GIB})) == 3 * GIB
    asked = replace(SMALL, requests={"memory": GIB}, limits={"memory": 3 * GIB})
    assert memory(asked) == GIB


def test_hugepages_hold_the_guest_and_plain_memory_the_rest():
    paged = replace(SMALL, hugepages="2Mi")
    found = estimated_requests(paged, MAIN)
    assert found["hugepages-2Mi"] == 2 * GIB
    assert found["memory"] == overhead(paged, MAIN) + 35_000_000
    more = estimated_requests(replace(paged, requests={"memory": 3 * GIB}), MAIN)
    assert more["hugepages-2Mi"] == 2 * GIB
    guestless = replace(paged, guest_memory=0, requests={"memory": GIB})
    assert estimated_requests(guestless, MAIN)["hugepages-2Mi"] == GIB


def test_devices_follow_emulation_interfaces_and_what_is_passed_through():
    def devices(machine, kubevirt=MAIN):
        found = estimated_requests(machine, kubevirt)
        return {name for name in found if "/" in name}

    assert devices(SMALL) == set(DEVICES)
    assert devices(SMALL, KubeVirt(use_emulation=True)) == {"devices.kubevirt.io/tun"}
    e1000 = replace(SMALL, virtio_interfaces=False)
    assert devices(e1000) == {"devices.kubevirt.io/kvm", "devices.kubevirt.io/tun"}
    assert devices(replace(e1000, interfaces=False)) == {"devices.kubevirt.io/kvm"}
    passed = replace(SMALL, extended={"nvidia.com/A100": 2})
    assert estimated_requests(passed, MAIN)["nvidia.com/A100"] == 2


def test_ephemeral_storage_comes_on_top_of_what_is_asked_for():
    asked = replace(SMALL, requests={"ephemeral-storage": 1000})
    assert estimated_requests(asked, MAIN)["ephemeral-storage"] == 50_001_000


def test_a_hotplug_changes_the_pods_own_requests_by_the_difference():
    own = {"cpu": 300, "memory": 5 * GIB, "pods.example.com/x": 1}
    assert resized(own, SMALL, SMALL, MAIN) is own
    larger = replace(SMALL, vcpus=4, guest_memory=3 * GIB)
    assert resized(own, SMALL, larger, MAIN) == own | {
        "cpu": 500,
        "memory": 6 * GIB + 16 * MIB,
    }
    assert resized({"cpu": 100}, larger, SMALL, MAIN)["cpu"] == 0


def test_without_a_console_log_there_is_no_container_for_it():
    with_log, without = (
        estimated_requests(replace(SMALL, console_log=log), MAIN) for log in (True, False)
    )
    assert with_log["cpu"] - without["cpu"] == 5
    assert with_log["memory"] - without["memory"] == 35_000_000


def test_a_share_of_a_cpu_is_rounded_up():
    odd = KubeVirt(version="v1.10.0", cpu_allocation_ratio=3)
    assert estimated_requests(replace(SMALL, vcpus=1, console_log=False), odd)["cpu"] == 334


def test_an_isolated_emulator_thread_takes_a_cpu():
    pinned = replace(SMALL, dedicated_cpu=True, isolated_emulator=True, console_log=False)
    assert estimated_requests(pinned, MAIN)["cpu"] == 3000


def test_an_overcommitted_overhead_is_not_requested():
    guest = replace(SMALL, overhead_is_overcommitted=True, console_log=False)
    assert estimated_requests(guest, MAIN)["memory"] == 2 * GIB


def test_the_clusters_ratio_multiplies_the_overhead():
    more = KubeVirt(version="v1.10.0", overhead_ratio=1.5)
    assert overhead(SMALL, more) == 465_568_000


def test_encrypted_memory_and_sockets_need_devices():
    machine = replace(SMALL, encrypted="kubevirt.io/sev", vsock=True)
    found = estimated_requests(machine, MAIN)
    assert found["devices.kubevirt.io/sev"] == found["devices.kubevirt.io/vhost-vsock"] == 1
    assert overhead(machine, MAIN) - overhead(SMALL, MAIN) == 256 * MIB


def test_the_clusters_architecture_counts_where_the_vm_has_none():
    arm = KubeVirt(version="v1.10.0", default_architecture="arm64")
    assert overhead(replace(SMALL, architecture=""), arm) - overhead(SMALL, arm) == 128 * MIB
