"""Executor: performs the actions of a plan, one request each. Every end is a value.

It refuses once the Lease has run out: a process that was paused for a minute wakes up in
the middle of a plan that is no longer its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from webhook.kube import bodies
from webhook.kube.client import Api, ApiFailure, KubeError
from webhook.kube.watched import KUBEVIRT_API, ROLLOUT_API, namespaced
from webhook.objects.rollout import (
    Action,
    Annotate,
    CreateMigration,
    CreateRollout,
    DeleteMigration,
    EmitEvent,
    RecordRollout,
)

MERGE_PATCH = "application/merge-patch+json"
MIGRATIONS = "virtualmachineinstancemigrations"


@dataclass(frozen=True, slots=True)
class Done:
    """The API server did it."""


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """An object of this name exists; whether it is ours, a look at it must say."""


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such object, or no such namespace."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The object is not the one that was meant: it has another uid."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was forbidden, invalid, denied by a webhook, or we do not lead; again is no use."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer, or one that says later; it may have been done all the same."""

    reason: str


Outcome = Done | AlreadyThere | Gone | Conflict | Refused | Unreachable

NOT_LEADING = Refused("the lease has run out; another process may be at work")


class Held(Protocol):
    """What the Executor asks of a Lease."""

    def valid(self, now: float) -> bool:
        """Whether we may act at this monotonic time."""
        ...


@dataclass(frozen=True, slots=True)
class _Request:
    """One write: what is sent where."""

    method: str
    path: str
    body: Mapping[str, object]
    patch: bool = False


class Executor:
    """Performs actions while the lease is valid at the time of the call."""

    def __init__(self, api: Api, lease: Held, monotonic: Callable[[], float]) -> None:
        self._api = api
        self._lease = lease
        self._monotonic = monotonic

    def perform(self, action: Action) -> Outcome:
        """Perform one action; nothing is tried twice."""
        if not self._lease.valid(self._monotonic()):
            return NOT_LEADING
        request = _request(action)
        manager = {} if request.method == "DELETE" else {"fieldManager": bodies.FIELD_MANAGER}
        try:
            self._api.request(
                request.method,
                request.path,
                query=manager,
                body=request.body,
                content_type=MERGE_PATCH if request.patch else "application/json",
            )
        except ApiFailure as failure:
            return _outcome(failure)
        except KubeError as failure:
            return Unreachable(str(failure))
        return Done()


def _request(action: Action) -> _Request:
    match action:
        case CreateRollout():
            path = namespaced(ROLLOUT_API, action.namespace, "affinityrollouts")
            return _Request("POST", path, bodies.rollout(action))
        case RecordRollout(record=record):
            path = namespaced(ROLLOUT_API, record.namespace, "affinityrollouts", record.name)
            return _Request("PATCH", f"{path}/status", bodies.rollout_status(action), patch=True)
        case CreateMigration():
            path = namespaced(KUBEVIRT_API, action.namespace, MIGRATIONS)
            return _Request("POST", path, bodies.migration(action))
        case DeleteMigration():
            path = namespaced(KUBEVIRT_API, action.namespace, MIGRATIONS, action.name)
            return _Request("DELETE", path, bodies.deletion(action.uid))
        case Annotate():
            path = namespaced(KUBEVIRT_API, action.namespace, "virtualmachines", action.name)
            patch = {"metadata": {"annotations": dict(action.annotations)}}
            return _Request("PATCH", path, patch, patch=True)
        case EmitEvent():
            path = namespaced("v1", action.namespace, "events")
            return _Request("POST", path, bodies.event(action))


def _outcome(failure: ApiFailure) -> Outcome:
    if failure.status == 404:
        return Gone()
    if failure.status == 409:
        return AlreadyThere() if failure.reason == "AlreadyExists" else Conflict()
    if failure.status == 429 or failure.status >= 500:
        return Unreachable(str(failure))
    return Refused(str(failure))
