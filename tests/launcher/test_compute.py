"""webhook.launcher.compute: the container of the guest."""

from dataclasses import replace

import pytest

from webhook.launcher.compute import compute, network_resources
from webhook.launcher.overhead import overhead
from webhook.launcher.surroundings import Surroundings
from webhook.objects import KubeVirt
from webhook.objects.machine import Machine

NANO, MIB, GIB = 10**9, 1 << 20, 1 << 30
MAIN, NOWHERE = KubeVirt(version="v1.10.0"), Surroundings()
SMALL = Machine(cpu_model="host-model", vcpus=2, guest_memory=2 * GIB, architecture="amd64")
KUBEVIRTS = {f"devices.kubevirt.io/{name}" for name in ("kvm", "tun", "vhost-net")}
NETWORKS = Surroundings(namespace="red", networks={"red/fast": "a.com/f", "blue/plain": ""})
EXTERNAL = KubeVirt(gates=frozenset({"ExternalNetResourceInjection"}))


def container(kubevirt=MAIN, around=NOWHERE, **changed):
    """The guest's container of a machine that differs from the small one."""
    return compute(replace(SMALL, **changed), kubevirt, around)


def requested(name, kubevirt=MAIN, **changed):
    """What is requested of a resource, exactly."""
    return container(kubevirt, **changed).requests[name] / NANO


def limits(**changed):
    """What is limited, in whole units, device plugins left out."""
    found = container(**changed).limits
    return {name: amount // NANO for name, amount in found.items() if "/" not in name}


def test_the_container_is_called_compute():
    found = container()
    assert found.name == "compute"
    assert not found.restartable


@pytest.mark.parametrize(
    ("changed", "ratio", "cpus"),
    [
        ({}, 10, 0.2),
        ({"io_threads": 1}, 10, 0.3),
        ({"vcpus": 3}, 7, 0.429),
        ({"vcpus": 7}, 100, 0.07),
        ({"vcpus": 10}, 7, 1.429),
        ({"vcpus": 10}, 10, 1.0),
        ({"requests": {"cpu": 1500}}, 10, 1.5),
        ({"requests": {"cpu": 0}}, 10, 0.0),
        ({"requests": {"memory": 5}}, 10, 0.2),
        ({"dedicated_cpu": True}, 10, 2.0),
        ({"dedicated_cpu": True, "requests": {"cpu": 1}, "io_threads": 3}, 10, 5.0),
        ({"dedicated_cpu": True, "isolated_emulator": True}, 10, 3.0),
        ({"dedicated_cpu": True, "isolated_emulator": True, "even_parity": True}, 10, 4.0),
        (
            {"dedicated_cpu": True, "isolated_emulator": True, "even_parity": True, "vcpus": 3},
            10,
            4.0,
        ),
        ({"dedicated_cpu": True, "even_parity": True}, 10, 2.0),
        ({"isolated_emulator": True}, 10, 0.2),
    ],
)
def test_cpu_is_shared_unless_it_is_asked_for_or_pinned(changed, ratio, cpus):
    kubevirt = KubeVirt(version="v1.10.0", cpu_allocation_ratio=ratio)
    assert requested("cpu", kubevirt, **changed) == cpus


@pytest.mark.parametrize(
    ("changed", "guest"),
    [
        ({}, 2 * GIB),
        ({"requests": {"memory": GIB}}, GIB),
        ({"limits": {"memory": 3 * GIB}}, 3 * GIB),
        ({"requests": {"memory": 0}}, 0),
    ],
)
def test_memory_is_the_guests_and_the_overhead(changed, guest):
    extra = overhead(replace(SMALL, **changed), MAIN)
    assert requested("memory", **changed) == guest + extra
    assert requested("memory", overhead_is_overcommitted=True, **changed) == guest


@pytest.mark.parametrize(
    ("changed", "paged", "plain"),
    [
        ({}, 2 * GIB, 0),
        ({"requests": {"memory": 3 * GIB}}, 2 * GIB, GIB),
        ({"requests": {"memory": GIB}}, GIB, 0),
        ({"overhead_is_overcommitted": True}, 2 * GIB, 0),
    ],
)
def test_huge_pages_hold_the_guest_and_plain_memory_the_rest(changed, paged, plain):
    found = container(hugepages="2Mi", **changed)
    extra = overhead(replace(SMALL, hugepages="2Mi", **changed), MAIN)
    assert found.requests["memory"] == (plain + extra) * NANO
    assert found.requests["hugepages-2Mi"] == found.limits["hugepages-2Mi"] == paged * NANO
    assert "hugepages-2Mi" not in container(**changed).requests


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {}),
        ({"limits": {"cpu": 3000}}, {"cpu": 3}),
        ({"limits": {"memory": 3 * GIB}}, {"memory": 3 * GIB + 296 * MIB}),
        ({"dedicated_cpu": True}, {"cpu": 2, "memory": 2 * GIB + 396 * MIB}),
        (
            {"dedicated_cpu": True, "limits": {"cpu": 9000, "memory": 9 * GIB}},
            {"cpu": 2, "memory": 9 * GIB + 396 * MIB},
        ),
        (
            {"hugepages": "2Mi", "limits": {"memory": 3 * GIB}},
            {"hugepages-2Mi": 2 * GIB, "memory": GIB + 296 * MIB},
        ),
        (
            {"hugepages": "2Mi", "limits": {"memory": GIB}},
            {"hugepages-2Mi": GIB, "memory": 296 * MIB},
        ),
        (
            {"hugepages": "2Mi", "dedicated_cpu": True},
            {"cpu": 2, "hugepages-2Mi": 2 * GIB, "memory": 396 * MIB},
        ),
        ({"hugepages": "2Mi"}, {"hugepages-2Mi": 2 * GIB}),
        ({"limits": {"ephemeral-storage": 1}}, {"ephemeral-storage": 50_000_001}),
    ],
)
def test_limits_are_the_vms_and_those_of_what_is_pinned(changed, expected):
    assert limits(**changed) == expected


