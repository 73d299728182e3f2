"""The whole rollout of one VM, played through against a model of KubeVirt."""

import pytest

from tests.rollout.model import NEW, OLD, START, Model
from tests.rollout.states import only, vm
from webhook.objects import Migration
from webhook.objects.rollout import Phase
from webhook.rollout import RolloutState, decide

SHOWN = "vmaffinity.io/phase"
WRITES = Model().run().writes


def test_a_due_vm_moves_with_one_migration_and_is_reported():
    model = Model().run()
    assert model.created == [f"vma-12345678-{NEW[:10]}-1"]
    assert model.node == "b"
    assert model.annotations == {
        "vmaffinity.io/observed-hash": NEW,
        "vmaffinity.io/phase": "Succeeded",
        "vmaffinity.io/message": "runs on b, which satisfies its rules",
    }
    assert model.record is not None
    assert model.record.phase == "Succeeded"
    assert [e.reason for e in model.events.values()] == ["RolloutMigrating", "RolloutSucceeded"]


def test_once_done_nothing_more_is_written():
    model = Model().run(ticks=60)
    before = model.writes
    assert model.run(ticks=60).writes == before


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_a_kill_at_any_write_still_makes_exactly_one_migration(write, after):
    model = Model().run(kill_at=write, after=after)
    assert len(model.created) == 1
    assert model.annotations[SHOWN] == "Succeeded"


def test_failed_migrations_are_tried_again_with_a_growing_pause():
    model = Model(fails=2).run(ticks=60)
    assert len(model.created) == 3
    assert model.annotations[SHOWN] == "Succeeded"


def test_after_the_last_attempt_a_person_is_asked():
    model = Model(fails=99).run(ticks=600)
    assert len(model.created) == 5
    assert model.annotations[SHOWN] == "Blocked"
    assert "retry-nonce" in model.annotations["vmaffinity.io/message"]


def test_another_retry_nonce_starts_the_attempts_anew():
    model = Model(fails=5).run(ticks=600)
    model.annotations["vmaffinity.io/retry-nonce"] = "again"
    model.run(ticks=60)
    assert model.created[-1].endswith("-6")
    assert model.annotations[SHOWN] == "Succeeded"


def test_rules_that_go_there_and_back_never_use_a_name_twice():
    model = Model().run()
    model.hash = OLD
    model.run()
    model.hash = NEW
    model.run()
    assert model.node == "b"
    assert len(model.created) == len(set(model.created)) == 3


def test_a_target_that_was_rendered_from_the_old_rules_is_moved_again():
    model = Model()
    migration = Migration("ns", "vma-early", "vm", uid="u", hash=NEW, created=START)
    model.migrations["vma-early"] = migration
    model.rendered["vma-early"] = OLD
    model.run()
    assert model.node == "b"


def test_nothing_starts_before_kubevirt_has_copied_the_rules():
    model = Model(copied=False).run(ticks=5)
    assert model.created == []
    assert model.annotations[SHOWN] == "Pending"
    model.copied = True
    assert model.run().node == "b"


def test_a_change_past_the_webhook_is_held_and_written_nowhere():
    step = only(vm(admitted=False))
    assert (step.phase, step.actions) == (Phase.SUSPENDED, ())


def test_a_vm_that_was_never_changed_is_no_business_of_ours():
    assert decide(RolloutState((vm(admitted=False, due=False),)), START).steps == ()
