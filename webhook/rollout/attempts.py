"""The attempts to move one VM: what was recorded, what became of it, what comes next.

An attempt is recorded before its migration is created, so a migration that is missing was
never created (KubeVirt keeps the newest five that ended) and its number is used again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webhook.objects import Migration
from webhook.objects.rollout import Attempt, DeleteMigration, Phase
from webhook.rollout.state import Step, VmState

RETRY_LIMIT = 5
FIRST_BACKOFF = timedelta(seconds=20)
LONGEST_BACKOFF = timedelta(minutes=10)
#: A migration that is not handed to the hypervisors by then never will be.
DEADLINE = timedelta(minutes=15)
#: KubeVirt ends a migration a moment before the VMI shows its new node.
SETTLING = timedelta(seconds=10)
_BEFORE_HAND_OFF = ("", "Pending", "Scheduling", "Scheduled")


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts under the VM's present rules, with the migrations that they led to."""

    vm: VmState
    made: tuple[Attempt, ...] = ()

    @classmethod
    def of(cls, vm: VmState) -> "Attempts":
        """The recorded ones, unless the rules or the user's retry-nonce are new."""
        record = vm.record
        if record is None or (record.hash, record.retry_nonce) != (vm.hash, vm.retry_nonce):
            return cls(vm)
        return cls(vm, record.attempts)

    @property
    def last(self) -> Migration | None:
        """The migration of the last attempt, as far as it exists."""
        return self._migration(self.made[-1].migration) if self.made else None

    def _migration(self, name: str) -> Migration | None:
        found = [m for m in self.vm.migrations if m.name == name]
        return found[0] if found else None

    @property
    def uncreated(self) -> Attempt | None:
        """A recorded attempt whose migration was not created: the one to go on with."""
        return self.made[-1] if self.made and self.last is None else None

    @property
    def ended(self) -> int:
        """How many attempts are over."""
        return len(self.made) - (self.uncreated is not None)

    def next(self, now: datetime) -> Attempt:
        """The attempt to make now; its number was never used for these rules."""
        if self.uncreated is not None:
            return self.uncreated
        prefix = f"vma-{self.vm.instance_uid[:8]}-{self.vm.hash[:10]}-"
        used = [a.number for a in self.made]
        used += [_number(m.name, prefix) for m in self.vm.migrations]
        number = max(used, default=0) + 1
        return Attempt(number, f"{prefix}{number}", now)

    def following(self, vm: VmState, now: datetime) -> Step | None:
        """The step while any migration of the VM is under way; None if none is."""
        unfinished = [m for m in vm.migrations if not m.finished]
        ours = [m for m in unfinished if m.hash]
        if not unfinished:
            return None
        if not ours:
            return vm.step(Phase.QUEUED, "another migration of it is under way", self.made)
        return self._following_ours(vm, ours[0], now)

    def _following_ours(self, vm: VmState, migration: Migration, now: datetime) -> Step:
        early = migration.phase in _BEFORE_HAND_OFF
        stop = DeleteMigration(migration.namespace, migration.name, migration.uid)
        if early and vm.evacuating:
            text = f"gives way to the drain of {vm.node}"
            return vm.step(Phase.QUEUED, text, self.made, stop)
        if early and migration.created is not None and now - migration.created > DEADLINE:
            text = f"{migration.name} made no progress and is given up"
            return vm.step(Phase.MIGRATING, text, self.made, stop)
        if migration.hash != vm.hash:
            text = "a migration under earlier rules is still under way"
            return vm.step(Phase.SUPERSEDED, text, self.made)
        return vm.step(Phase.MIGRATING, f"{migration.name} moves it from {vm.node}", self.made)

    def pause(self, now: datetime) -> Step | None:
        """The step between two attempts; None once the next may start."""
        last = self.last
        if last is None or last.finished_at is None:
            return None
        if last.phase == "Succeeded" and now - last.finished_at < SETTLING:
            return self.vm.step(Phase.VERIFYING, f"{last.name} ended; checking where it is")
        if self.ended >= RETRY_LIMIT:
            return self.vm.step(
                Phase.BLOCKED,
                f"{self.ended} migrations did not bring it to a node of its rules, the last one "
                f"{last.phase}; see VirtualMachineInstanceMigration {last.name}, then annotate the "
                "VM with another vmaffinity.io/retry-nonce",
            )
        again = last.finished_at + backoff(self.ended)
        if now >= again:
            return None
        text = f"attempt {self.ended} ended {last.phase}; the next one starts at {again:%H:%M:%S}Z"
        return self.vm.step(Phase.QUEUED, text)


def backoff(ended: int) -> timedelta:
    """The pause after this many attempts: 20 s, doubling, at most ten minutes."""
    doublings = min(max(0, ended - 1), 10)
    return min(FIRST_BACKOFF * (1 << doublings), LONGEST_BACKOFF)


def _number(name: str, prefix: str) -> int:
    suffix = name.removeprefix(prefix)
    return int(suffix) if name.startswith(prefix) and suffix.isdigit() else 0
