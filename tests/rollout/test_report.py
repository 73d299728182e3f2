"""webhook.rollout.report: what is written, and when."""

from dataclasses import replace

from tests.rollout.model import NEW
from tests.rollout.states import only, vm
from webhook.objects.rollout import Annotate, EmitEvent, RecordRollout, RolloutRecord


def test_the_record_is_written_before_its_migration():
    kinds = [type(a).__name__ for a in only(vm()).actions]
    assert kinds == ["CreateRollout", "RecordRollout", "CreateMigration", "Annotate", "EmitEvent"]


def test_a_vm_that_need_not_move_gets_annotations_and_no_record():
    step = only(vm(due=False, stays=True))
    assert [type(action) for action in step.actions] == [Annotate]


def test_a_message_that_changes_within_a_phase_is_recorded_but_not_put_on_the_vm():
    waiting = vm(feasible=(), summary="0/3 nodes are available: 3 Insufficient memory.")
    first = only(waiting)
    record = next(a.record for a in first.actions if isinstance(a, RecordRollout))
    shown = next(a.annotations for a in first.actions if isinstance(a, Annotate))
    later = replace(waiting, record=record, annotations=shown, summary="0/3 nodes: other")
    assert [type(action) for action in only(later).actions] == [RecordRollout]
    same = replace(waiting, record=record, annotations=shown)
    assert only(same).actions == ()


def test_a_long_message_fits_its_annotation():
    step = only(vm(blocked="x" * 999))
    shown = next(a.annotations for a in step.actions if isinstance(a, Annotate))
    assert len(shown["vmaffinity.io/message"]) == 256


def test_a_blocked_rollout_is_a_warning_event():
    (event,) = [a for a in only(vm(blocked="a disk")).actions if isinstance(a, EmitEvent)]
    assert (event.warning, event.reason, event.message) == (True, "RolloutBlocked", "a disk")
    assert event.name == f"vm.{NEW[:10]}-blocked-0"


def test_a_record_under_older_rules_is_written_anew():
    old = RolloutRecord("ns", "vm", uid="r", hash="0" * 16, phase="Succeeded")
    kinds = [type(a).__name__ for a in only(vm(record=old)).actions]
    assert kinds == ["RecordRollout", "CreateMigration", "Annotate", "EmitEvent"]
