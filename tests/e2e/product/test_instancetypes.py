"""VMs of instancetypes: what KubeVirt makes of them is what is judged, and what comes true."""

import json

import pytest

from tests.cluster.api import Object
from tests.cluster.waiting import until
from tests.e2e.machines import VM, VMI, ZONE, in_zone, virtual_machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

GROUP = "instancetype.kubevirt.io/v1beta1"
INSTANCETYPE, PREFERENCE = "VirtualMachineInstancetype", "VirtualMachinePreference"
GIB = 1 << 30


@pytest.fixture
def typed(moving):
    """Put instancetypes and preferences into the namespace."""
    nvme, zone_1, zone_2 = {"disk": "nvme"}, {ZONE: "zone-1"}, {ZONE: "zone-2"}
    moving.apply(instancetype("small", 1, "1Gi"))
    moving.apply(instancetype("medium", 2, "4Gi"))
    moving.apply(instancetype("huge", 1, "64Gi", nodeSelector=zone_1))
    moving.apply(instancetype("nvme", 1, "1Gi", nodeSelector=nvme))
    moving.apply(instancetype("in-zone-1", 1, "1Gi", nodeSelector=zone_1))
    moving.apply(instancetype("in-zone-2", 1, "1Gi", nodeSelector=zone_2))
    moving.apply(instancetype("another-scheduler", 1, "1Gi", schedulerName="mine"))
    moving.apply(preference("sockets", cpu={"preferredCPUTopology": "sockets"}))
    moving.apply(preference("cores", cpu={"preferredCPUTopology": "cores"}))
    return moving


def instancetype(name: str, cpus: int, memory: str, **spec: Object) -> Object:
    """Return a VirtualMachineInstancetype."""
    size = {"cpu": {"guest": cpus}, "memory": {"guest": memory}}
    metadata = {"name": name}
    spec = {**size, **spec}
    return {"apiVersion": GROUP, "kind": INSTANCETYPE, "metadata": metadata, "spec": spec}


def preference(name: str, **spec: Object) -> Object:
    """Return a VirtualMachinePreference."""
    return {"apiVersion": GROUP, "kind": PREFERENCE, "metadata": {"name": name}, "spec": spec}


def vm(
    type_: str, likes: str = "sockets", strategy: str = "Always", name: str = "web", **rules: Object
) -> Object:
    """Return a VM of an instancetype, with a preference and rules of its own."""
    made = virtual_machine(name, **rules)
    del made["spec"]["template"]["spec"]["domain"]["memory"]
    references = {
        "instancetype": {"kind": INSTANCETYPE, "name": type_},
        "preference": {"kind": PREFERENCE, "name": likes},
    }
    return {**made, "spec": {**made["spec"], **references, "runStrategy": strategy}}


def applied(machines, item: Object, code: int = 0) -> str:
    """Apply as a person would and return what kubectl said to them."""
    done = machines.kubectl("apply", "-f", "-", input=json.dumps(item), check=False)
    assert done.returncode == code, done.stderr
    return str(done.stderr)


def test_a_stopped_vm_is_refused_for_what_its_instancetype_asks(typed):
    assert applied(typed, vm("small", strategy="Halted")) == ""
    for type_, reason in (
        ("huge", "2 Insufficient memory"),
        ("nvme", "no node is labelled disk=nvme"),
    ):
        said = applied(typed, vm(type_, strategy="Halted"), code=1)
        assert "[VMA-101] No node can ever take this VM under its new instancetype" in said
        assert reason in said
    said = applied(typed, vm("huge", strategy="Halted", name="new"), code=1)
    assert "[VMA-101]" in said
    assert typed.find(VM, "new") is None
    assert applied(typed, vm("in-zone-2", strategy="Halted")) == ""


def test_a_new_vm_starts_where_its_instancetype_says(typed):
    node = typed.run(vm("in-zone-2"))
    assert typed.zone_of(node) == "zone-2"


def test_rules_that_contradict_the_instancetype_of_a_running_vm_are_refused(typed):
    node = typed.run(vm("in-zone-1"))
    said = applied(typed, vm("in-zone-1", affinity=in_zone("zone-2")), code=1)
    assert "[VMA-101]" in said
    assert "no node has all that nodeSelector and required node affinity ask for" in said
    assert "[VMA-" not in applied(typed, vm("in-zone-1", affinity=in_zone("zone-1")))
    typed.wait_for_report("NotNeeded")
    assert typed.node_of("web") == node


def test_another_instancetype_moves_the_vm_to_where_that_one_says(typed):
    typed.run(vm("in-zone-1"))
    assert "[VMA-" not in applied(typed, vm("in-zone-2"))
    typed.wait_for_report("Succeeded")
    assert typed.zone_of(typed.node_of("web")) == "zone-2"
    assert len(typed.migrations()) == 1


def test_another_size_and_another_zone_at_once_arrive_by_one_migration(typed):
    typed.run(vm("small", affinity=in_zone("zone-1")))
    assert "[VMA-" not in applied(typed, vm("medium", affinity=in_zone("zone-2")))
    typed.wait_for_report("Succeeded")
    assert typed.zone_of(typed.node_of("web")) == "zone-2"
    domain = typed.get(VMI, "web")["spec"]["domain"]
    assert (domain["cpu"]["sockets"], domain["memory"]["guest"]) == (2, "4Gi")
    assert "RestartRequired" not in conditions(typed)


def test_room_for_the_old_size_is_not_room_for_the_new_one(typed):
    typed.run(vm("small", affinity=in_zone("zone-1")))
    for node in ("node-c", "node-d"):
        typed.fill(node, str(29 * GIB))
    said = applied(typed, vm("medium", affinity=in_zone("zone-2")), code=1)
    assert "[VMA-201]" in said
    assert "Insufficient memory" in said
    assert "[VMA-" not in applied(typed, vm("small", affinity=in_zone("zone-2")))
    typed.wait_for_report("Succeeded")


def test_what_needs_a_restart_is_said_and_moves_nothing(typed):
    node = typed.run(vm("small", affinity=in_zone("zone-1")))
    said = applied(typed, vm("medium", likes="cores", affinity=in_zone("zone-2")))
    assert "[VMA-010] Effective at the next restart only" in said
    assert "spec.template.spec.domain.cpu.cores, which needs a restart" in said
    until("KubeVirt says so too", lambda: "RestartRequired" in conditions(typed))
    typed.wait_for_report("NotNeeded")
    assert typed.node_of("web") == node
    assert typed.migrations() == []


def test_an_instancetype_that_nobody_knows_is_admitted_with_the_reason(typed):
    said = applied(typed, vm("nobody", strategy="Halted"))
    assert "[VMA-502] Not checked: KubeVirt could not expand instancetype nobody" in said
    assert "not found" in said


def test_an_instancetype_of_another_scheduler_is_not_judged(typed):
    said = applied(typed, vm("another-scheduler", strategy="Halted"))
    assert "[VMA-502] Not checked: this release does not judge pods of the scheduler mine" in said


def conditions(machines) -> set[str]:
    """Return the types of the conditions that are true of the VM."""
    found = machines.get(VM, "web")["status"].get("conditions", [])
    return {each["type"] for each in found if each["status"] == "True"}