def test_ephemeral_storage_comes_on_top_of_what_is_asked_for():
    assert requested("ephemeral-storage") == 50_000_000
    assert requested("ephemeral-storage", requests={"ephemeral-storage": 1000}) == 50_001_000
    assert requested("ephemeral-storage", limits={"ephemeral-storage": 1000}) == 50_000_000


def devices(kubevirt=MAIN, around=NOWHERE, **changed):
    """The extended resources, which are requested and limited alike."""
    found = container(kubevirt, around, **changed)
    counts = {name: amount / NANO for name, amount in found.requests.items() if "/" in name}
    assert counts.items() <= {k: v / NANO for k, v in found.limits.items()}.items()
    return counts


def added(**changed):
    """The devices that a change adds to KubeVirt's own."""
    return {name for name in devices(**changed) if name not in KUBEVIRTS}


def test_a_guest_takes_kubevirts_devices():
    assert devices() == dict.fromkeys(KUBEVIRTS, 1)
    emulated = KubeVirt(use_emulation=True, version="v1.10.0")
    assert devices(emulated) == {"devices.kubevirt.io/tun": 1}
    assert set(devices(virtio_interfaces=False)) == KUBEVIRTS - {"devices.kubevirt.io/vhost-net"}
    assert set(devices(interfaces=False)) == KUBEVIRTS - {"devices.kubevirt.io/tun"}


@pytest.mark.parametrize(
    ("changed", "device"),
    [
        ({"vsock": True}, "vhost-vsock"),
        ({"sev": True}, "sev"),
        ({"persistent_reservation": True}, "pr-helper"),
        ({"node_labels": ("kubevirt.io/tdx",)}, "tdx"),
        ({"kubevirt": KubeVirt(version="v1.9.0", gates=frozenset({"IOMMUFD"}))}, "iommufd"),
    ],
)
def test_some_guests_take_more_of_them(changed, device):
    assert added(**changed) == {f"devices.kubevirt.io/{device}"}


@pytest.mark.parametrize(
    ("version", "expected"),
    [("v1.8.4", set()), ("v1.9.0", {"devices.kubevirt.io/tdx"}), ("", {"devices.kubevirt.io/tdx"})],
)
def test_tdx_is_a_device_since_1_9(version, expected):
    assert added(kubevirt=KubeVirt(version=version), node_labels=("kubevirt.io/tdx",)) == expected


def test_what_is_passed_through_is_counted_unless_the_vm_counts_itself():
    assert devices(extended={"a.com/gpu": 2})["a.com/gpu"] == 2
    own = {"a.com/gpu": 5, "a.com/x": 1}
    counted = devices(extended={"a.com/gpu": 2}, requests=own, limits=own)
    assert (counted["a.com/gpu"], counted["a.com/x"]) == (5, 1)
    assert devices(limits={"a.com/x": 3})["a.com/x"] == 3


def test_networks_take_the_resource_that_they_name():
    names = ("fast", "red/fast", "blue/plain", "plain")
    machine = replace(SMALL, networks=names)
    assert network_resources(machine, MAIN, NETWORKS) == ["a.com/f", "a.com/f", "", None]
    assert devices(around=NETWORKS, networks=names) == dict.fromkeys(KUBEVIRTS, 1) | {"a.com/f": 2}
    more = devices(around=NETWORKS, networks=("fast",), extended={"a.com/f": 2})
    assert more["a.com/f"] == 3


def test_another_webhook_may_add_the_resources_of_networks():
    machine = replace(SMALL, networks=("fast", "blue/plain"))
    assert network_resources(machine, EXTERNAL, NETWORKS) == [None, None]
    assert "a.com/f" not in devices(EXTERNAL, NETWORKS, networks=("fast",))
