"""The objects and patches that we send, as plain JSON. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from webhook.kube.watched import KUBEVIRT_API, ROLLOUT_API
from webhook.objects.rollout import (
    CreateMigration,
    CreateRollout,
    EmitEvent,
    Phase,
    RecordRollout,
)
from webhook.objects.virtual_machine import HASH

Body = dict[str, Any]

FIELD_MANAGER = "vm-affinity-reconciler"
MANAGED_BY = {"app.kubernetes.io/managed-by": "vm-affinity"}
UNSCHEDULABLE_TIMEOUT = "kubevirt.io/migrationUnschedulablePodTimeoutSeconds"
UNSCHEDULABLE_SECONDS = 60
"""KubeVirt waits 300 s by default, and the migration holds one of its few slots meanwhile."""

EVENT_MESSAGE = 1024
STATUS_MESSAGE = 256
"""Characters that the API server, and the schema of AffinityRollout, take."""

_DONE = (Phase.SUCCEEDED, Phase.NOT_NEEDED, Phase.SUPERSEDED)
_AT_REST = (*_DONE, Phase.BLOCKED, Phase.SUSPENDED)


def rollout(action: CreateRollout) -> Body:
    """An AffinityRollout that goes with its VM.

    The VM does not control it, and its deletion waits for nothing: to block it would take
    the permission to set finalizers on VMs.
    """
    owner = {
        "apiVersion": KUBEVIRT_API,
        "kind": "VirtualMachine",
        "name": action.name,
        "uid": action.vm_uid,
        "controller": False,
        "blockOwnerDeletion": False,
    }
    return {
        "apiVersion": ROLLOUT_API,
        "kind": "AffinityRollout",
        "metadata": {
            "name": action.name,
            "namespace": action.namespace,
            "labels": MANAGED_BY,
            "ownerReferences": [owner],
        },
        "spec": {},
    }


def rollout_status(action: RecordRollout) -> Body:
    """The status whole, as a merge patch: null takes away what an earlier write left."""
    record = action.record
    attempts = [
        {"number": a.number, "migration": a.migration, "started": timestamp(a.started)}
        for a in record.attempts
    ]
    return {
        "status": {
            "hash": record.hash or None,
            "phase": record.phase or None,
            "message": record.message[:STATUS_MESSAGE],
            "retryNonce": record.retry_nonce,
            "attempts": attempts,
            "conditions": conditions(record.phase, record.message, action.now),
        }
    }


def conditions(phase: str, message: str, now: datetime) -> list[Body]:
    """The phase as kstatus reads it: Ready, Reconciling, Stalled; one of them says True.

    A suspended rollout is neither: nothing goes on, and nobody has to repair anything.
    """
    states = {
        "Ready": phase in _DONE,
        "Reconciling": phase not in _AT_REST,
        "Stalled": phase == Phase.BLOCKED,
    }
    return [
        {
            "type": type_,
            "status": str(state),
            "reason": phase or "Unknown",
            "message": message[:STATUS_MESSAGE],
            "lastTransitionTime": timestamp(now),
        }
        for type_, state in states.items()
    ]


def migration(action: CreateMigration) -> Body:
    """A migration without priority, which is KubeVirt's to give: drains and upgrades go first."""
    label = {HASH: action.hash} if action.hash else {}
    return {
        "apiVersion": KUBEVIRT_API,
        "kind": "VirtualMachineInstanceMigration",
        "metadata": {
            "name": action.name,
            "namespace": action.namespace,
            "labels": {**MANAGED_BY, **label},
            "annotations": {UNSCHEDULABLE_TIMEOUT: str(UNSCHEDULABLE_SECONDS)},
        },
        "spec": {"vmiName": action.instance_name},
    }


def deletion(uid: str) -> Body:
    """The options that delete this very object and none that took its name since."""
    return {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}


def to_expand(vm: Mapping[str, Any]) -> Body:
    """As much of a VM, plain JSON, as its expansion depends on.

    The status pins revisions, which KubeVirt looks up by the instancetype's name alone and
    forgets as soon as name or kind are others: here it may not have seen the change yet.
    """
    metadata, spec, status = (vm.get(part) or {} for part in ("metadata", "spec", "status"))
    pinned = {
        f"{kind}Ref": status[f"{kind}Ref"]
        for kind in ("instancetype", "preference")
        if _pins(status.get(f"{kind}Ref"), spec.get(kind) or {})
    }
    return {
        "apiVersion": KUBEVIRT_API,
        "kind": "VirtualMachine",
        "metadata": {key: metadata[key] for key in ("name", "namespace") if metadata.get(key)},
        "spec": spec,
        "status": pinned,
    }


def _pins(pinned: Any, reference: Mapping[str, Any]) -> bool:
    return isinstance(pinned, dict) and all(
        not reference.get(key) or reference[key] == pinned.get(key) for key in ("name", "kind")
    )


def event(action: EmitEvent) -> Body:
    """A core/v1 Event about a VM."""
    moment = timestamp(action.now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": action.name, "namespace": action.namespace},
        "involvedObject": {
            "apiVersion": KUBEVIRT_API,
            "kind": "VirtualMachine",
            "namespace": action.namespace,
            "name": action.vm_name,
            "uid": action.vm_uid,
        },
        "type": "Warning" if action.warning else "Normal",
        "reason": action.reason,
        "message": action.message[:EVENT_MESSAGE],
        "source": {"component": FIELD_MANAGER},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339 in whole seconds, which is all that metav1.Time keeps."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
