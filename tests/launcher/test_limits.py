"""webhook.launcher.limits: the limits that KubeVirt gives because of a namespace."""

import pytest

from webhook.launcher.limits import AutoLimits, auto_limits, limited
from webhook.objects import KubeVirt, LabelSelector, Operator, Requirement
from webhook.objects.machine import Machine
from webhook.objects.resources import Container, PodResources

ONE = 10**9
GIB = ONE << 30
RATIO = "alpha.kubevirt.io/auto-memory-limits-ratio"
POD = PodResources(
    (Container("compute", {"memory": GIB}), Container("hook", {"memory": GIB})),
    (Container("guest-console-log", {"memory": GIB}, restartable=True),),
)


def compute(pod, machine, auto):
    """Return the limits of the guest's container, after a check that the others have none."""
    guest, *others = limited(pod, machine, auto).containers
    assert others == list(pod.containers[1:])
    assert limited(pod, machine, auto).inits == pod.inits
    return guest.limits


@pytest.mark.parametrize(
    ("named", "auto"),
    [
        ((), AutoLimits()),
        (("requests.memory", "cpu", "pods"), AutoLimits()),
        (("limits.cpu",), AutoLimits(cpu=True)),
        (("limits.memory", "pods"), AutoLimits(memory_ratio=2.0)),
        (("limits.cpu", "limits.memory"), AutoLimits(cpu=True, memory_ratio=2.0)),
    ],
)
def test_a_quota_on_limits_brings_them_about(named, auto):
    assert auto_limits(KubeVirt(), named, {}) == auto


@pytest.mark.parametrize(
    ("version", "always"),
    [("", True), ("v1.4.9", False), ("v1.5.0", True), ("v1.8.4", True), ("devel", True)],
)
def test_before_kubevirt_1_5_a_quota_brings_nothing_about(version, always):
    auto = auto_limits(KubeVirt(version=version), ("limits.cpu", "limits.memory"), {})
    assert auto == (AutoLimits(cpu=True, memory_ratio=2.0) if always else AutoLimits())


def test_the_cr_selects_namespaces_in_which_cpu_is_limited():
    selector = LabelSelector((Requirement("team", Operator.IN, frozenset({"a"})),))
    kubevirt = KubeVirt(limits_cpu_in=selector, version="v1.4.0")
    assert auto_limits(kubevirt, (), {"team": "a"}) == AutoLimits(cpu=True)
    assert auto_limits(kubevirt, (), {"team": "b"}) == AutoLimits()


@pytest.mark.parametrize(
    ("label", "ratio"),
    [
        ("1.5", 1.5),
        ("3", 3.0),
        ("1", 1.0),
        ("1.0", 1.0),
        ("0.9", 2.0),
        ("-3", 2.0),
        ("1_5", 2.0),
        ("3x", 2.0),
        ("inf", 2.0),
        ("", 2.0),
    ],
)
def test_the_namespace_has_a_ratio_of_its_own(label, ratio):
    assert auto_limits(KubeVirt(), ("limits.memory",), {RATIO: label}).memory_ratio == ratio


def test_only_the_guest_is_limited():
    machine = Machine(vcpus=4, io_threads=2)
    assert compute(POD, machine, AutoLimits()) == {}
    assert compute(POD, machine, AutoLimits(cpu=True)) == {"cpu": 6 * ONE}
    assert compute(POD, machine, AutoLimits(memory_ratio=1.5)) == {"memory": 3 * GIB // 2}


def test_a_limit_of_memory_is_of_whole_bytes():
    pod = PodResources((Container("compute", {"memory": 3 * ONE}, {"memory": 9}),))
    assert compute(pod, Machine(), AutoLimits(memory_ratio=1.5)) == {"memory": 4 * ONE}
    split = PodResources((Container("compute", {"memory": 3 * ONE - 1}),))
    assert compute(split, Machine(), AutoLimits(memory_ratio=2.0)) == {"memory": 6 * ONE}
    assert compute(
        PodResources((Container("compute"),)), Machine(), AutoLimits(memory_ratio=2.0)
    ) == {"memory": 0}


def test_a_limit_of_the_vm_itself_stands():
    own = PodResources((Container("compute", {"memory": GIB}, {"cpu": 1, "memory": 2}),))
    auto = AutoLimits(cpu=True, memory_ratio=2.0)
    assert compute(own, Machine(limits={"cpu": 1000}), auto) == {"cpu": 1, "memory": 2 * GIB}
    assert compute(own, Machine(vcpus=1, limits={"memory": 1}), auto) == {"cpu": ONE, "memory": 2}


def test_a_limit_that_came_about_otherwise_stands_where_none_is_given():
    own = PodResources((Container("compute", {"memory": GIB}, {"cpu": 1, "memory": 2}),))
    assert compute(own, Machine(), AutoLimits()) == {"cpu": 1, "memory": 2}


def test_dedicated_cpus_are_limited_by_themselves():
    auto = AutoLimits(cpu=True, memory_ratio=2.0)
    assert limited(POD, Machine(dedicated_cpu=True), auto) == POD
