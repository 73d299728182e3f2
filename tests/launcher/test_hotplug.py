"""webhook.launcher.hotplug: what the same change plugs in."""

from dataclasses import replace

import pytest

from webhook.launcher.estimate import estimated, requests_of
from webhook.launcher.hotplug import UNKNOWN_NETWORK, plugged, refusal, resized, shown
from webhook.launcher.surroundings import Surroundings
from webhook.objects import KubeVirt, PodInfo, VirtualMachineInstance
from webhook.objects.machine import Machine, Resizing

KUBEVIRT, NOWHERE = KubeVirt(version="v1.8.4"), Surroundings()
NANO, MIB, GIB = 10**9, 1 << 20, 1 << 30
GUEST = Machine(vcpus=2, guest_memory=2 * GIB, architecture="amd64")
ROOM = Resizing(vcpus=2, max_vcpus=8, guest_at_boot=GIB, guest_current=2 * GIB, max_guest=8 * GIB)


def instance(resizing=ROOM, not_migratable="", **machine):
    """A VMI of the guest."""
    guest = replace(GUEST, **machine)
    return VirtualMachineInstance(
        "default", "vm", machine=guest, resizing=resizing, not_migratable=not_migratable
    )


@pytest.mark.parametrize(
    ("wanted", "machine", "reason"),
    [
        ({}, {}, ""),
        ({"vcpus": 2, "guest_memory": 2 * GIB}, {}, ""),
        ({"vcpus": 1}, {}, "takes CPUs away"),
        ({"vcpus": 8}, {}, ""),
        ({"vcpus": 9}, {}, "adds more CPUs than can be plugged in"),
        ({"vcpus": 3}, {"architecture": "arm64"}, "adds more CPUs than can be plugged in"),
        ({"vcpus": 2}, {"architecture": "arm64"}, ""),
        ({"guest_memory": 8 * GIB}, {}, ""),
        ({"guest_memory": GIB}, {}, ""),
        ({"guest_memory": GIB - 2 * MIB}, {}, "takes memory away"),
        ({"guest_memory": 8 * GIB + 2 * MIB}, {}, "adds memory that cannot be plugged in"),
        ({"guest_memory": 3 * GIB + MIB}, {}, "adds memory that cannot be plugged in"),
        ({"guest_memory": 3 * GIB + 2 * MIB}, {"page_size": 2 * MIB}, ""),
        (
            {"guest_memory": 3 * GIB + 2 * MIB},
            {"page_size": GIB},
            "adds memory that cannot be plugged in",
        ),
        ({"guest_memory": 3 * GIB}, {"page_size": GIB}, ""),
        (
            {"guest_memory": 3 * GIB},
            {"not_migratable": "disks"},
            "adds memory that cannot be plugged in",
        ),
        ({"vcpus": 3}, {"not_migratable": "disks"}, ""),
    ],
)
def test_kubevirt_refuses_what_it_cannot_plug_in(wanted, machine, reason):
    assert refusal(instance(**machine), Machine(**wanted)) == reason


def test_nothing_can_be_plugged_into_a_guest_without_room():
    bare = instance(Resizing())
    assert refusal(bare, Machine()) == ""
    assert refusal(bare, Machine(vcpus=3)) == "adds more CPUs than can be plugged in"
    assert refusal(bare, Machine(guest_memory=3 * GIB)) == "adds memory that cannot be plugged in"


def test_what_the_vm_does_not_say_stays():
    assert plugged(instance(), Machine(), KUBEVIRT) == GUEST


def test_cpus_are_plugged_in():
    assert plugged(instance(), Machine(vcpus=4), KUBEVIRT) == replace(GUEST, vcpus=4)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, ({"cpu": 500}, {"cpu": 900})),
        ({"requests": {"cpu": 400}}, ({"cpu": 784}, {"cpu": 900})),
        ({"limits": {"cpu": 400}}, ({"cpu": 500}, {"cpu": 1184})),
        ({"requests": {"cpu": 0}, "limits": {"cpu": 0}}, ({"cpu": 500}, {"cpu": 900})),
    ],
)
def test_what_the_vm_declares_of_cpu_grows_by_the_share_of_the_new_ones(own, expected):
    kubevirt = KubeVirt(cpu_allocation_ratio=7)
    declared = instance(requests={"cpu": 500}, limits={"cpu": 900})
    found = plugged(declared, Machine(vcpus=4, **own), kubevirt)
    assert (found.requests, found.limits) == expected


