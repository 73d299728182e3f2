"""webhook.rollout.attempts: what became of the migrations so far."""

from datetime import timedelta

from tests.rollout.model import NEW, OLD, START
from tests.rollout.states import only, other, vm
from webhook.objects.rollout import Attempt, CreateMigration, DeleteMigration, Phase, RolloutRecord
from webhook.rollout.attempts import backoff


def test_a_migration_of_somebody_else_goes_first():
    assert only(vm(migrations=(other(),))).phase is Phase.QUEUED


def test_our_migration_gives_way_to_a_drain_before_the_hand_off():
    ours = other(hash=NEW, phase="Scheduling", created=START)
    step = only(vm(migrations=(ours,), evacuating=True))
    assert DeleteMigration("ns", "drain-1", "u") in step.actions


def test_a_drain_does_not_stop_a_migration_that_was_handed_off():
    ours = other(hash=NEW, phase="Running", created=START)
    step = only(vm(migrations=(ours,), evacuating=True))
    assert step.phase is Phase.MIGRATING
    assert not any(isinstance(a, DeleteMigration) for a in step.actions)


def test_a_migration_without_progress_is_given_up_at_its_deadline():
    ours = other(hash=NEW, phase="Pending", created=START)
    at = START + timedelta(minutes=16)
    assert DeleteMigration("ns", "drain-1", "u") in only(vm(migrations=(ours,)), at).actions
    assert not any(
        isinstance(a, DeleteMigration) for a in only(vm(migrations=(ours,)), START).actions
    )


def test_newer_rules_wait_for_the_migration_under_the_older_ones():
    ours = other(hash=OLD, phase="Running", created=START)
    assert only(vm(migrations=(ours,))).phase is Phase.SUPERSEDED


def test_a_success_that_the_vmi_does_not_show_yet_is_being_verified():
    name = f"vma-12345678-{NEW[:10]}-1"
    record = RolloutRecord(
        "ns", "vm", hash=NEW, phase="Migrating", attempts=(Attempt(1, name, START),)
    )
    done = other(name=name, hash=NEW, phase="Succeeded", finished_at=START)
    assert only(vm(record=record, migrations=(done,))).phase is Phase.VERIFYING
    later = only(vm(record=record, migrations=(done,)), START + timedelta(seconds=30))
    assert later.creates.name.endswith("-2")


def test_an_attempt_that_was_recorded_but_not_created_keeps_its_number():
    name = f"vma-12345678-{NEW[:10]}-3"
    record = RolloutRecord("ns", "vm", hash=NEW, attempts=(Attempt(3, name, START),))
    assert only(vm(record=record)).creates == CreateMigration("ns", name, "vm", NEW)


def test_a_foreign_name_with_our_prefix_does_not_confuse_the_numbers():
    odd = other(name=f"vma-12345678-{NEW[:10]}-x", phase="Failed", finished_at=START)
    assert only(vm(migrations=(odd,))).creates.name.endswith("-1")


def test_the_pause_doubles_up_to_ten_minutes():
    pauses = [backoff(ended).total_seconds() for ended in (0, 1, 2, 3, 6, 99)]
    assert pauses == [20, 20, 40, 80, 600, 600]


def test_between_two_attempts_the_message_says_when_the_next_one_starts():
    name = f"vma-12345678-{NEW[:10]}-1"
    record = RolloutRecord("ns", "vm", hash=NEW, attempts=(Attempt(1, name, START),))
    failed = other(name=name, hash=NEW, phase="Failed", finished_at=START)
    step = only(vm(record=record, migrations=(failed,)))
    assert step.message == "attempt 1 ended Failed; the next one starts at 12:00:20Z"
    assert step.attempts == record.attempts
