"""webhook.kube.bodies: what we send, field by field."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from webhook.kube import bodies
from webhook.objects.rollout import (
    Attempt,
    CreateMigration,
    CreateRollout,
    EmitEvent,
    Phase,
    RecordRollout,
    RolloutRecord,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
MOMENT = "2026-01-02T03:04:05Z"


def test_a_rollout_goes_with_its_vm_and_does_not_hold_it_up():
    body = bodies.rollout(CreateRollout("n", "vm", "u-1"))
    owner = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "name": "vm",
        "uid": "u-1",
        "controller": False,
        "blockOwnerDeletion": False,
    }
    assert body == {
        "apiVersion": "vmaffinity.io/v1alpha1",
        "kind": "AffinityRollout",
        "metadata": {
            "name": "vm",
            "namespace": "n",
            "labels": {"app.kubernetes.io/managed-by": "vm-affinity"},
            "ownerReferences": [owner],
        },
        "spec": {},
    }


def test_a_migration_has_our_label_and_none_of_kubevirts_priorities():
    body = bodies.migration(CreateMigration("n", "vma-1", "vm", "0123456789abcdef"))
    assert body == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceMigration",
        "metadata": {
            "name": "vma-1",
            "namespace": "n",
            "labels": {
                "app.kubernetes.io/managed-by": "vm-affinity",
                "vmaffinity.io/hash": "0123456789abcdef",
            },
            "annotations": {"kubevirt.io/migrationUnschedulablePodTimeoutSeconds": "60"},
        },
        "spec": {"vmiName": "vm"},
    }


def test_a_migration_without_a_hash_has_no_label_of_one():
    body = bodies.migration(CreateMigration("n", "vma-1", "vm"))
    assert body["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "vm-affinity"}


def test_a_status_is_written_whole():
    attempts = (Attempt(1, "vma-1", NOW), Attempt(2, "vma-2", NOW + timedelta(minutes=1)))
    record = RolloutRecord("n", "vm", "u", "0123456789abcdef", "Migrating", "to b", "7", attempts)
    status = bodies.rollout_status(RecordRollout(record, NOW))["status"]
    conditions = status.pop("conditions")
    assert status == {
        "hash": "0123456789abcdef",
        "phase": "Migrating",
        "message": "to b",
        "retryNonce": "7",
        "attempts": [
            {"number": 1, "migration": "vma-1", "started": MOMENT},
            {"number": 2, "migration": "vma-2", "started": "2026-01-02T03:05:05Z"},
        ],
    }
    assert conditions[0] == {
        "type": "Ready",
        "status": "False",
        "reason": "Migrating",
        "message": "to b",
        "lastTransitionTime": MOMENT,
    }


def test_a_status_takes_away_what_it_does_not_have():
    status = bodies.rollout_status(RecordRollout(RolloutRecord("n", "vm"), NOW))["status"]
    assert (status["hash"], status["phase"], status["attempts"]) == (None, None, [])
    assert {c["reason"] for c in status["conditions"]} == {"Unknown"}


@pytest.mark.parametrize("phase", Phase)
def test_at_most_one_condition_is_true_and_only_a_suspended_rollout_has_none(phase):
    states = [c["status"] for c in bodies.conditions(phase, "", NOW)]
    assert states.count("True") == (phase is not Phase.SUSPENDED)
    assert set(states) <= {"True", "False"}


@pytest.mark.parametrize(
    ("phase", "condition"),
    [
        (Phase.SUCCEEDED, "Ready"),
        (Phase.NOT_NEEDED, "Ready"),
        (Phase.SUPERSEDED, "Ready"),
        (Phase.BLOCKED, "Stalled"),
        (Phase.PENDING, "Reconciling"),
        (Phase.WAITING_CAPACITY, "Reconciling"),
        (Phase.VERIFYING, "Reconciling"),
    ],
)
def test_a_phase_reads_as_kstatus_has_it(phase, condition):
    found = {c["type"]: c["status"] for c in bodies.conditions(phase, "", NOW)}
    assert found[condition] == "True"


U1 = {"kind": "VirtualMachineInstancetype", "name": "u1"}
PINNED = {**U1, "controllerRevisionRef": {"name": "vm-u1-1"}}


def typed(reference, pinned, kind="instancetype"):
    """Return a VM with a reference and what its status pins of it."""
    return {
        "metadata": {"name": "vm", "namespace": "n", "managedFields": [{}], "uid": "u"},
        "spec": {kind: reference, "template": {}},
        "status": {f"{kind}Ref": pinned, "conditions": []},
    }


def test_a_vm_is_sent_to_be_expanded_with_what_that_depends_on():
    assert bodies.to_expand(typed(U1, PINNED)) == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "vm", "namespace": "n"},
        "spec": {"instancetype": U1, "template": {}},
        "status": {"instancetypeRef": PINNED},
    }


@pytest.mark.parametrize("kind", ["instancetype", "preference"])
@pytest.mark.parametrize(
    ("reference", "pinned", "sent"),
    [
        (U1, PINNED, True),
        ({"name": "u1"}, PINNED, True),
        ({"inferFromVolume": "root"}, PINNED, True),
        ({**U1, "revisionName": "vm-u1-0"}, PINNED, True),
        ({**U1, "name": "u2"}, PINNED, False),
        ({**U1, "kind": "VirtualMachineClusterInstancetype"}, PINNED, False),
        (U1, {**PINNED, "kind": ""}, False),
        (U1, None, False),
        (U1, "odd", False),
        (None, PINNED, True),
    ],
)
def test_a_pinned_revision_goes_along_unless_it_is_of_another_reference(
    kind, reference, pinned, sent
):
    body = bodies.to_expand(typed(reference, pinned, kind))
    assert body["status"] == ({f"{kind}Ref": pinned} if sent else {})


@pytest.mark.parametrize("nothing", [{}, {"metadata": None, "spec": None, "status": None}])
def test_a_vm_of_which_little_is_known_is_sent_as_it_is(nothing):
    body = bodies.to_expand({**nothing, "spec": {"template": {}}})
    assert (body["metadata"], body["spec"], body["status"]) == ({}, {"template": {}}, {})


def test_an_event_is_about_the_vm():
    body = bodies.event(EmitEvent("n", "vm.1", "vm", "u-1", "Migrating", "to b", NOW))
    assert body["involvedObject"] == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "namespace": "n",
        "name": "vm",
        "uid": "u-1",
    }
    assert body["metadata"] == {"name": "vm.1", "namespace": "n"}
    assert (body["type"], body["reason"], body["message"]) == ("Normal", "Migrating", "to b")
    assert (body["firstTimestamp"], body["lastTimestamp"], body["count"]) == (MOMENT, MOMENT, 1)


def test_a_warning_is_one_and_texts_are_cut_to_what_is_taken():
    body = bodies.event(EmitEvent("n", "e", "vm", "u", "R", "m" * 2000, NOW, warning=True))
    assert (body["type"], len(body["message"])) == ("Warning", 1024)
    record = RolloutRecord("n", "vm", message="m" * 2000)
    status = bodies.rollout_status(RecordRollout(record, NOW))["status"]
    assert len(status["message"]) == 256


def test_a_deletion_is_of_one_object_only():
    assert bodies.deletion("u") == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "u"},
    }


def test_times_are_written_in_utc():
    east = timezone(timedelta(hours=2))
    assert bodies.timestamp(datetime(2026, 1, 2, 5, 4, 5, tzinfo=east)) == MOMENT
