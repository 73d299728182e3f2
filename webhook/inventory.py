"""Inventory: the stores, the index and the one lock around both. State, no I/O.

Events come in from a source (files, watches); verdicts read a World under the lock. At
most 25 events are taken in per lock hold, so that an admission never waits for a relist.
A live source says when it heard of each kind; what it has not heard of for too long is
stale. Times are monotonic seconds. Who gives none (files) has nothing that could get old.
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager

from webhook.judge.stores import Stores
from webhook.judge.world import World
from webhook.objects import (
    Applied,
    Deleted,
    Event,
    Features,
    KubeVirt,
    Listed,
    Migration,
    NodeInfo,
    PodInfo,
    Replaced,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.classes import CLASS_TYPES
from webhook.objects.profile import Namespace
from webhook.objects.quota import QUOTA_TYPES
from webhook.objects.rollout import RolloutRecord
from webhook.objects.storage import STORAGE_TYPES
from webhook.placement import ClusterIndex

EVENTS_PER_HOLD = 25
#: Seconds without an event or a bookmark, and without a connection, after which we are stale.
SILENT_FOR = 150.0
DISCONNECTED_FOR = 30.0
#: What must have been listed once before a verdict can be trusted.
REQUIRED: tuple[type, ...] = (
    NodeInfo,
    PodInfo,
    Namespace,
    *STORAGE_TYPES,
    *QUOTA_TYPES,
    KubeVirt,
    VirtualMachine,
    VirtualMachineInstance,
    Migration,
)
_STORED: tuple[type, ...] = (
    *QUOTA_TYPES,
    *CLASS_TYPES,
    KubeVirt,
    VirtualMachine,
    VirtualMachineInstance,
    Migration,
    RolloutRecord,
)

Single = Applied | Deleted
_LISTS = (Listed, Replaced)


class Inventory:
    """The cluster as last heard of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = ClusterIndex()
        self._stores = Stores(_STORED)
        self._listed: set[type] = set()
        self._heard: dict[type, float] = {}
        self._lost: dict[type, float] = {}

    def apply(
        self,
        events: Iterable[Event],
        now: float | None = None,
        pause: Callable[[], object] = tuple,
    ) -> None:
        """Take in events in their order, a few per lock hold; with `now` they are signs of life.

        `pause` is called between two lock holds of many events: a lock that is only let go
        of is taken again before any waiting reader wakes up.
        """
        self._apply(events, now, pause)

    def _apply(
        self, events: Iterable[Event], now: float | None, pause: Callable[[], object]
    ) -> None:
        batch: list[Single] = []
        for event in events:
            if isinstance(event, _LISTS):
                batch = self._take_in(batch, now)
                self._end_of_list(event, now, pause)
                continue
            batch.append(event)
            if len(batch) == EVENTS_PER_HOLD:
                batch = self._take_in(batch, now)
                pause()
        self._take_in(batch, now)

    def heard(self, type_: type, now: float) -> None:
        """The source of this kind is alive: it said something, if only a bookmark."""
        with self._lock:
            self._alive(type_, now)

    def _alive(self, type_: type, now: float) -> None:
        self._heard[type_] = now
        self._lost.pop(type_, None)

    def lost(self, type_: type, now: float) -> None:
        """The source of this kind cannot be reached; counted from the first time."""
        with self._lock:
            self._lost.setdefault(type_, now)

    def reached(self, type_: type) -> None:
        """The source of this kind can be reached again, but has not said anything yet."""
        with self._lock:
            self._lost.pop(type_, None)

    def _end_of_list(
        self, event: Listed | Replaced, now: float | None, pause: Callable[[], object]
    ) -> None:
        with self._lock:
            known = self._keys(event.type)
        self._apply(event.changes(known), None, pause)
        with self._lock:
            self._listed.add(event.type)
            if now is not None:
                self._alive(event.type, now)

    def _take_in(self, batch: list[Single], now: float | None) -> list[Single]:
        """Take in a batch in one lock hold, and return the next, still empty one."""
        if batch:
            with self._lock:
                for event in batch:
                    type_ = self._take(event)
                    if now is not None:
                        self._alive(type_, now)
        return []

    def _take(self, event: Single) -> type:
        """Take in one event, and return of what kind it is."""
        if isinstance(event, Applied):
            object_ = event.object
            type_: type = type(object_)
            if type_ not in self._stores:
                self._index.apply(event)
            elif self._stores.of(type_).get(object_.key) != object_:  # what is equal stays
                self._stores.put(object_)
            return type_
        if event.type in self._stores:
            self._stores.remove(event.type, event.key)
        else:
            self._index.apply(event)
        return event.type

    def _keys(self, type_: type) -> list[Hashable]:
        if type_ in self._stores:
            return list(self._stores.of(type_))
        return list(self._index.keys(type_))

    @property
    def unknown(self) -> str:
        """Why a verdict cannot be trusted yet; empty once everything was listed."""
        missing = [type_.__name__ for type_ in REQUIRED if type_ not in self._listed]
        return f"the cluster is still being read ({missing[0]} not listed yet)" if missing else ""

    def listed(self, type_: type) -> bool:
        """Whether a finished list of this kind was seen."""
        return type_ in self._listed

    def stale(self, now: float) -> str:
        """Which required kind was silent or out of reach for too long; empty if none was."""
        if not self._lost and now - min(self._heard.values(), default=now) <= SILENT_FOR:
            return ""
        for type_ in REQUIRED:
            if now - self._lost.get(type_, now) > DISCONNECTED_FOR:
                return f"the watch of {type_.__name__} is cut off; what is known of it is stale"
            if now - self._heard.get(type_, now) > SILENT_FOR:
                return f"the watch of {type_.__name__} is silent; what is known of it is stale"
        return ""

    @property
    def features(self) -> Features:
        """Behaviour of the cluster's Kubernetes version."""
        return self._index.features

    @contextmanager
    def reading(self, now: float | None = None) -> Iterator[World]:
        """The World of this moment; holds the lock, and the World is dead afterwards.

        With `now` the World also says whether it is stale.
        """
        with self._lock:
            unknown = self.unknown or ("" if now is None else self.stale(now))
            world = World(self._index, self._stores, unknown)
            try:
                yield world
            finally:
                world.close()

    def freeze(self) -> tuple[Event, ...]:
        """The events that build an equal inventory; a copy, O(n)."""
        with self._lock:
            stored = (Replaced(t, tuple(s.values())) for t, s in self._stores.items())
            return tuple(
                event for each in (*self._index.freeze(), *stored) for event in self._frozen(each)
            )

    def _frozen(self, event: Event) -> Iterator[Event]:
        """A kind that was never listed is not passed on as a finished list."""
        if isinstance(event, Replaced) and event.type not in self._listed:
            yield from map(Applied, event.objects)
        else:
            yield event
