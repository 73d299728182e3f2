"""Leader election on a coordination.k8s.io/v1 Lease.

Mirrors client-go's `tools/leaderelection`: whether another holder is alive is judged by our
own clock since we last saw its Lease change, never by the time that it wrote there, so
clocks need not agree. `decide` is pure; `Lease` reads, decides, and writes once per step.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

import msgspec

from webhook.kube.client import Api, ApiFailure, KubeError
from webhook.kube.watched import namespaced

LEASE_API = "coordination.k8s.io/v1"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds. A holder trusts its Lease for `renew`, others wait for `lease`: renew < lease."""

    lease: int = 15
    renew: int = 10
    retry: int = 2


@dataclass(frozen=True, slots=True)
class Clocks:
    """Monotonic seconds to decide by, and the time of day to write down."""

    monotonic: Callable[[], float]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Observed:
    """A Lease as read, and since when (monotonic) it has looked like this."""

    holder: str
    renewed: str
    transitions: int
    version: str
    acquired: str = ""
    since: float = 0.0


class Step(Enum):
    """What to do about the Lease."""

    CREATE = auto()
    TAKE = auto()
    RENEW = auto()
    WAIT = auto()


def observe(seen: Observed | None, found: Observed | None, now: float) -> Observed | None:
    """What was found, dated back to when it was first seen in this form."""
    if found is None:
        return None
    same = seen is not None and (seen.holder, seen.renewed) == (found.holder, found.renewed)
    return replace(found, since=seen.since if seen is not None and same else now)


def decide(observed: Observed | None, identity: str, seconds: float, now: float) -> Step:
    """The step of a candidate; another holder is given `seconds` to show life."""
    if observed is None:
        return Step.CREATE
    if observed.holder == identity:
        return Step.RENEW
    if not observed.holder or now - observed.since > seconds:
        return Step.TAKE
    return Step.WAIT


class Lease:
    """One candidate. `step` acquires or renews; `valid` is what may be acted upon."""

    def __init__(
        self,
        api: Api,
        namespace: str,
        name: str,
        identity: str,
        clocks: Clocks,
        durations: Durations = Durations(),
    ) -> None:
        self.identity = identity
        self._api = api
        self._list_path = namespaced(LEASE_API, namespace, "leases")
        self._path = f"{self._list_path}/{name}"
        self._metadata = {"name": name, "namespace": namespace}
        self._clocks = clocks
        self._durations = durations
        self._observed: Observed | None = None
        self._valid_until: float | None = None

    def valid(self, now: float) -> bool:
        """Whether we hold the Lease at this monotonic time, as far as the last answer goes."""
        return self._valid_until is not None and now < self._valid_until

    def acquire(self, stop: threading.Event) -> bool:
        """Wait until we hold the Lease; False once stopped."""
        while not stop.is_set():
            if self.step():
                return True
            stop.wait(self._durations.retry)
        return False

    def hold(self, stop: threading.Event) -> bool:
        """Renew until stopped (True), or until the Lease is lost (False)."""
        while not stop.wait(self._durations.retry):
            if not self.step() and not self.valid(self._clocks.monotonic()):
                return False
        return True

    def step(self) -> bool:
        """Read, decide, write: whether this made or kept us the holder.

        Without an answer an earlier success stays valid until its deadline; a Lease that
        turns out to be another's ends ours at once. A conflict is read again, because it
        may be our own write whose answer got lost.
        """
        started = self._clocks.monotonic()
        try:
            held = self._step(started)
            if held is None:
                held = self._step(started)
        except KubeError as failure:
            _LOG.warning("the lease %s was neither taken nor renewed: %s", self._path, failure)
            return False
        self._valid_until = started + self._durations.renew if held else None
        return bool(held)

    def release(self) -> None:
        """Let go of the Lease, so that another need not wait; best effort."""
        held, self._valid_until = self._valid_until is not None, None
        if not held or self._observed is None:
            return
        try:
            self._write("PUT", self._path, "", self._observed)
        except KubeError as failure:
            _LOG.warning("the lease %s was not released: %s", self._path, failure)

    def _step(self, started: float) -> bool | None:
        """True: ours; False: another's; None: somebody wrote in between."""
        found = self._read()
        self._observed = observe(self._observed, found, started)
        match decide(self._observed, self.identity, self._durations.lease, started):
            case Step.WAIT:
                return False
            case Step.CREATE:
                return self._write("POST", self._list_path, self.identity, None)
            case Step.TAKE | Step.RENEW:
                return self._write("PUT", self._path, self.identity, self._observed)

    def _read(self) -> Observed | None:
        try:
            return _parsed(self._api.request("GET", self._path))
        except ApiFailure as failure:
            if failure.status != 404:
                raise
            return None

    def _write(self, method: str, path: str, holder: str, before: Observed | None) -> bool | None:
        body = _body(holder, before, self._metadata, self._durations.lease, self._clocks.now())
        try:
            written = _parsed(self._api.request(method, path, body=body))
        except ApiFailure as failure:
            if failure.status != 409:
                raise
            return None
        self._observed = observe(self._observed, written, self._clocks.monotonic())
        return True


def _body(
    holder: str, before: Observed | None, metadata: dict[str, str], seconds: int, now: datetime
) -> dict[str, object]:
    """The whole Lease; releasing it leaves it to expire within a second, as client-go does."""
    moment = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
    same = before is not None and before.holder == holder
    version = {"resourceVersion": before.version} if before is not None else {}
    transitions = 0 if before is None else before.transitions + (bool(holder) and not same)
    acquired = before.acquired if before is not None and same and before.acquired else moment
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": seconds if holder else 1,
        "acquireTime": acquired,
        "renewTime": moment,
        "leaseTransitions": transitions,
    }
    return {
        "apiVersion": LEASE_API,
        "kind": "Lease",
        "metadata": {**metadata, **version},
        "spec": spec,
    }


class _Metadata(msgspec.Struct, rename="camel"):
    resource_version: str


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str | None = None
    renew_time: str | None = None
    acquire_time: str | None = None
    lease_transitions: int | None = None


class _Lease(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec = msgspec.field(default_factory=_Spec)


def _parsed(content: bytes) -> Observed:
    try:
        found = msgspec.json.decode(content, type=_Lease)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KubeError(f"The API server's answer is no Lease ({error}).") from error
    spec = found.spec
    return Observed(
        holder=spec.holder_identity or "",
        renewed=spec.renew_time or "",
        transitions=spec.lease_transitions or 0,
        version=found.metadata.resource_version,
        acquired=spec.acquire_time or "",
    )
