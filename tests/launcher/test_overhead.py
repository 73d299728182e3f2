"""webhook.launcher.overhead: memory beside the guest's."""

from dataclasses import replace

import pytest

from webhook.launcher.overhead import guaranteed, overhead, wanted
from webhook.objects import KubeVirt
from webhook.objects.machine import Binding, Machine

MIB, GIB = 1 << 20, 1 << 30
MAIN = KubeVirt(version="v1.10.0")
SMALL = Machine(cpu_model="host-model", vcpus=2, guest_memory=2 * GIB, architecture="amd64")
CALM = {"cpu": 2000, "memory": 1_024_000}


def test_the_worked_example_of_kubevirts_formula():
    assert overhead(SMALL, MAIN) == 296 * MIB


@pytest.mark.parametrize(
    ("version", "processes", "graphics"),
    [
        ("", 240, 32),
        ("nonsense", 240, 32),
        ("v1.9.0-dev", 240, 32),
        ("v1.10.0", 240, 32),
        ("v1.9.9", 220, 32),
        ("v1.7.4", 220, 32),
        ("v1.6.0", 220, 32),
        ("v1.5.9", 220, 16),
        ("v1.5.0", 220, 16),
        ("v1.4.9", 210, 16),
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
        ({"sev": True}, 256 * MIB),
        ({"downward_metrics": True}, MIB),
        ({"exec_probes": 1}, 110 * MIB),
        ({"exec_probes": 2}, 120 * MIB),
        ({"dedicated_cpu": True}, 100 * MIB),
        ({"passt": True}, 250 * MIB),
        ({"added_overhead": 5}, 5),
        ({"vcpus": 4}, 16 * MIB),
        ({"vcpus": 0}, -8 * MIB),
        ({"requests": {"memory": 2 * GIB}}, 2_147_484_000 // 512),
        ({"requests": {"memory": 1}}, 1),
        ({"limits": {"memory": 2 * GIB}}, 0),
        ({"vsock": True, "persistent_reservation": True, "images": ("a",)}, 0),
    ],
)
def test_what_a_machine_has_costs_memory(changed, more):
    assert overhead(replace(SMALL, **changed), MAIN) == 296 * MIB + more


def test_network_binding_plugins_cost_what_the_cluster_says():
    kubevirt = KubeVirt(version="v1.10.0", bindings={"a": Binding(3), "b": Binding(4)})
    for names, more in (({"a", "b"}, 7), ({"a"}, 3), ({"unknown"}, 0)):
        machine = replace(SMALL, bindings=frozenset(names))
        assert overhead(machine, kubevirt) == 296 * MIB + more


def test_before_1_7_the_pagetables_of_the_guest_are_counted():
    old, new = KubeVirt(version="v1.6.9"), KubeVirt(version="v1.7.0")
    assert overhead(SMALL, old) == overhead(SMALL, new) + 2_147_484_000 // 512
    declared = replace(SMALL, requests={"memory": GIB})
    assert overhead(declared, old) == overhead(declared, new)
    assert overhead(SMALL, KubeVirt()) == 296 * MIB


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        ("", 310_378_496),
        ("1", 310_378_496),
        ("much", 310_378_496),
        ("1.5", 310_378_496 + 155_189_000),
        ("1.37", 310_378_496 + 114_840_000),
        ("0.5", 310_378_496 - 155_189_000),
    ],
)
def test_the_clusters_ratio_multiplies_whole_kilobytes(ratio, expected):
    assert overhead(SMALL, KubeVirt(version="v1.10.0", overhead_ratio=ratio)) == expected


def test_what_networks_need_is_not_multiplied():
    kubevirt = KubeVirt(version="v1.10.0", overhead_ratio="1.5", bindings={"a": Binding(3)})
    machine = replace(SMALL, passt=True, bindings=frozenset({"a"}))
    assert overhead(machine, kubevirt) == overhead(SMALL, kubevirt) + 250 * MIB + 3


@pytest.mark.parametrize(
    ("requests", "limits", "expected"),
    [
        (CALM, CALM, True),
        (CALM, {}, False),
        (CALM, CALM | {"memory": 1}, False),
        (CALM, CALM | {"cpu": 1}, False),
        ({"cpu": 2000}, CALM, True),
        ({"memory": 1_024_000}, CALM, False),
        ({"cpu": 2000}, {"cpu": 2000}, False),
        ({"cpu": 0, "memory": 1}, {"cpu": 0, "memory": 1}, False),
        ({}, {}, False),
    ],
)
def test_a_pod_is_guaranteed_what_it_is_limited_to(requests, limits, expected):
    machine = replace(SMALL, requests=requests, limits=limits)
    assert guaranteed(machine) is expected
    plain = overhead(replace(machine, limits={}), MAIN)
    assert overhead(machine, MAIN) == plain + 100 * MIB * expected
    assert guaranteed(replace(machine, dedicated_cpu=True))


@pytest.mark.parametrize(
    ("requests", "limits", "expected"),
    [
        ({"memory": 1}, {"memory": 2}, 1),
        ({}, {"memory": 2}, 2),
        ({"memory": 0}, {"memory": 2}, 2),
        ({"memory": 0}, {}, 0),
        ({}, {}, 2 * GIB * 100 // 150),
    ],
)
def test_what_is_not_declared_is_the_guests_share(requests, limits, expected):
    machine = replace(SMALL, requests=requests, limits=limits)
    assert wanted(machine, KubeVirt(memory_overcommit=150)) == expected
