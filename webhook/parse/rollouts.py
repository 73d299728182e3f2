"""Migrations and our own AffinityRollouts from the wire: what carries a rollout on.

Their timestamps are read by msgspec itself: RFC 3339 with a zone, as the API writes them.
"""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import msgspec

from webhook.objects import Migration
from webhook.objects.rollout import Attempt, RolloutRecord
from webhook.objects.virtual_machine import HASH
from webhook.parse.wire import Metadata, Wire

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class DatedMetadata(Metadata):
    """metadata, with the time of creation, which few kinds have a use for."""

    creation_timestamp: Moment | None = None


class MigrationSpec(Wire):
    """spec of a VMIM."""

    vmi_name: str | None = None


class Transition(Wire):
    """status.phaseTransitionTimestamps[]."""

    phase: str | None = None
    phase_transition_timestamp: Moment | None = None


class MigrationStatus(Wire):
    """status of a VMIM."""

    phase: str | None = None
    phase_transition_timestamps: list[Transition] | None = None


class MigrationWire(Wire):
    """kubevirt.io VirtualMachineInstanceMigration."""

    metadata: DatedMetadata | None = None
    spec: MigrationSpec | None = None
    status: MigrationStatus | None = None


class AttemptWire(Wire):
    """status.attempts[]; the CRD requires all three."""

    number: int
    migration: str
    started: Moment


class RolloutStatus(Wire):
    """status of an AffinityRollout."""

    hash: str | None = None
    phase: str | None = None
    message: str | None = None
    retry_nonce: str | None = None
    attempts: list[AttemptWire] | None = None


class RolloutWire(Wire):
    """vmaffinity.io AffinityRollout."""

    metadata: Metadata | None = None
    status: RolloutStatus | None = None


def migration(raw: MigrationWire) -> Migration:
    """A VMIM."""
    metadata, status = raw.metadata or DatedMetadata(), raw.status or MigrationStatus()
    value = Migration(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        instance_name=(raw.spec and raw.spec.vmi_name) or "",
        phase=status.phase or "",
        uid=metadata.uid or "",
        hash=(metadata.labels or {}).get(HASH) or "",
        created=metadata.creation_timestamp,
        deleting=metadata.deletion_timestamp is not None,
    )
    reached = [
        step.phase_transition_timestamp
        for step in status.phase_transition_timestamps or ()
        if value.finished and step.phase == value.phase and step.phase_transition_timestamp
    ]
    return replace(value, finished_at=reached[-1]) if reached else value


def rollout_record(raw: RolloutWire) -> RolloutRecord:
    """An AffinityRollout; one without a status is a record of nothing yet."""
    metadata, status = raw.metadata or Metadata(), raw.status or RolloutStatus()
    return RolloutRecord(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        uid=metadata.uid or "",
        hash=status.hash or "",
        phase=status.phase or "",
        message=status.message or "",
        retry_nonce=status.retry_nonce or "",
        attempts=tuple(Attempt(a.number, a.migration, a.started) for a in status.attempts or ()),
    )