def test_what_the_vm_declares_of_cpu_and_the_guest_does_not_counts_from_nothing():
    found = plugged(instance(), Machine(vcpus=4, requests={"cpu": 1}), KUBEVIRT)
    assert (found.requests, found.limits) == ({"cpu": 200}, {})


def test_memory_is_plugged_in():
    found = plugged(instance(), Machine(guest_memory=3 * GIB), KUBEVIRT)
    assert found == replace(GUEST, guest_memory=3 * GIB)


@pytest.mark.parametrize(
    ("requests", "limits", "own", "expected"),
    [
        (3, 0, {}, ({"memory": 4 * GIB}, {})),
        (1, 0, {}, ({"memory": 3 * GIB}, {})),
        (2, 0, {}, ({"memory": 3 * GIB}, {})),
        (0, 5, {}, ({}, {"memory": 5 * GIB})),
        (0, 5, {"limits": {"memory": 1}}, ({}, {"memory": 6 * GIB})),
        (3, 5, {"limits": {"memory": 1}}, ({"memory": 4 * GIB}, {"memory": 6 * GIB})),
        (2, 5, {"limits": {"memory": 1}}, ({"memory": 3 * GIB}, {"memory": 6 * GIB})),
        (1, 5, {"limits": {"memory": 1}}, ({"memory": 3 * GIB}, {"memory": 5 * GIB})),
    ],
)
def test_declared_memory_grows_along_and_covers_the_guest(requests, limits, own, expected):
    amounts = {"requests": {"memory": requests * GIB}, "limits": {"memory": limits * GIB}}
    given = {name: each if each["memory"] else {} for name, each in amounts.items()}
    found = plugged(instance(**given), Machine(guest_memory=3 * GIB, **own), KUBEVIRT)
    assert (found.guest_memory, found.requests, found.limits) == (3 * GIB, *expected)


def test_memory_grows_by_what_the_guest_does_not_have_yet():
    declared: dict = {"requests": {"memory": 3 * GIB}}
    lagging = replace(ROOM, guest_current=GIB)
    found = plugged(instance(lagging, **declared), Machine(guest_memory=3 * GIB), KUBEVIRT)
    assert found.requests == {"memory": 5 * GIB}
    silent = replace(ROOM, guest_current=0)
    found = plugged(instance(silent, **declared), Machine(guest_memory=3 * GIB), KUBEVIRT)
    assert found.requests == {"memory": 4 * GIB}


def test_networks_are_plugged_in_with_their_interfaces():
    more: dict = {
        "networks": ("fast",),
        "interfaces": False,
        "virtio_interfaces": False,
        "host_devices": True,
    }
    assert plugged(instance(), Machine(**more), KUBEVIRT) == replace(GUEST, **more)
    same = Machine(networks=("fast",), interfaces=False, host_devices=True)
    kept = replace(GUEST, networks=("fast",))
    assert plugged(instance(networks=("fast",)), same, KUBEVIRT) == kept


def test_a_pod_shows_what_its_guest_was_started_with():
    waiting = Resizing(vcpus=1, guest_requested=GIB)
    declared: dict = {"requests": {"cpu": 500, "memory": 3 * GIB}, "limits": {"memory": 4 * GIB}}
    wanted = Machine(requests={"cpu": 1}, limits={"memory": 1})
    found = shown(instance(waiting, **declared), wanted, KUBEVIRT)
    assert found == replace(
        GUEST,
        vcpus=1,
        guest_memory=GIB,
        requests={"cpu": 400, "memory": 2 * GIB},
        limits={"memory": 3 * GIB},
    )
    assert shown(instance(Resizing(), **declared), wanted, KUBEVIRT) == replace(GUEST, **declared)
    little: dict = {"requests": {"memory": GIB}}
    assert shown(instance(**little), wanted, KUBEVIRT) == replace(GUEST, **little)


def source(machine=GUEST, around=NOWHERE, **more):
    """The pod of a guest with a little more than we estimate."""
    resources = estimated(machine, KUBEVIRT, around)
    guest, *others = resources.containers
    own = {"a.com/own": 7 * NANO, "cpu": guest.requests["cpu"] + NANO}
    guest = replace(guest, requests={**guest.requests, **own})
    requests = requests_of(resources)
    requests = {**requests, "a.com/own": 7, "cpu": requests["cpu"] + 1000}
    resources = replace(resources, containers=(guest, *others))
    return PodInfo(
        "default", "p", labels={"a": "b"}, requests=requests, resources=resources, **more
    )


