"""webhook.launcher.defaulting: what KubeVirt's webhook fills in."""

import pytest

from webhook.launcher.defaulting import defaulted
from webhook.objects import KubeVirt
from webhook.objects.machine import Machine

KUBEVIRT = KubeVirt()
GIB = 1 << 30


def filled(kubevirt=KUBEVIRT, **machine):
    """The machine with its defaults."""
    return defaulted(Machine(**machine), kubevirt)


def test_a_machine_that_says_nothing_gets_kubevirts_defaults():
    assert filled() == Machine(
        architecture="amd64", machine_type="q35", cpu_model="host-model", vcpus=1
    )


def test_what_a_machine_says_stays():
    said = Machine(
        architecture="s390x",
        machine_type="m",
        cpu_model="Haswell",
        vcpus=3,
        guest_memory=GIB,
        requests={"cpu": 1, "memory": 2},
        limits={"cpu": 4000, "memory": 3},
        even_parity=True,
    )
    assert defaulted(said, KubeVirt(cpu_model="x", cpu_request=7)) == said


@pytest.mark.parametrize(
    ("architecture", "machine_type", "model"),
    [
        ("amd64", "q35", "host-model"),
        ("arm64", "virt", "host-passthrough"),
        ("s390x", "s390-ccw-virtio", "host-model"),
    ],
)
def test_defaults_follow_the_architecture(architecture, machine_type, model):
    for found in (
        filled(architecture=architecture),
        filled(KubeVirt(default_architecture=architecture)),
    ):
        assert (found.architecture, found.machine_type) == (architecture, machine_type)
        assert found.cpu_model == model


def test_the_cluster_has_defaults_of_its_own():
    kubevirt = KubeVirt(
        cpu_model="Haswell",
        machine_types={"amd64": "pc", "arm64": "other"},
        completes_to_even_parity=True,
    )
    assert filled(kubevirt) == Machine(
        architecture="amd64", machine_type="pc", cpu_model="Haswell", vcpus=1, even_parity=True
    )
    arm = filled(kubevirt, architecture="arm64")
    assert (arm.machine_type, arm.cpu_model) == ("other", "host-passthrough")


@pytest.mark.parametrize(
    ("requests", "limits", "expected"),
    [
        ({}, {}, {}),
        ({}, {"cpu": 2000}, {"cpu": 2000}),
        ({"cpu": 0}, {"cpu": 2000}, {"cpu": 2000}),
        ({"cpu": 500}, {"cpu": 2000}, {"cpu": 500}),
        ({"memory": 1}, {"cpu": 2000}, {"memory": 1, "cpu": 2000}),
        ({"cpu": 0}, {"cpu": 0}, {"cpu": 0}),
    ],
)
def test_a_limit_of_cpu_is_a_request_too(requests, limits, expected):
    assert filled(requests=requests, limits=limits).requests == expected


def test_the_clusters_request_of_cpu_is_for_machines_without_one():
    kubevirt = KubeVirt(cpu_request=1500)
    found = filled(kubevirt, requests={"memory": 1})
    assert (found.requests, found.vcpus) == ({"memory": 1, "cpu": 1500}, 2)
    assert filled(kubevirt, requests={"cpu": 0}).requests == {"cpu": 0}
    assert filled(kubevirt, dedicated_cpu=True).requests == {}
    assert filled(kubevirt, limits={"cpu": 1}).requests == {"cpu": 1}


@pytest.mark.parametrize(
    ("requests", "limits", "vcpus"),
    [
        ({}, {}, 1),
        ({"cpu": 1000}, {}, 1),
        ({"cpu": 1001}, {}, 2),
        ({"cpu": 1000}, {"cpu": 3000}, 3),
        ({}, {"cpu": 0}, 1),
    ],
)
def test_cpus_follow_limits_or_requests(requests, limits, vcpus):
    assert filled(requests=requests, limits=limits).vcpus == vcpus
    assert filled(requests=requests, limits=limits, vcpus=9).vcpus == 9


@pytest.mark.parametrize(
    ("requests", "limits", "page", "guest"),
    [
        ({"memory": 1}, {"memory": 2}, 3, 1),
        ({"memory": 0}, {"memory": 2}, 3, 2),
        ({}, {"memory": 2}, 3, 2),
        ({}, {}, 3, 3),
        ({}, {}, 0, 0),
    ],
)
def test_the_guests_memory_follows_requests_limits_or_a_page(requests, limits, page, guest):
    found = filled(requests=requests, limits=limits, page_size=page)
    assert found.guest_memory == guest


@pytest.mark.parametrize(
    ("on", "more"),
    [
        ({"relaxed"}, set()),
        ({"synictimer"}, {"synic", "vpindex"}),
        ({"synic"}, {"vpindex"}),
        ({"ipi"}, {"vpindex"}),
        ({"tlbflush"}, {"vpindex"}),
    ],
)
def test_enlightenments_bring_others_along(on, more):
    assert filled(hyperv=frozenset(on)).hyperv == on | more


def test_one_enlightenment_needs_a_feature_of_the_cpu():
    on = frozenset({"evmcs"})
    assert filled(hyperv=on, required_features=("aes",)).required_features == ("aes", "vmx")
    assert filled(hyperv=on, required_features=("vmx", "aes")).required_features == ("vmx", "aes")
    assert filled(hyperv=frozenset({"ipi"})).required_features == ()
