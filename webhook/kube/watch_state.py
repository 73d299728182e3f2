"""What to ask the API server for next, and what its answers mean: a watch without the I/O.

List in pages, then watch from the list's resourceVersion; whatever breaks that chain makes
it list again. Mirrors client-go's `tools/cache/reflector.go`.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

import msgspec

from webhook.kube.watched import Watched
from webhook.objects import Applied, Deleted, Event, Features, Listed
from webhook.parse import ParseError
from webhook.parse.identity import Identity
from webhook.parse.stream import UNREADABLE, Item, Reader

PAGE = 100
"""Objects per page: small, so that an admission never waits for one to be decoded."""

OBJECTS_PER_BREATH = 25
SHORTEST_WATCH = 60
WATCH_SPREAD = 30
"""Seconds after which the server ends a watch, and the random part of it: well below the
silence at which the inventory calls itself stale, as a kind at which nothing has happened
since the API server started gets no bookmarks."""

GRACE = 15.0
"""Seconds that a watch may outlive the time for which it was asked."""

HASTY = 1.0
"""Seconds below which a watch that said nothing has failed, though it ended in good order."""

PATIENCE = 3
"""Refusals in a row after which a watch is not tried again from the same resourceVersion:
an API server that was restored from a backup never heard of it."""

FIRST_DELAY = 0.5
LONGEST_DELAY = 15.0
GONE = 410


class BadAnswer(Exception):
    """The API server's answer is not what was asked for; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Read:
    """What an answer says: events to apply, and a sentence for each object left out."""

    events: tuple[Event, ...] = ()
    skipped: tuple[str, ...] = ()


class _Status(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Refusal(msgspec.Struct):
    """A line of type ERROR."""

    object: _Status


_REFUSAL = msgspec.json.Decoder(_Refusal)


class WatchState:
    """Where one kind's list and watch stand.

    `failures` counts what went wrong since the last event: it sets the back-off.
    """

    def __init__(self, row: Watched, features: Callable[[], Features]) -> None:
        self.row = row
        self.failures = 0
        self._features = features
        self._version = ""
        self._continue = ""
        self._keys: set[Hashable] = set()
        self._reader = Reader(row.kind)
        self._lines = 0
        self._expired = False

    @property
    def listing(self) -> bool:
        """Whether the next thing to ask for is a page of the list."""
        return not self._version

    def query(self, watch_seconds: int = SHORTEST_WATCH) -> dict[str, str]:
        """The query of the next request to the row's path."""
        query = {"fieldSelector": self.row.field_selector} if self.row.field_selector else {}
        if self.listing:
            token = {"continue": self._continue} if self._continue else {}
            return {"limit": str(PAGE), **token, **query}
        self._lines = 0
        return {
            "watch": "true",
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(watch_seconds),
            **query,
        }

    def page(self, content: bytes, pause: Callable[[], object]) -> Read:
        """Take in a page: its objects, and after the last one's the keys of the whole list.

        `pause` lets others run. Raises BadAnswer.
        """
        try:
            page = self._reader.page(content)
        except UNREADABLE as error:
            raise BadAnswer(f"the list of {self.row.resource} cannot be read ({error})") from error
        read = self._objects(page.items or (), pause)
        self._continue = page.metadata.continue_
        if self._continue:
            return read
        whole = Listed(self.row.type, self._keys)
        self.restart()
        if not page.metadata.resource_version:
            raise BadAnswer(f"the list of {self.row.resource} has no resourceVersion")
        self._version = page.metadata.resource_version
        return Read((*read.events, whole), read.skipped)

    def _objects(self, items: Iterable[Item], pause: Callable[[], object]) -> Read:
        events, skipped, features = [], [], self._features()
        for number, item in enumerate(items):
            if number % OBJECTS_PER_BREATH == 0:
                pause()
            try:
                value = self._reader.value(item, features)
            except ParseError as error:
                skipped.append(_sentence(self._reader.identity(item), error))
            else:
                events.append(Applied(value))
                self._keys.add(value.key)
        return Read(tuple(events), tuple(skipped))

    def absent(self) -> Read:
        """The API server does not know this optional kind: that is an empty list."""
        self.restart()
        return Read((Listed(self.row.type, frozenset()),))

    def restart(self) -> None:
        """List from the start: what we know cannot be continued from."""
        self._version = self._continue = ""
        self._keys = set()

    def line(self, line: bytes) -> Read:
        """Take in one line of the watch; a Read without events is a bookmark.

        Raises BadAnswer when the watch cannot go on; the state then says what comes next.
        """
        try:
            said = self._reader.line(line)
        except UNREADABLE as error:
            raise self._broken(f"a line cannot be read ({error})") from error
        if said.type == "ERROR":
            raise self._refused(line)
        version = self._reader.version(said.object)
        if not version:
            raise self._broken("an object has no resourceVersion")
        read = self._event(said.type, said.object)
        self._version = version
        self._lines += 1
        self.failures = 0
        return read

    def _event(self, type_: str, item: Item) -> Read:
        """An object that cannot be read any more is as good as gone."""
        match type_:
            case "ADDED" | "MODIFIED":
                try:
                    return Read((Applied(self._reader.value(item, self._features())),))
                except ParseError as error:
                    return Read(self._gone(item), (_sentence(self._reader.identity(item), error),))
            case "DELETED":
                return Read(self._gone(item))
            case "BOOKMARK":
                return Read()
            case _:
                raise self._broken(f"there is no watch event of type {type_!r}")

    def _gone(self, item: Item) -> tuple[Event, ...]:
        who = self._reader.identity(item)
        return () if who is None else (Deleted(self.row.type, who.key),)

    def _broken(self, what: str) -> BadAnswer:
        """Reading on could miss something, and the same line may come again: list again."""
        self.restart()
        return BadAnswer(f"the watch of {self.row.resource} broke off: {what}")

    def _refused(self, line: bytes) -> BadAnswer:
        """An ERROR event: 410 means that our resourceVersion is too old, as it always may."""
        try:
            status = _REFUSAL.decode(line).object
        except UNREADABLE:
            status = _Status()
        self.answered(status.code)
        return BadAnswer(
            f"the watch of {self.row.resource} was ended with {status.code}: {status.message}"
        )

    def answered(self, status: int) -> None:
        """A refusal: some say that going on from here is impossible, and others mean it."""
        self._expired = status == GONE
        if status in (400, 404, GONE) or (not self.listing and self.failures >= PATIENCE):
            self.restart()

    def ended(self, seconds: float) -> None:
        """The server ended the watch in good order after so long; raises BadAnswer if hastily."""
        if not self._lines and seconds < HASTY:
            raise BadAnswer(f"the watch of {self.row.resource} ended as soon as it had begun")
        self.failures = 0

    def stood(self, seconds: float) -> None:
        """A watch has ended, in whatever way; after one that stood for long we count anew."""
        if seconds > LONGEST_DELAY:
            self.failures = 0

    def delay(self, chance: float) -> float:
        """Seconds to wait after a failure: doubled each time, with half of it left to chance.

        That our resourceVersion got too old is no fault of anybody's, and what we know gets
        older while we wait: the first time there is no delay. `chance` is in [0, 1).
        """
        at_once, self._expired = self._expired and not self.failures, False
        self.failures += 1
        if at_once:
            return 0.0
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self.failures - 1, 10))
        return longest * (0.5 + chance / 2)


def _sentence(who: Identity | None, error: ParseError) -> str:
    return f"{who.title if who else 'an object'} is left out, as it cannot be read: {error}"
