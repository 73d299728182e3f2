"""webhook.launcher.estimate: KubeVirt's formula, held against pods that KubeVirt rendered."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from webhook import files
from webhook.launcher.compute import compute
from webhook.launcher.defaulting import defaulted
from webhook.launcher.estimate import estimated, fetched, moved, requests_of
from webhook.launcher.limits import AutoLimits
from webhook.launcher.overhead import overhead
from webhook.launcher.surroundings import Surroundings
from webhook.objects import KubeVirt, PodInfo, VirtualMachine, VirtualMachineInstance
from webhook.objects.classes import RuntimeClass
from webhook.objects.machine import Binding, Machine, Support
from webhook.objects.resources import Container, PodResources

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

NANO, GIB = 10**9, 1 << 30
MAIN, NOWHERE = KubeVirt(version="v1.8.4"), Surroundings()
SMALL = Machine(cpu_model="host-model", vcpus=2, guest_memory=2 * GIB, architecture="amd64")
CALM = {"cpu": 1000, "memory": GIB}
PINNED = {"requests": CALM, "limits": CALM}
IMAGE_VOLUMES = KubeVirt(version="v1.8.4", gates=frozenset({"ImageVolume"}))


def test_there_are_seven_recorded_pods():
    assert len(LAUNCHERS) == len(OVERHEADS) == 7


@pytest.mark.parametrize("name", LAUNCHERS)
def test_the_estimate_is_what_kubevirt_rendered(name):
    pod = LAUNCHERS[name]
    instance = INSTANCES[pod.owner_uid]
    assert overhead(instance.machine, RECORDED) == OVERHEADS[name]
    for machine in (instance.machine, VMS[instance.key].machine):
        found = estimated(defaulted(machine, RECORDED), RECORDED, NOWHERE)
        assert found == pod.resources
        assert requests_of(found) == pod.requests


def parts(kubevirt=MAIN, **changed):
    """The containers beside the guest's, then the init containers."""
    found = estimated(replace(SMALL, **changed), kubevirt, NOWHERE)
    assert found.containers[0] == compute(replace(SMALL, **changed), kubevirt, NOWHERE)
    return found.containers[1:], found.inits


