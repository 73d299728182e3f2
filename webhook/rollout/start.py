"""Whether a due migration starts now, and what it waits for if not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from webhook.objects.rollout import CreateMigration, Phase
from webhook.policy.messages import listed
from webhook.rollout.attempts import Attempts
from webhook.rollout.state import Slots, Step, VmState


def started(vm: VmState, attempts: Attempts, now: datetime, slots: Slots) -> Step:
    """The first thing that a due VM waits for, or the step that starts its migration."""
    for step in _waits(vm, attempts, now):
        if step is not None:
            return replace(step, attempts=attempts.made)
    refusal = slots.refusal(vm)
    if refusal:
        return vm.step(Phase.QUEUED, refusal, attempts.made)
    slots.take(vm)
    attempt = attempts.next(now)
    made = attempts.made if attempt in attempts.made else (*attempts.made, attempt)
    create = CreateMigration(vm.namespace, attempt.migration, vm.name, vm.hash)
    text = f"from {vm.node} to one of {listed(vm.feasible, 5)}"
    return vm.step(Phase.MIGRATING, text, made, create)


def _waits(vm: VmState, attempts: Attempts, now: datetime) -> Iterator[Step | None]:
    """In order: a person, KubeVirt, a drain, the last attempt's pause, quota, room."""
    yield vm.step(Phase.BLOCKED, vm.blocked) if vm.blocked else None
    if not vm.propagated:
        yield vm.step(Phase.PENDING, "KubeVirt has not copied the new rules to the VMI yet")
    if vm.evacuating:
        yield vm.step(Phase.QUEUED, f"{vm.node} is being drained, which moves it")
    yield attempts.pause(now)
    if vm.quota:
        yield vm.step(Phase.WAITING_CAPACITY, vm.quota)
    if not vm.feasible:
        yield vm.step(Phase.WAITING_CAPACITY, vm.summary)
