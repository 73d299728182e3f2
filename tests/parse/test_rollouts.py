"""webhook.parse.rollouts: migrations and our own records."""

from datetime import UTC, datetime

import pytest

from tests.builders import value
from webhook.objects import Migration
from webhook.objects.rollout import Attempt, RolloutRecord
from webhook.parse import ParseError


def migration(status=None, **metadata):
    """A VMIM as the API shows it."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceMigration",
        "metadata": {"name": "m", "namespace": "n", **metadata},
        "spec": {"vmiName": "vm"},
        "status": status,
    }


def moved(phase, *moments):
    """A status that went through these (phase, second) pairs."""
    steps = [
        {"phase": p, "phaseTransitionTimestamp": f"2026-01-02T03:04:{second:02}Z"}
        for p, second in moments
    ]
    return {"phase": phase, "phaseTransitionTimestamps": steps}


def at(second):
    """The same moment as a value."""
    return datetime(2026, 1, 2, 3, 4, second, tzinfo=UTC)


def test_a_migration_is_read_with_its_label_and_times():
    tree = migration(
        moved("Succeeded", ("Pending", 1), ("Succeeded", 9)),
        uid="u",
        labels={"vmaffinity.io/hash": "abc"},
        creationTimestamp="2026-01-02T03:04:00Z",
        deletionTimestamp="2026-01-02T03:04:30Z",
    )
    assert value(tree) == Migration("n", "m", "vm", "Succeeded", "u", "abc", at(0), at(9), True)


@pytest.mark.parametrize(
    "status",
    [
        None,
        {},
        {"phase": None, "phaseTransitionTimestamps": None},
        moved("Running", ("Running", 1)),
        moved("Failed", ("Succeeded", 1)),
        {"phase": "Failed", "phaseTransitionTimestamps": [{"phase": "Failed"}]},
    ],
)
def test_a_migration_has_no_end_that_nobody_wrote_down(status):
    assert value(migration(status)).finished_at is None


def test_a_bare_migration_is_nobodys_and_in_the_default_namespace():
    tree = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstanceMigration"}
    assert value(tree) == Migration("default", "", "")


@pytest.mark.parametrize("time", ["yesterday", "2026-01-02T03:04:00", 5])
def test_a_time_without_a_zone_is_none(time):
    with pytest.raises(ParseError, match="VirtualMachineInstanceMigration n/m"):
        value(migration(creationTimestamp=time))


def rollout(**content):
    """An AffinityRollout as the API shows it."""
    return {"apiVersion": "vmaffinity.io/v1alpha1", "kind": "AffinityRollout", **content}


def test_a_record_is_read_whole():
    attempt = {"number": 1, "migration": "vma-1", "started": "2026-01-02T03:04:05Z"}
    status = {"hash": "h", "phase": "Migrating", "message": "m", "retryNonce": "7"}
    metadata = {"name": "vm", "namespace": "n", "uid": "u"}
    tree = rollout(metadata=metadata, status={**status, "attempts": [attempt]})
    attempts = (Attempt(1, "vma-1", at(5)),)
    assert value(tree) == RolloutRecord("n", "vm", "u", "h", "Migrating", "m", "7", attempts)


@pytest.mark.parametrize("content", [{}, {"metadata": None, "status": None}, {"status": {}}])
def test_a_record_without_a_status_is_one_of_nothing(content):
    assert value(rollout(**content)) == RolloutRecord("default", "")