def container(name, requests, limits, restartable=False):
    """A container with milli units of CPU, megabytes of memory and of ephemeral storage."""
    scales = {"cpu": NANO // 1000, "memory": 10**6 * NANO, "ephemeral-storage": 10**6 * NANO}

    def exact(amounts):
        named = zip(scales, amounts, strict=False)
        return {name: amount * scales[name] for name, amount in named}

    return Container(name, exact(requests), exact(limits), restartable)


LOG = container("guest-console-log", (5, 35), (15, 60), restartable=True)
PINNED_LOG = container("guest-console-log", (15, 60), (15, 60), restartable=True)


@pytest.mark.parametrize(
    ("own", "cluster", "expected"),
    [
        (None, True, (LOG,)),
        (None, False, ()),
        (True, False, (LOG,)),
        (False, True, ()),
    ],
)
def test_the_console_is_logged_where_the_vm_or_else_the_cluster_wants_it(own, cluster, expected):
    kubevirt = KubeVirt(version="v1.8.4", console_log=cluster)
    assert parts(kubevirt, console_log=own) == ((), expected)


def test_a_guaranteed_pod_is_guaranteed_all_over():
    assert parts(**PINNED) == ((), (PINNED_LOG,))
    assert parts(dedicated_cpu=True) == ((), (PINNED_LOG,))


def test_images_are_containers_that_init_containers_fetch():
    beside, inits = parts(images=("root", "kernel"), console_log=False)
    assert beside == (
        container("volumeroot", (1, 1, 50), (10, 40)),
        container("volumekernel", (1, 1, 50), (10, 40)),
    )
    assert inits == (
        container("container-disk-binary", (10, 1), (100, 40)),
        container("volumeroot-init", (1, 1, 50), (10, 40)),
        container("volumekernel-init", (1, 1, 50), (10, 40)),
    )
    beside, inits = parts(images=("root",), console_log=False, **PINNED)
    assert beside == (container("volumeroot", (10, 40, 50), (10, 40)),)
    assert inits == (
        container("container-disk-binary", (10, 40), (10, 40)),
        container("volumeroot-init", (10, 40, 50), (10, 40)),
    )


def test_images_are_volumes_where_the_cluster_does_that():
    beside, inits = parts(IMAGE_VOLUMES, images=("root",))
    assert (beside, inits) == ((), (LOG, container("volumeroot", (1, 1, 50), (10, 40))))
    assert parts(IMAGE_VOLUMES) == ((), (LOG,))


def test_file_systems_and_hooks_are_containers():
    kubevirt = KubeVirt(
        version="v1.8.4", bindings={"a": Binding(sidecar=True), "b": Binding(), "c": Binding()}
    )
    changed = {"file_systems": ("s",), "hooks": 1, "bindings": frozenset({"a", "b", "unknown"})}
    beside, _ = parts(kubevirt, **changed)
    assert beside == (
        container("virtiofs-s", (10, 1), (100, 80)),
        Container("hook-sidecar-0"),
        Container("hook-sidecar-1"),
    )
    beside, _ = parts(kubevirt, **changed, **PINNED)
    assert beside == (
        container("virtiofs-s", (100, 80), (100, 80)),
        container("hook-sidecar-0", (200, 64), (200, 64)),
        container("hook-sidecar-1", (200, 64), (200, 64)),
    )


def asked(cpu, memory):
    """A support container's CPU and memory."""
    return container("", (cpu, memory), ()).requests


def test_the_cluster_may_ask_for_other_amounts():
    support = {
        kind: Support(asked(7, 8), asked(70, 80))
        for kind in ("container-disk", "guest-console-log", "virtiofs")
    }
    support["sidecar"] = Support({}, {"cpu": NANO})
    kubevirt = KubeVirt(version="v1.8.4", support=support)
    machine = {"images": ("i",), "file_systems": ("f",), "hooks": 1}
    beside, inits = parts(kubevirt, **machine)
    assert beside == (
        container("volumei", (7, 8, 50), (70, 80)),
        container("virtiofs-f", (7, 8), (70, 80)),
        Container("hook-sidecar-0", {"cpu": NANO}, {"cpu": NANO}),
    )
    assert inits == (
        container("guest-console-log", (7, 8), (70, 80), restartable=True),
        container("container-disk-binary", (7, 8), (70, 80)),
        container("volumei-init", (7, 8, 50), (70, 80)),
    )
    beside, inits = parts(kubevirt, **machine, **PINNED)
    assert beside[0] == container("volumei", (70, 80, 50), (70, 80))
    assert beside[2].requests == {"cpu": NANO, **asked(0, 64)} | {"cpu": NANO}
    assert inits[1] == container("container-disk-binary", (70, 80), (70, 80))


def test_quotas_limit_the_guest():
    around = Surroundings(limits=AutoLimits(cpu=True, memory_ratio=2.0))
    guest = estimated(SMALL, MAIN, around).containers[0]
    assert guest.limits["cpu"] == 2 * NANO
    assert guest.limits["memory"] == 2 * guest.requests["memory"]


def test_a_runtime_class_adds_its_overhead():
    runtime = RuntimeClass("kata", {"cpu": NANO})
    found = estimated(SMALL, KubeVirt(version="v1.8.4", runtime=runtime), NOWHERE)
    assert found.overhead == {"cpu": NANO}
    plain = estimated(SMALL, MAIN, NOWHERE)
    assert plain.overhead == {}
    assert requests_of(found)["cpu"] == requests_of(plain)["cpu"] + 1000


def test_the_requests_of_a_pod_are_those_of_all_that_runs_at_once():
    resources = PodResources(
        containers=(Container("a", {"cpu": NANO}), Container("b", {"cpu": NANO, "memory": NANO})),
        inits=(
            Container("sidecar", {"cpu": NANO}, restartable=True),
            Container("init", {"cpu": 5 * NANO}),
        ),
        overhead={"memory": NANO},
    )
    assert requests_of(resources) == {"cpu": 6000, "memory": 2}
    level = replace(resources, pod_level=Container("", {"cpu": NANO}))
    assert requests_of(level) == {"cpu": 1000, "memory": 2}


def test_what_moves_is_the_difference():
    own = {"cpu": 300, "memory": 5, "x": 1}
    assert moved(own, {"cpu": 100, "memory": 1}, {"cpu": 200, "memory": 1}) == own | {"cpu": 400}
    assert moved(own, {"cpu": 500}, {}) == own | {"cpu": 0}
    assert moved(own, {"cpu": 100}, {}) == own | {"cpu": 200}
    assert moved(own, {}, {"y": 2}) == own | {"y": 2}
    assert moved(own, own, own) == own


def test_a_target_fetches_nothing_where_images_are_volumes():
    inits = (Container("volumeroot", {"cpu": 9 * NANO}), Container("volumeother", {"cpu": NANO}))
    resources = PodResources((Container("compute", {"cpu": NANO}),), inits)
    pod = PodInfo("default", "p", requests={"cpu": 9000}, resources=resources)
    machine = replace(SMALL, images=("root",))
    found = fetched(pod, machine, IMAGE_VOLUMES)
    assert found.resources is not None
    assert found.resources.inits == inits[1:]
    assert found.requests == {"cpu": 1000}
    assert fetched(pod, machine, MAIN) is pod
    unknown = replace(pod, resources=None)
    assert fetched(unknown, machine, IMAGE_VOLUMES) is unknown
