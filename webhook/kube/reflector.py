"""Reflector: one kind of the API, kept in the inventory. The thin loop around WatchState.

Every failure is a sentence in the log and a delay; no answer ends the loop.
"""

import gc
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from webhook.inventory import Inventory
from webhook.kube.client import Api, ApiFailure, KubeError, Stream
from webhook.kube.pace import Pace
from webhook.kube.watch_state import (
    GONE,
    GRACE,
    SHORTEST_WATCH,
    WATCH_SPREAD,
    BadAnswer,
    Read,
    WatchState,
)
from webhook.kube.watched import Watched

BREATH = 0.001
"""Seconds between two batches of a list: enough for a waiting admission to get the lock."""

REST = 0.032
"""Seconds between two pages of a list that is read again while verdicts are given: most of
them are then given as if nothing else went on. The first list has nobody to wait for."""

ABSENT_FOR = 60.0
"""Seconds until an optional kind that does not exist is asked for again."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a loop takes from the outside: seconds (monotonic) and chance in [0, 1)."""

    monotonic: Callable[[], float]
    chance: Callable[[], float]


class Reflector:
    """List and watch one kind until stopped.

    `synced` is set after its first finished list, once `first_list` was called.
    """

    def __init__(
        self,
        api: Api,
        row: Watched,
        inventory: Inventory,
        stop: threading.Event,
        surroundings: Surroundings,
        first_list: Callable[[], object] = tuple,
    ) -> None:
        self.row = row
        self.synced = threading.Event()
        self._api = api
        self._inventory = inventory
        self._stop = stop
        self._surroundings = surroundings
        self._first_list = first_list
        self._state = WatchState(row, lambda: inventory.features)
        self._stream: Stream | None = None

    def run(self) -> None:
        """Step after step until stopped; a failed one is followed by a delay."""
        while not self._stop.is_set():
            try:
                self._step()
            except ApiFailure as failure:
                self._state.answered(failure.status)
                self._failed(failure, lost=failure.status != GONE)
            except KubeError as failure:
                self._failed(failure, lost=True)
            except BadAnswer as failure:
                self._failed(failure)
            except Exception as bug:  # noqa: BLE001 - a bug of ours must not leave us deaf
                self._state.restart()
                self._failed(bug, trace=True)

    def shut(self) -> None:
        """End a running watch at once; called by another thread, after the stop was set."""
        stream = self._stream
        if stream is not None:
            stream.shut()

    def _step(self) -> None:
        """One page of the list, or one watch."""
        if self._state.listing:
            self._list()
        else:
            self._watch()

    def _list(self) -> None:
        try:
            content = self._api.request("GET", self.row.path, query=self._state.query())
        except ApiFailure as failure:
            if failure.status != 404 or self.row.required:
                raise
            self._take(self._state.absent())
            self._stop.wait(ABSENT_FOR)
        else:
            self._take(self._state.page(content, self._pause), alive=not self._state.listing)
            if not self.synced.is_set():
                gc.freeze()  # all of it stays: collections of what grows and grows find nothing
            elif self._state.listing:
                self._stop.wait(REST)

    def _watch(self) -> None:
        seconds = SHORTEST_WATCH + int(WATCH_SPREAD * self._surroundings.chance())
        query = self._state.query(seconds)
        opened = self._surroundings.monotonic()
        with self._api.stream(self.row.path, query=query, read_timeout=seconds + GRACE) as stream:
            self._stream = stream
            self._inventory.reached(self.row.type)
            try:
                for together in lines(self._timely(stream, opened + seconds + GRACE)):
                    self._lines(together)
            finally:
                self._state.stood(self._surroundings.monotonic() - opened)
        now = self._surroundings.monotonic()
        self._state.ended(now - opened)
        self._inventory.heard(self.row.type, now)

    def _timely(self, stream: Stream, deadline: float) -> Iterator[bytes]:
        """The chunks of a stream; one that outlives its time is cut, whatever it dribbles."""
        if self._stop.is_set():  # set before `shut` could see this stream
            return
        clock = self._surroundings.monotonic
        asked = clock()
        pace = Pace(asked)
        for chunk in stream.chunks():
            pace.waited(clock() - asked)
            yield chunk
            asked = clock()
            if asked > deadline:
                raise BadAnswer(f"the watch of {self.row.resource} does not end")
            rest = pace.rest(asked)
            if self._stop.wait(rest) if rest else self._stop.is_set():
                return
            asked = clock()

    def _lines(self, together: Iterable[bytes]) -> None:
        """Take in the lines of a watch that came together: those before a bad one count."""
        said: list[Read] = []
        try:
            for line in together:
                said.append(self._state.line(line))
        finally:
            if said:
                events = tuple(chain.from_iterable(read.events for read in said))
                self._take(Read(events, tuple(chain.from_iterable(read.skipped for read in said))))

    def _take(self, read: Read, *, alive: bool = True) -> None:
        """`alive`: this is as new as it gets, and not the middle of a list."""
        now = self._surroundings.monotonic()
        for sentence in read.skipped:
            _LOG.warning("%s", sentence)
        if read.events:
            self._inventory.apply(read.events, now if alive else None, self._pause)
        elif alive:
            self._inventory.heard(self.row.type, now)
        if not self.synced.is_set() and self._inventory.listed(self.row.type):
            self._first_list()
            self.synced.set()

    def _failed(self, failure: Exception, *, lost: bool = False, trace: bool = False) -> None:
        """`lost`: nobody answers us; else we were answered, and only time makes us stale."""
        if self._stop.is_set():
            return
        if lost:
            self._inventory.lost(self.row.type, self._surroundings.monotonic())
        delay = self._state.delay(self._surroundings.chance())
        _LOG.warning(
            "%s: %s; next try in %.1f s", self.row.resource, failure, delay, exc_info=trace
        )
        self._stop.wait(delay)

    def _pause(self) -> None:
        self._stop.wait(BREATH)


def lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The complete lines of a stream, those that a chunk ends together.

    What the end of the stream cuts off will be told again.
    """
    begun: list[bytes] = []
    for chunk in chunks:
        complete, newline, rest = chunk.rpartition(b"\n")
        if newline:
            said = b"".join((*begun, complete)).split(b"\n")
            begun.clear()
            if together := [line for line in said if line and not line.isspace()]:
                yield together
        if rest:
            begun.append(rest)
