"""The control plane itself: what the other end-to-end tests take for granted."""

import pytest

from tests.cluster.nodes import MACHINE_TYPE
from tests.cluster.waiting import until
from tests.e2e.machines import VMI, ZONE, in_zone, virtual_machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_vm_comes_to_run_where_the_scheduler_puts_it(machines):
    node = machines.run(virtual_machine("web", nodeSelector={ZONE: "zone-2"}))
    assert machines.zone_of(node) == "zone-2"
    status = machines.get(VMI, "web")["status"]
    assert status["phase"] == "Running"
    assert status["machine"] == {"type": MACHINE_TYPE}
    assert machines.condition("web", "LiveMigratable")["status"] == "True"
    assert machines.pod_phases("web") == {node: "Running"}


def test_kubevirt_copies_a_changed_affinity_to_the_vmi_and_moves_nothing(machines):
    node = machines.run(virtual_machine("web", affinity=in_zone("zone-1")))
    machines.apply(virtual_machine("web", affinity=in_zone("zone-2")))
    until(
        "the VMI has the new affinity",
        lambda: machines.get(VMI, "web")["spec"]["affinity"] == in_zone("zone-2"),
    )
    # whatever would follow has followed when the same controllers have started another VM
    machines.run(virtual_machine("other"))
    assert machines.migrations() == []
    assert machines.node_of("web") == node


def test_a_vmim_moves_the_vm_and_another_one_moves_it_back(machines):
    there = machines.run(virtual_machine("web", nodeSelector={ZONE: "zone-1"}))
    back = {"node-a": "node-b", "node-b": "node-a"}[there]
    assert machines.migrate("web", "there") == "Succeeded"
    assert machines.node_of("web") == back
    until("the source ended", lambda: machines.pod_phases("web")[there] == "Succeeded")
    assert machines.migrate("web", "back") == "Succeeded"
    assert machines.node_of("web") == there


def test_a_vm_with_a_container_disk_can_be_migrated(machines):
    vm = virtual_machine("disk")
    spec = vm["spec"]["template"]["spec"]
    spec["volumes"].append({"name": "root", "containerDisk": {"image": "example.org/disk:1"}})
    spec["domain"]["devices"]["disks"].append({"name": "root", "disk": {"bus": "virtio"}})
    node = machines.run(vm)
    assert machines.migrate("disk") == "Succeeded"
    assert machines.node_of("disk") != node


def test_a_deleted_vm_is_gone_and_so_are_its_pods(machines):
    machines.run(virtual_machine("web"))
    machines.kubectl("delete", "vm", "web", "--timeout=20s")
    assert machines.find(VMI, "web") is None
    until("its pods are gone", lambda: machines.pod_phases("web") == {})


def test_a_stopped_vm_starts_again(machines):
    vm = virtual_machine("web")
    machines.run(vm)
    machines.apply(vm | {"spec": {**vm["spec"], "runStrategy": "Halted"}})
    until("it stopped", lambda: machines.find(VMI, "web") is None)
    assert machines.run(vm)


def test_draining_a_node_migrates_its_vm(cluster, machines):
    node = machines.run(virtual_machine("web"))
    try:
        cluster.kubectl("drain", node, "--delete-emptydir-data", "--timeout=50s")
        assert machines.node_of("web") != node
        names = [item["metadata"]["generateName"] for item in machines.migrations()]
        assert names == ["kubevirt-evacuation-"]
    finally:
        cluster.kubectl("uncordon", node)


def test_a_restart_of_the_api_server_is_survived(cluster, machines):
    node = machines.run(virtual_machine("web"))
    cluster.restart_apiserver()
    assert machines.wait_until_ready("web") == node
    assert machines.migrate("web") == "Succeeded"
    assert machines.node_of("web") != node


def test_a_controller_that_ends_is_started_again(cluster, machines):
    process = cluster.processes.stop("virt-controller")
    machines.apply(virtual_machine("web"))
    cluster.processes.again(process)
    machines.wait_until_ready("web")


def test_a_service_account_can_do_what_its_roles_say_and_no_more(cluster, machines):
    machines.kubectl("create", "serviceaccount", "reader")
    machines.kubectl("create", "role", "reader", "--verb=list", "--resource=pods")
    account = f"{machines.namespace}:reader"
    machines.kubectl(
        "create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={account}"
    )
    kubeconfig = cluster.kubeconfig_for("reader", machines.namespace)
    cluster.kubectl("get", "pods", kubeconfig=kubeconfig)
    refused = cluster.kubectl("get", "vms", kubeconfig=kubeconfig, check=False)
    assert f"system:serviceaccount:{account}" in refused.stderr
