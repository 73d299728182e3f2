"""virt-handler's steps without a cluster: the order, who writes, what each fault holds up."""

import pytest

from tests.cluster import virt_handler
from tests.cluster.faults import Fault

NOW = "2026-01-01T00:00:00Z"
MIGRATED = [
    ("target prepared", "node-b"),
    ("migration started", "node-a"),
    ("guest arrived", "node-b"),
    ("guest taken over", "node-b"),
    ("migration completed", "node-b"),
    ("target released", "node-b"),
]


def vmi(phase: str = "Running", **status) -> dict:
    """Return a VMI on node-a."""
    conditions = [
        {"type": kind, "status": "True"} for kind in ("LiveMigratable", "StorageLiveMigratable")
    ]
    labels = {virt_handler.NODE: "node-a"}
    return {
        "metadata": {"name": "web", "labels": labels},
        "status": {"phase": phase, "nodeName": "node-a", "conditions": conditions, **status},
    }


def handed_over(**state) -> dict:
    """Return a VMI whose migration to node-b virt-controller has handed over."""
    state = {"migrationUid": "1", "sourceNode": "node-a", "targetNode": "node-b", **state}
    found = vmi(migrationState=state)
    found["metadata"]["labels"][virt_handler.TARGET] = "node-b"
    return found


def steps(item: dict, faults=None, silent: str = "") -> tuple[list[tuple[str, str]], dict]:
    """Write until nothing is left to write; returns what and by whom, and the result."""
    done: list[tuple[str, str]] = []
    while write := virt_handler.next_write(item, faults or {}, lambda node: node != silent, NOW):
        done.append((write.what, write.node))
        item = write.vmi
        assert len(done) < 20
    return done, item


def test_a_running_vmi_needs_nothing():
    assert steps(vmi())[0] == []


def test_a_scheduled_vmi_is_started_by_its_node():
    item = vmi("Scheduled")
    item["status"]["conditions"] = []
    done, after = steps(item)
    assert done == [("started", "node-a")]
    assert after["status"]["phase"] == "Running"
    assert after["status"]["selinuxContext"] == "none"


def test_a_migration_is_handed_from_step_to_step():
    done, after = steps(handed_over())
    assert done == MIGRATED
    assert after["status"]["nodeName"] == after["metadata"]["labels"][virt_handler.NODE] == "node-b"
    assert after["status"]["migrationState"]["completed"]
    assert virt_handler.TARGET not in after["metadata"]["labels"]


def test_what_was_plugged_in_is_the_guests_when_it_has_arrived():
    item = handed_over()
    cpu = {"sockets": 2, "cores": 1, "threads": 1}
    item["spec"] = {"domain": {"cpu": {**cpu, "maxSockets": 8}, "memory": {"guest": "4Gi"}}}
    item["status"] |= {
        "memory": {"guestAtBoot": "1Gi", "guestCurrent": "1Gi", "guestRequested": "1Gi"},
        "currentCPUTopology": {"sockets": 1, "cores": 1, "threads": 1},
    }
    for kind in (virt_handler.CPU_CHANGE, virt_handler.MEMORY_CHANGE):
        item["status"]["conditions"].append({"type": kind, "status": "True"})
    item["metadata"]["labels"] |= dict.fromkeys(virt_handler.HOTPLUG_LABELS, "1")
    done, after = steps(item)
    assert done == MIGRATED
    assert after["status"]["currentCPUTopology"] == cpu
    assert after["status"]["memory"] == {
        "guestAtBoot": "1Gi",
        "guestCurrent": "4Gi",
        "guestRequested": "4Gi",
    }
    kinds = {each["type"] for each in after["status"]["conditions"]}
    assert kinds == {"LiveMigratable", "StorageLiveMigratable"}
    assert set(after["metadata"]["labels"]) == {virt_handler.NODE}


def test_an_evacuation_is_forgotten_when_the_guest_has_left():
    item = handed_over()
    item["status"]["evacuationNodeName"] = "node-a"
    assert "evacuationNodeName" not in steps(item)[1]["status"]


def test_a_failing_migration_leaves_the_guest_where_it_is():
    done, after = steps(handed_over(), {Fault.MIGRATION_FAILS: "too busy"})
    assert done == [*MIGRATED[:2], ("migration failed", "node-a"), ("target released", "node-b")]
    assert after["status"]["migrationState"]["failureReason"] == "too busy"
    assert after["status"]["nodeName"] == "node-a"


def test_a_hanging_migration_can_be_aborted():
    done, after = steps(handed_over(), {Fault.MIGRATION_HANGS: ""})
    assert done == MIGRATED[:2]
    after["status"]["migrationState"]["abortRequested"] = True
    done, after = steps(after, {Fault.MIGRATION_HANGS: ""})
    assert done == [("migration aborted", "node-a"), ("target released", "node-b")]
    assert after["status"]["migrationState"]["abortStatus"] == "Succeeded"


def test_the_source_reports_a_target_that_is_not_there_any_more():
    item = steps(handed_over(), {Fault.MIGRATION_HANGS: ""})[1]
    done, after = steps(item, silent="node-b")
    assert done == [("migration failed", "node-a")]
    assert after["status"]["migrationState"]["failureReason"] == virt_handler.LOST


def test_a_silent_node_writes_nothing():
    assert steps(vmi("Scheduled"), silent="node-a")[0] == []


@pytest.mark.parametrize("phase", ["Scheduled", "Running"])
def test_a_deleted_vmi_ends(phase):
    item = vmi(phase)
    item["metadata"]["deletionTimestamp"] = NOW
    done, after = steps(item)
    assert done == [("stopped", "node-a")]
    assert after["status"]["phase"] == "Succeeded"


def test_whether_it_is_migratable_follows_the_switch():
    done, after = steps(vmi(), {Fault.NOT_MIGRATABLE: "local disk"})
    assert done == [("migratable again or no more", "node-a")]
    assert {each["message"] for each in after["status"]["conditions"]} == {"local disk"}
    assert {each["status"] for each in steps(after)[1]["status"]["conditions"]} == {"True"}
