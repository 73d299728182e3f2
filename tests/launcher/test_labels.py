"""webhook.launcher.labels: the labels of launcher pods."""

import hashlib

from webhook.launcher import labels
from webhook.objects import PodInfo, VirtualMachine, VirtualMachineInstance

OLD = {"app": "old", "kubevirt.io/nodeName": "n1"}
INSTANCE = VirtualMachineInstance("default", "vm", labels=OLD)
SOURCE = PodInfo(
    "default",
    "p",
    labels={
        "app": "older",
        "mesh": "on",
        "topology.kubernetes.io/zone": "a",
        "topology.kubernetes.io/region": "r",
        "kubevirt.io/migrationJobUID": "m",
        "kubevirt.io/created-by": "vmi",
    },
)


def test_binding_adds_topology_labels():
    assert labels.unbound({"topology.kubernetes.io/zone": "a", "topology.x": "b"}) == {
        "topology.x": "b"
    }
    assert labels.unbound({"topology.kubernetes.io/region": "a"}) == {}


def test_a_target_has_the_labels_of_the_vmi_and_what_others_gave_the_source():
    kept = {"mesh": "on", "kubevirt.io/created-by": "vmi"}
    assert labels.of_target(SOURCE, INSTANCE) == {**kept, **OLD}
    moving = {"kubevirt.io/migrationTargetNodeName": "n2"}
    instance = VirtualMachineInstance("default", "vm", labels=moving)
    assert labels.of_target(SOURCE, instance) == {**kept, "app": "older"}


def test_a_restart_has_the_labels_of_the_vm_and_what_others_gave_the_pod():
    vm = VirtualMachine("default", "vm", labels={"tier": "web"})
    assert labels.of_restart(SOURCE, INSTANCE, vm) == {
        "mesh": "on",
        "kubevirt.io/created-by": "vmi",
        "tier": "web",
    }


def test_a_start_has_the_labels_of_the_vm_and_says_which_it_is():
    vm = VirtualMachine("default", "vm.red", labels={"tier": "web", "kubevirt.io": "mine"})
    assert labels.of_start(vm) == {
        "tier": "web",
        "kubevirt.io": "virt-launcher",
        "vm.kubevirt.io/name": "vm",
        "vmi.kubevirt.io/id": "vm.red",
    }
    vm = VirtualMachine("default", "vm", hostname="host")
    assert labels.of_start(vm)["vm.kubevirt.io/name"] == "host"


def test_long_names_are_cut_and_told_apart_by_a_digest():
    long, longer = "a" * 63, "a" * 64
    found = labels.of_start(VirtualMachine("default", long))
    assert found["vm.kubevirt.io/name"] == found["vmi.kubevirt.io/id"] == long
    found = labels.of_start(VirtualMachine("default", longer))
    assert found["vm.kubevirt.io/name"] == long
    digest = hashlib.sha1(longer.encode(), usedforsecurity=False).hexdigest()
    assert found["vmi.kubevirt.io/id"] == "a" * 54 + "-" + digest[:8]
