"""webhook.judge.rendering: the launcher pods that KubeVirt would render."""

import pytest

from tests import builders
from tests.builders import inventory, value
from webhook.judge import rendering
from webhook.launcher.limits import AutoLimits
from webhook.launcher.surroundings import Surroundings

GIB = 1 << 30
KUBEVIRT = {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": {"name": "kv"}}
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "q", "namespace": "default"},
    "spec": {"hard": {"limits.cpu": "9"}},
    "status": {"hard": {"limits.cpu": "9"}},
}
LIMIT_RANGE = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "r", "namespace": "default"},
    "spec": {"limits": [{"type": "Container", "defaultRequest": {"ephemeral-storage": "7"}}]},
}
FAST = {
    "apiVersion": "k8s.cni.cncf.io/v1",
    "kind": "NetworkAttachmentDefinition",
    "metadata": {
        "name": "fast",
        "namespace": "default",
        "annotations": {"k8s.v1.cni.cncf.io/resourceName": "a.com/f"},
    },
}
NETWORKS = [{"name": "fast", "multus": {"networkName": "fast"}}]
CLOCK = "cpu-timer.node.kubevirt.io/tsc-frequency"
REENLIGHTENED: dict = {"features": {"hyperv": {"reenlightenment": {}}}}


def configured(**configuration):
    """A KubeVirt object with this configuration."""
    return KUBEVIRT | {"spec": {"configuration": configuration}}


def classed(kind, group, name, **fields):
    """A cluster-wide object of a name."""
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, **fields}


def first(vm, *trees):
    """The first pod of a VM tree in this cluster."""
    with inventory(builders.node(), *trees).reading() as world:
        return rendering.first(value(vm), world)


def surroundings(vm, *trees):
    """What a first pod of a VM tree has around it."""
    with inventory(*trees).reading() as world:
        return rendering.surroundings(value(vm), world)


def test_a_vm_that_asks_for_nothing_has_its_namespace_around_it():
    assert surroundings(builders.vm(), FAST) == Surroundings(namespace="default")


def test_what_a_vm_asks_for_is_looked_up():
    clocked = builders.kubevirt_node("n1", {CLOCK: "20"})
    idle = builders.kubevirt_node("n2", {CLOCK: "10", "kubevirt.io/schedulable": "false"})
    high = classed("PriorityClass", "scheduling.k8s.io", "high", value=7)
    vm = builders.vm(networks=NETWORKS, priorityClassName="high", domain=REENLIGHTENED)
    assert surroundings(vm, FAST, high, QUOTA, clocked, idle) == Surroundings(
        namespace="default",
        limits=AutoLimits(cpu=True),
        networks={"default/fast": "a.com/f"},
        tsc_frequency=20,
        priority=7,
    )
    there = builders.vmi(node_name="n2")
    assert surroundings(vm, clocked, idle, there).tsc_frequency == 10


def test_limit_ranges_fill_in_what_a_first_pod_requests():
    plain, filled = first(builders.vm()), first(builders.vm(), LIMIT_RANGE)
    assert plain.requests["ephemeral-storage"] == 50_000_000
    assert filled.requests["ephemeral-storage"] == filled.usage["ephemeral-storage"] == 50_000_007
    assert filled.resources == plain.resources, "who asks for room fills in by himself"


def test_a_first_pod_has_what_is_around_it():
    high = classed("PriorityClass", "scheduling.k8s.io", "high", value=7, globalDefault=True)
    pod = first(builders.vm(networks=NETWORKS), FAST, high)
    assert (pod.requests["a.com/f"], pod.priority, pod.unmodelled) == (1, 7, ())


def test_a_first_pod_has_the_overhead_of_its_runtime_class():
    kata = classed("RuntimeClass", "node.k8s.io", "kata", overhead={"podFixed": {"cpu": "1"}})
    settings = configured(defaultRuntimeClass="kata")
    assert first(builders.vm(), settings, kata).requests["cpu"] == 1105
    assert first(builders.vm(), settings).unmodelled == ("runtime class kata (its overhead)",)


def moved(name, new, *trees, status=None, **spec):
    """The pod of a guest that moves or restarts, by the function's name."""
    instance, source = builders.vmi(status=status, **spec), builders.launcher()
    with inventory(builders.kubevirt_node(), instance, source, *trees).reading() as world:
        return getattr(rendering, name)(value(new), value(instance), value(source), world)


def sized(cores, guest):
    """A VM of this size."""
    vm = builders.vm()
    vm["spec"]["template"]["spec"]["domain"] |= {
        "cpu": {"cores": 1, "sockets": cores},
        "memory": {"guest": guest},
    }
    return vm


@pytest.mark.parametrize("name", ["target", "restarted"])
def test_a_running_pod_gets_what_its_vm_plugs_in(name):
    pod = moved(name, sized(3, "2Gi"))
    assert pod.requests["cpu"] == 300
    assert pod.requests["memory"] == 2 * GIB + 2 * (8 << 20)
    assert moved(name, sized(1, "1Gi")).requests == {"cpu": 100, "memory": GIB}
    assert pod.name == f"virt-launcher-vm-{name}"


@pytest.mark.parametrize("name", ["target", "restarted"])
def test_a_running_pod_gets_what_its_guest_still_waits_for(name):
    status = {"currentCPUTopology": {"cores": 1}, "memory": {"guestRequested": "1Gi"}}
    domain = {"cpu": {"cores": 1, "sockets": 2}, "memory": {"guest": "2Gi"}}
    pod = moved(name, sized(2, "2Gi"), status=status, domain=domain)
    assert pod.requests["cpu"] == 200
    assert pod.requests["memory"] == 2 * GIB + (8 << 20)


def test_a_target_is_rendered_for_the_cpu_of_its_source_node():
    model = "host-model-cpu.node.kubevirt.io/Skylake"
    pod = moved("target", builders.vm(), builders.kubevirt_node(labels={model: "true"}))
    assert "cpu-model-migration.node.kubevirt.io/Skylake" in pod.rules.node_selector


def test_a_target_has_the_rules_of_the_vm():
    vm = builders.vm(nodeSelector={"disk": "ssd"})
    assert moved("target", vm).rules.node_selector["disk"] == "ssd"