def test_a_pod_that_changes_nothing_is_as_it_is():
    pod = source()
    assert resized(pod, GUEST, GUEST, KUBEVIRT, NOWHERE) is pod
    bare = replace(GUEST, networks=("plain",))
    around = Surroundings(networks={"/plain": ""})
    assert resized(pod, bare, bare, KUBEVIRT, around) is pod


def test_a_pod_grows_by_the_difference_of_two_estimates():
    larger = replace(GUEST, vcpus=4, guest_memory=3 * GIB, limits={"memory": 5 * GIB})
    smaller = replace(GUEST, limits={"memory": 4 * GIB})
    pod = source(smaller)
    found = resized(pod, smaller, larger, KUBEVIRT, NOWHERE)
    more = GIB + 16 * MIB
    assert (
        found.requests
        == found.usage
        == pod.requests
        | {
            "cpu": pod.requests["cpu"] + 200,
            "memory": pod.requests["memory"] + more,
        }
    )
    assert found.resources is not None
    assert pod.resources is not None
    guest, before = found.resources.containers[0], pod.resources.containers[0]
    assert guest.requests == before.requests | {
        "cpu": before.requests["cpu"] + 200 * NANO // 1000,
        "memory": before.requests["memory"] + more * NANO,
    }
    assert guest.limits["memory"] == before.limits["memory"] + more * NANO
    assert replace(guest, requests={}, limits={}) == replace(before, requests={}, limits={})
    assert found.resources.inits == pod.resources.inits
    assert (found.labels, found.unmodelled) == (pod.labels, ())


def test_other_containers_stay():
    imaged = replace(GUEST, images=("i",))
    pod = source(imaged)
    found = resized(pod, imaged, replace(imaged, vcpus=4), KUBEVIRT, NOWHERE)
    assert found.resources is not None
    assert pod.resources is not None
    assert found.resources.containers[1:] == pod.resources.containers[1:]


def test_a_pod_whose_containers_are_not_known_grows_too():
    pod = replace(source(), resources=None)
    found = resized(pod, GUEST, replace(GUEST, vcpus=4), KUBEVIRT, NOWHERE)
    assert found.resources is None
    assert found.requests["cpu"] == pod.requests["cpu"] + 200


def test_the_label_of_a_ratio_goes_with_more_memory():
    kubevirt = KubeVirt(version="v1.8.4", overhead_ratio="1.5")
    more = replace(GUEST, guest_memory=3 * GIB)
    label = {"kubevirt.io/memory-hotplug-overhead-ratio": "1.5"}
    assert resized(source(), GUEST, more, kubevirt, NOWHERE).labels == {"a": "b"} | label
    cpus = replace(GUEST, vcpus=4)
    assert resized(source(), GUEST, cpus, kubevirt, NOWHERE).labels == {"a": "b"}


FAST = Surroundings(namespace="default", networks={"default/fast": "a.com/f"})


def test_the_resources_of_networks_are_those_of_now():
    one, two = (replace(GUEST, networks=("fast",) * count) for count in (1, 2))
    for pod, before in ((source(), two), (source(one, FAST), two), (source(one, FAST), one)):
        found = resized(pod, before, two, KUBEVIRT, FAST)
        assert found.requests["a.com/f"] == 2
        assert found.requests["a.com/own"] == 7
        assert found.requests["cpu"] == pod.requests["cpu"]
        assert found.resources is not None
        guest = found.resources.containers[0]
        assert guest.requests["a.com/f"] == guest.limits["a.com/f"] == 2 * NANO
    assert found.unmodelled == ()


def test_a_network_that_was_not_seen_is_unknown_only_if_it_is_new():
    more = replace(GUEST, networks=("slow",))
    found = resized(source(unmodelled=("x",)), GUEST, more, KUBEVIRT, FAST)
    assert found.unmodelled == ("x", UNKNOWN_NETWORK)
    pod = source()
    assert resized(pod, more, more, KUBEVIRT, FAST) is pod
    grown = resized(pod, more, replace(more, vcpus=4), KUBEVIRT, FAST)
    assert grown.unmodelled == ()
