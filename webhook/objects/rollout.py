"""The rollout of one VM: what is recorded of it, and the actions that carry it on.

Actions are values; `kube.Executor` performs them. Each is safe to perform again: names
are deterministic and patches say what should be, not what should change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """Where the rollout of one VM stands."""

    PENDING = "Pending"
    WAITING_CAPACITY = "WaitingCapacity"
    QUEUED = "Queued"
    MIGRATING = "Migrating"
    VERIFYING = "Verifying"
    SUCCEEDED = "Succeeded"
    BLOCKED = "Blocked"
    SUPERSEDED = "Superseded"
    NOT_NEEDED = "NotNeeded"
    SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One migration that was started, or is about to be: written before it is created."""

    number: int
    migration: str
    started: datetime


@dataclass(frozen=True, slots=True)
class RolloutRecord:
    """An AffinityRollout: the reconciler's own memory of a VM, by the VM's name."""

    namespace: str
    name: str
    uid: str = ""
    hash: str = ""
    phase: str = ""
    message: str = ""
    retry_nonce: str = ""
    attempts: tuple[Attempt, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Records carry the key of their VM."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class CreateRollout:
    """Create the AffinityRollout of a VM, owned by it; there already is fine."""

    namespace: str
    name: str
    vm_uid: str


@dataclass(frozen=True, slots=True)
class RecordRollout:
    """Write the status of an AffinityRollout, whole."""

    record: RolloutRecord
    now: datetime


@dataclass(frozen=True, slots=True)
class CreateMigration:
    """Create a VirtualMachineInstanceMigration of this name for the VMI."""

    namespace: str
    name: str
    instance_name: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class DeleteMigration:
    """Delete a migration of ours, and no other object that took its name since."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Annotate:
    """Merge annotations into a VM in one patch."""

    namespace: str
    name: str
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EmitEvent:
    """Tell a person something about a VM; `name` makes a repetition the same event."""

    namespace: str
    name: str
    vm_name: str
    vm_uid: str
    reason: str
    message: str
    now: datetime
    warning: bool = False


Action = CreateRollout | RecordRollout | CreateMigration | DeleteMigration | Annotate | EmitEvent
