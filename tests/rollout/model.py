"""A model of what KubeVirt and the API server make of our actions, for one VM.

It knows nothing of our decisions: migrations advance by themselves, a created one renders
its target from the rules that the VMI has at that moment.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from webhook.objects import Migration
from webhook.objects.rollout import (
    Action,
    Annotate,
    CreateMigration,
    CreateRollout,
    DeleteMigration,
    EmitEvent,
    RecordRollout,
    RolloutRecord,
)
from webhook.rollout import RolloutState, VmState, decide
from webhook.rollout.state import Limits

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, NEW = "0" * 16, "1" * 16


class Killed(Exception):
    """The reconciler's process ends here."""


@dataclass
class Model:
    """One VM on node `a` under old rules that was changed to rules of node `b`."""

    now: datetime = START
    node: str = "a"
    pod_hash: str = OLD
    hash: str = NEW
    copied: bool = True
    fails: int = 0
    record: RolloutRecord | None = None
    annotations: dict[str, str] = field(default_factory=dict)
    migrations: dict[str, Migration] = field(default_factory=dict)
    rendered: dict[str, str] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    events: dict[str, EmitEvent] = field(default_factory=dict)
    writes: int = 0

    def state(self) -> RolloutState:
        """What the reconciler sees."""
        stays = (self.node == "b") == (self.hash == NEW)
        vm = VmState(
            namespace="ns",
            name="vm",
            uid="vm-uid",
            hash=self.hash,
            annotations=dict(self.annotations),
            record=self.record,
            migrations=tuple(self.migrations.values()),
            instance_uid="12345678-abcd",
            node=self.node,
            stays=stays,
            due=not stays and self.pod_hash != self.hash,
            propagated=self.copied,
            feasible=("b",) if self.node == "a" else ("a",),
        )
        return RolloutState((vm,), Limits(), tuple("a" for m in self._unfinished()))

    def _unfinished(self) -> list[Migration]:
        return [m for m in self.migrations.values() if not m.finished]

    def perform(self, action: Action) -> None:
        """The API server's part."""
        match action:
            case CreateRollout() if self.record is None:
                self.record = RolloutRecord("ns", "vm", uid="record")
            case RecordRollout(record=record):
                assert self.record is not None, "a status without its object"
                self.record = replace(record, uid=self.record.uid)
            case CreateMigration(name=name) if name not in self.migrations and not (
                self._unfinished()
            ):
                self.created.append(name)
                self.rendered[name] = self.hash if self.copied else OLD
                self.migrations[name] = Migration(
                    "ns", name, "vm", uid=name, hash=action.hash, created=self.now
                )
            case DeleteMigration(name=name):
                self.migrations.pop(name, None)
            case Annotate(annotations=annotations):
                self.annotations |= {k: v for k, v in annotations.items()}
            case EmitEvent(name=name):
                self.events.setdefault(name, action)
            case _:
                pass

    def advance(self, seconds: int = 5) -> None:
        """KubeVirt's part: a migration goes one phase on."""
        self.now += timedelta(seconds=seconds)
        for name, migration in self.migrations.items():
            self.migrations[name] = self._advanced(migration)

    def _advanced(self, migration: Migration) -> Migration:
        if migration.finished:
            return migration
        if migration.phase == "":
            return replace(migration, phase="Running")
        if self.fails > 0:
            self.fails -= 1
            return replace(migration, phase="Failed", finished_at=self.now)
        self.pod_hash = self.rendered[migration.name]
        self.node = "b" if self.pod_hash == NEW else "a"
        return replace(migration, phase="Succeeded", finished_at=self.now)

    def run(self, ticks: int = 60, kill_at: int | None = None, after: bool = False) -> "Model":
        """Decide and act; a write of this number kills the process before or after it."""
        for _ in range(ticks):
            with suppress(Killed):
                self._tick(kill_at, after)
            self.advance()
        return self

    def _tick(self, kill_at: int | None, after: bool) -> None:
        for step in decide(self.state(), self.now).steps:
            for action in step.actions:
                self.writes += 1
                if self.writes == kill_at and not after:
                    raise Killed
                self.perform(action)
                if self.writes == kill_at:
                    raise Killed
