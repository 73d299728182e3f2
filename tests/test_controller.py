"""webhook.controller: look, decide, act."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from tests import builders
from tests.builders import inventory, kubevirt_node, value
from webhook.controller import REFUSED_PAUSE, UNSEEN_FOR, Controller
from webhook.inventory import Inventory
from webhook.kube.executor import AlreadyThere, Done, Gone, Refused, Unreachable
from webhook.objects import Applied, Replaced
from webhook.objects.rollout import CreateMigration, RecordRollout, RolloutRecord
from webhook.objects.virtual_machine import TARGET_HASH

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HDD = {"disk": "hdd"}
NODES = [kubevirt_node("n1", {"disk": "ssd"}), kubevirt_node("n2", HDD)]
STAMP = value(builders.vm(nodeSelector=HDD)).placement.hash


@dataclass
class Recorder:
    """An executor that remembers what it was asked and ends it as it was told."""

    outcomes: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def perform(self, action):
        """Remember the action."""
        self.asked.append(action)
        return self.outcomes.get(type(action).__name__, Done())

    @property
    def kinds(self):
        """The kinds of the actions so far."""
        return [type(action).__name__ for action in self.asked]


def due() -> Inventory:
    """Return a cluster in which one VM that the webhook admitted has to move."""
    wanted = builders.vm(nodeSelector=HDD, annotations={TARGET_HASH: STAMP})
    found = inventory(*NODES, wanted, builders.vmi(nodeSelector=HDD), builders.launcher())
    found.apply([Replaced(RolloutRecord, ())])
    return found


class Clock:
    """Monotonic seconds that a test sets."""

    seconds = 0.0

    def __call__(self):
        """Tell them."""
        return self.seconds


def controller(cluster, recorder, clock=None):
    """Return a controller over this inventory."""
    return Controller(cluster, recorder, clock or Clock(), lambda: NOW)


def test_a_due_rollout_is_carried_out_in_the_order_of_its_actions():
    recorder = Recorder()
    controller(due(), recorder).run_once()
    assert recorder.kinds == [
        "CreateRollout",
        "RecordRollout",
        "CreateMigration",
        "Annotate",
        "EmitEvent",
    ]


@pytest.mark.parametrize("outcome", [Refused("no"), Unreachable("gone"), Gone()])
def test_what_comes_after_a_failed_action_is_not_done_and_not_hurried(outcome):
    recorder, clock = Recorder({"RecordRollout": outcome}), Clock()
    running = controller(due(), recorder, clock)
    running.run_once()
    running.run_once()
    assert recorder.kinds == ["CreateRollout", "RecordRollout"]
    clock.seconds = REFUSED_PAUSE
    running.run_once()
    assert recorder.kinds == ["CreateRollout", "RecordRollout"] * 2


def test_what_is_already_there_is_no_obstacle():
    recorder = Recorder({"CreateRollout": AlreadyThere(), "CreateMigration": AlreadyThere()})
    controller(due(), recorder).run_once()
    assert any(isinstance(action, CreateMigration) for action in recorder.asked)
    assert recorder.kinds[-1] == "EmitEvent"


def test_a_vm_is_left_alone_until_what_was_recorded_of_it_is_seen():
    cluster, recorder, clock = due(), Recorder(), Clock()
    running = controller(cluster, recorder, clock)
    running.run_once()
    (written,) = [a.record for a in recorder.asked if isinstance(a, RecordRollout)]
    recorder.asked.clear()
    cluster.apply([Applied(replace(written, phase="Pending", attempts=()))])
    running.run_once()
    assert recorder.asked == []
    cluster.apply([Applied(replace(written, uid="u", message="in other words"))])
    running.run_once()
    assert "CreateMigration" in recorder.kinds


def test_a_record_that_is_never_seen_holds_its_vm_up_for_a_while_only():
    recorder, clock = Recorder(), Clock()
    running = controller(due(), recorder, clock)
    running.run_once()
    once = list(recorder.kinds)
    running.run_once()
    assert recorder.kinds == once
    clock.seconds = UNSEEN_FOR
    running.run_once()
    assert recorder.kinds == once * 2


def test_nothing_is_decided_before_our_own_records_were_listed():
    cluster = inventory(*NODES)
    assert controller(cluster, Recorder()).run_once().steps == ()


def test_nothing_is_decided_while_the_cluster_is_unknown():
    recorder = Recorder()
    assert controller(Inventory(), recorder).run_once().steps == ()
    assert recorder.asked == []


def test_it_runs_until_it_is_stopped(caplog):
    stop, recorder = threading.Event(), Recorder()
    running = controller(Inventory(), recorder)
    thread = threading.Thread(target=running.run_forever, args=(stop,))
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert "nothing is decided" in caplog.text
