"""The reconciler's loop: look, decide, then act; one VM's trouble holds up no other.

Everything is decided anew from the inventory each time, so a restart needs no memory.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from webhook.inventory import Inventory
from webhook.kube.executor import AlreadyThere, Done, Outcome
from webhook.objects.rollout import Action, RecordRollout, RolloutRecord
from webhook.rollout import Plan, Step, VmState, decide, observe

#: Seconds between two looks; a rollout takes minutes, a look milliseconds.
TICK = 1.0
#: Seconds until a step whose action was refused is tried again.
REFUSED_PAUSE = 10.0
#: Seconds for which a VM is left alone, at most, until the watch shows what we recorded of it.
UNSEEN_FOR = 30.0
_LOG = logging.getLogger(__name__)


class Performs(Protocol):
    """What the controller asks of an Executor."""

    def perform(self, action: Action) -> Outcome:
        """Perform one action and say how it ended."""
        ...


class Controller:
    """Runs plans; remembers nothing but which VMs to leave alone for a moment."""

    def __init__(
        self,
        inventory: Inventory,
        executor: Performs,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._inventory = inventory
        self._executor = executor
        self._monotonic = monotonic
        self._now = now
        self._paused: dict[tuple[str, str], float] = {}
        self._unseen: dict[tuple[str, str], tuple[RolloutRecord, float]] = {}

    def run_once(self) -> Plan:
        """Perform the plan of this moment; an empty one while the cluster is not known."""
        plan = self._plan()
        for step in plan.steps:
            key = step.namespace, step.name
            waits = key in self._unseen or self._paused.get(key, 0.0) > self._monotonic()
            if not waits:
                self._perform(step)
        return plan

    def run_forever(self, stop: threading.Event) -> None:
        """Run until stopped; a bug in one look must not end the reconciler silently."""
        known = True
        while not stop.is_set():
            unknown = self._inventory.unknown or self._inventory.stale(self._monotonic())
            if known and unknown:
                _LOG.warning("nothing is decided: %s", unknown)
            known = not unknown
            self.run_once()
            stop.wait(TICK)

    def _plan(self) -> Plan:
        now = self._now()
        with self._inventory.reading(self._monotonic()) as world:
            # without our own records we would forget attempts and make them again
            if world.unknown or not self._inventory.listed(RolloutRecord):
                return Plan((), now)
            state = observe(world)
        self._look_for_records(state.vms)
        return decide(state, now)

    def _look_for_records(self, vms: Iterable[VmState]) -> None:
        """By an older record than our last we would forget attempts, and report what is over."""
        for vm in vms:
            written, until = self._unseen.get((vm.namespace, vm.name), (None, 0.0))
            if written is not None and (_same(written, vm.record) or until <= self._monotonic()):
                del self._unseen[vm.namespace, vm.name]

    def _perform(self, step: Step) -> None:
        """The actions in their order, up to the first that was not done."""
        for action in step.actions:
            outcome = self._executor.perform(action)
            kind = type(action).__name__
            if isinstance(outcome, Done | AlreadyThere):
                _LOG.info("%s/%s: %s, %s", step.namespace, step.name, step.phase, kind)
                self._expect(action)
                continue
            _LOG.warning("%s/%s: %s was not done: %s", step.namespace, step.name, kind, outcome)
            key = (step.namespace, step.name)
            self._paused[key] = self._monotonic() + REFUSED_PAUSE
            return

    def _expect(self, action: Action) -> None:
        if isinstance(action, RecordRollout):
            record = action.record
            self._unseen[record.key] = record, self._monotonic() + UNSEEN_FOR


def _same(written: RolloutRecord, seen: RolloutRecord | None) -> bool:
    """Whether the record that is seen says what was written, but for the wording."""
    return seen is not None and _told(written) == _told(seen)


def _told(record: RolloutRecord) -> tuple[object, ...]:
    names = [attempt.migration for attempt in record.attempts]
    return record.hash, record.phase, record.retry_nonce, names
