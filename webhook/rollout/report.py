"""What a step tells the world: the record, the VM's annotations, an Event.

Written on transitions only: each write of a VM makes GitOps tools look at it again. The
record comes before the migration that it announces, the rest after it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from webhook.objects.rollout import (
    Action,
    Annotate,
    CreateMigration,
    CreateRollout,
    EmitEvent,
    Phase,
    RecordRollout,
    RolloutRecord,
)
from webhook.objects.virtual_machine import MESSAGE, OBSERVED_HASH, PHASE
from webhook.policy.messages import clean
from webhook.rollout.state import Step, VmState

MESSAGE_CHARACTERS = 256
_TOLD = (Phase.MIGRATING, Phase.SUCCEEDED, Phase.BLOCKED, Phase.WAITING_CAPACITY)


def reported(vm: VmState, step: Step, now: datetime) -> Step:
    """The step with the writes that report it; a held VM is left alone."""
    if step.phase is Phase.SUSPENDED:
        return step
    record = _record(vm, step)
    before = tuple(_recording(vm, step, record, now))
    after = tuple(_telling(vm, step, record, now))
    return replace(step, actions=(*before, *step.actions, *after))


def _record(vm: VmState, step: Step) -> RolloutRecord:
    return RolloutRecord(
        namespace=vm.namespace,
        name=vm.name,
        uid=vm.record.uid if vm.record else "",
        hash=vm.hash,
        phase=step.phase.value,
        message=_short(step.message),
        retry_nonce=vm.retry_nonce,
        attempts=step.attempts,
    )


def _recording(vm: VmState, step: Step, record: RolloutRecord, now: datetime) -> Iterator[Action]:
    """A record exists from the moment that a VM is due."""
    if vm.record is None:
        if step.phase is Phase.NOT_NEEDED:
            return
        yield CreateRollout(vm.namespace, vm.name, vm.uid)
    if vm.record != record:
        yield RecordRollout(record, now)


def _telling(vm: VmState, step: Step, record: RolloutRecord, now: datetime) -> Iterator[Action]:
    shown = (vm.annotations.get(OBSERVED_HASH), vm.annotations.get(PHASE))
    if shown == (record.hash, record.phase):
        return
    yield Annotate(
        vm.namespace,
        vm.name,
        {OBSERVED_HASH: record.hash, PHASE: record.phase, MESSAGE: record.message},
    )
    if step.phase in _TOLD:
        yield EmitEvent(
            namespace=vm.namespace,
            name=_event_name(vm, step),
            vm_name=vm.name,
            vm_uid=vm.uid,
            reason=f"Rollout{step.phase}",
            message=record.message,
            now=now,
            warning=step.phase in (Phase.BLOCKED, Phase.WAITING_CAPACITY),
        )


def _event_name(vm: VmState, step: Step) -> str:
    """The same transition of the same rollout is the same event."""
    create = [a for a in step.actions if isinstance(a, CreateMigration)]
    number = create[0].name.rpartition("-")[2] if create else str(len(step.attempts))
    return f"{vm.name}.{vm.hash[:10]}-{step.phase.value.lower()}-{number}"


def _short(message: str) -> str:
    line = clean(message)
    return line if len(line) <= MESSAGE_CHARACTERS else f"{line[: MESSAGE_CHARACTERS - 1]}…"
