"""From `kubectl apply` to a moved VM, under a real control plane and KubeVirt."""

import json

import pytest

from tests.cluster.waiting import until
from tests.e2e.machines import VM, VMI, ZONE, in_zone, virtual_machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def refused(machines, item):
    """Apply and expect a refusal; returns what kubectl said."""
    done = machines.kubectl("apply", "-f", "-", input=json.dumps(item), check=False)
    assert done.returncode == 1
    return done.stderr


def test_a_changed_affinity_moves_the_vm_with_one_migration(moving):
    node = moving.run(virtual_machine("web", affinity=in_zone("zone-1")))
    moving.apply(virtual_machine("web", affinity=in_zone("zone-2")))
    moving.wait_for_report("Succeeded")
    assert moving.zone_of(moving.node_of("web")) == "zone-2"
    assert moving.node_of("web") != node
    assert moving.get(VMI, "web")["spec"]["affinity"] == in_zone("zone-2")
    (migration,) = moving.migrations()
    assert migration["metadata"]["name"].startswith("vma-")
    record = moving.record("web")
    assert record["status"]["phase"] == "Succeeded"
    assert [a["migration"] for a in record["status"]["attempts"]] == [migration["metadata"]["name"]]
    reasons = {e["reason"] for e in moving.events("web")}
    assert {"RolloutMigrating", "RolloutSucceeded"} <= reasons


def test_an_impossible_label_is_refused_and_the_vm_is_untouched(moving):
    node = moving.run(virtual_machine("web", nodeSelector={ZONE: "zone-1"}))
    before = moving.get(VM, "web")
    said = refused(moving, virtual_machine("web", nodeSelector={"disk": "nvme"}))
    assert "[VMA-101]" in said
    assert "no node is labelled disk=nvme" in said
    after = moving.get(VM, "web")
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert moving.node_of("web") == node
    assert moving.migrations() == []


def test_full_nodes_are_refused_as_full(moving):
    filler = [virtual_machine(f"big-{i}", "30Gi", nodeSelector={ZONE: "zone-2"}) for i in (1, 2)]
    for item in filler:
        moving.run(item)
    moving.run(virtual_machine("web", "8Gi", nodeSelector={ZONE: "zone-1"}))
    said = refused(moving, virtual_machine("web", "8Gi", nodeSelector={ZONE: "zone-2"}))
    assert "[VMA-201]" in said
    assert "Insufficient memory" in said


@pytest.mark.parametrize("cordoned", [False, True], ids=["as it is", "cordoned"])
def test_rules_that_the_current_node_satisfies_move_nothing(moving, cordoned):
    node = moving.run(virtual_machine("web", nodeSelector={ZONE: "zone-1"}))
    try:
        if cordoned:
            moving.cluster.kubectl("cordon", node)
        moving.apply(virtual_machine("web", nodeSelector={"kubernetes.io/hostname": node}))
        moving.wait_for_report("NotNeeded")
        assert moving.node_of("web") == node
        assert moving.migrations() == []
    finally:
        moving.cluster.kubectl("uncordon", node)


def test_rules_that_an_over_full_current_node_satisfies_move_nothing(moving):
    node = moving.run(virtual_machine("web", "8Gi", nodeSelector={ZONE: "zone-1"}))
    moving.fill(node, moving.allocatable(node))
    moving.apply(virtual_machine("web", "8Gi", nodeSelector={"kubernetes.io/hostname": node}))
    moving.wait_for_report("NotNeeded")
    assert moving.migrations() == []


def test_a_no_op_apply_and_a_label_only_edit_call_no_webhook(moving):
    item = virtual_machine("web", nodeSelector={ZONE: "zone-1"})
    moving.run(item)
    moving.wait_for_report("NotNeeded")
    calls = moving.webhook_calls()
    moving.apply(item)
    moving.kubectl("label", "vm", "web", "team=shop")
    moving.kubectl("annotate", "vm", "web", "note=hello")
    moving.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=json.dumps(item))
    assert moving.webhook_calls() == calls
    moving.apply(virtual_machine("web", nodeSelector={ZONE: "zone-1", "kubernetes.io/os": "linux"}))
    assert moving.webhook_calls() > calls


def test_a_dry_run_shows_the_stamp_and_changes_nothing(moving):
    moving.run(virtual_machine("web", nodeSelector={ZONE: "zone-1"}))
    changed = json.dumps(virtual_machine("web", nodeSelector={ZONE: "zone-2"}))
    shown = moving.kubectl("apply", "--dry-run=server", "-o", "json", "-f", "-", input=changed)
    stamp = json.loads(shown.stdout)["metadata"]["annotations"]["vmaffinity.io/target-hash"]
    assert stamp != moving.annotations()["vmaffinity.io/target-hash"]
    owners = [
        field
        for entry in moving.managed_fields("web")
        for field in entry.get("fieldsV1", {}).get("f:metadata", {}).get("f:annotations", {})
    ]
    assert "f:vmaffinity.io/target-hash" not in owners


def test_without_the_webhook_only_placement_changes_fail(moving):
    item = virtual_machine("web", nodeSelector={ZONE: "zone-1"})
    moving.run(item)
    product = moving.product
    product.stop("webhook")
    try:
        changed = virtual_machine("web", nodeSelector={ZONE: "zone-2"})
        assert "failed calling webhook" in refused(moving, changed)
        moving.kubectl("label", "vm", "web", "team=shop")
        moving.apply(virtual_machine("new", nodeSelector={ZONE: "zone-1"}))
        moving.kubectl("patch", "vm", "web", "--type=merge", '-p={"spec":{"runStrategy":"Halted"}}')
        moving.kubectl("delete", "vm", "new", "--timeout=30s")
    finally:
        product.start_webhook()
        product.wait_until_ready()


def test_failed_migrations_are_tried_again(moving, faults):
    moving.run(virtual_machine("web", affinity=in_zone("zone-1")))
    faults.vm("web", "migration-fails", moving.namespace, "the line was cut")
    moving.apply(virtual_machine("web", affinity=in_zone("zone-2")))
    until("an attempt failed", lambda: moving.ended("Failed"), 60)
    faults.clear()
    moving.wait_for_report("Succeeded")
    assert len(moving.migrations()) == 2
    assert moving.zone_of(moving.node_of("web")) == "zone-2"


def test_a_vm_that_cannot_migrate_is_refused(moving, faults):
    moving.run(virtual_machine("web", nodeSelector={ZONE: "zone-1"}))
    faults.vm("web", "not-migratable", moving.namespace, "a disk that is not shared")
    until("it shows", lambda: moving.condition("web", "LiveMigratable").get("status") == "False")
    said = refused(moving, virtual_machine("web", nodeSelector={ZONE: "zone-2"}))
    assert "[VMA-301]" in said
    assert "a disk that is not shared" in said


def test_a_stopped_and_a_new_vm_are_judged_by_what_can_never_be(moving):
    item = virtual_machine("web", nodeSelector={ZONE: "zone-1"})
    stopped = {**item, "spec": {**item["spec"], "runStrategy": "Halted"}}
    moving.apply(stopped)
    impossible = virtual_machine("web", nodeSelector={"disk": "nvme"})
    assert "[VMA-101]" in refused(moving, {**impossible, "spec": {**impossible["spec"]}})
    assert "[VMA-101]" in refused(moving, virtual_machine("other", nodeSelector={"disk": "nvme"}))
