"""What to ask the API server for next, and what its answers mean: a watch without the I/O.

List in pages, then watch from the list's resourceVersion; whatever breaks that chain makes
it list again. Mirrors client-go's `tools/cache/reflector.go`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from webhook.kube.watched import Watched
from webhook.objects import Applied, Deleted, Event, Features, Replaced
from webhook.objects.events import Object
from webhook.parse import ParseError, decode
from webhook.parse.identity import Identity, identity

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


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct):
    code: int = 0
    message: str = ""


_LIST = msgspec.json.Decoder(_List)
_LINE = msgspec.json.Decoder(_Line)
_STATUS = msgspec.json.Decoder(_Status)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


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
        self._found: list[Object] = []
        self._left_out: list[str] = []
        self._lines = 0

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
        """Take in a page; the last one gives the whole list. `pause` lets others run.

        Raises BadAnswer.
        """
        try:
            page = _LIST.decode(content)
        except _UNREADABLE as error:
            raise BadAnswer(f"the list of {self.row.resource} cannot be read ({error})") from error
        self._found += self._objects(page.items or [], pause)
        self._continue = page.metadata.continue_
        if self._continue:
            return Read()
        if not page.metadata.resource_version:
            self.restart()
            raise BadAnswer(f"the list of {self.row.resource} has no resourceVersion")
        read = Read((Replaced(self.row.type, tuple(self._found)),), tuple(self._left_out))
        self.restart()
        self._version = page.metadata.resource_version
        return read

    def _objects(self, items: list[msgspec.Raw], pause: Callable[[], object]) -> Iterator[Object]:
        for number, raw in enumerate(items):
            if number % OBJECTS_PER_BREATH == 0:
                pause()
            try:
                yield decode(self.row.kind, bytes(raw), self._features())
            except ParseError as error:
                self._left_out.append(_sentence(identity(self.row.kind, bytes(raw)), error))

    def absent(self) -> Read:
        """The API server does not know this optional kind: that is an empty list."""
        self.restart()
        return Read((Replaced(self.row.type, ()),))

    def restart(self) -> None:
        """List from the start: what we know cannot be continued from."""
        self._version = self._continue = ""
        self._found, self._left_out = [], []

    def line(self, line: bytes) -> Read:
        """Take in one line of the watch; a Read without events is a bookmark.

        Raises BadAnswer when the watch cannot go on; the state then says what comes next.
        """
        try:
            said = _LINE.decode(line)
        except _UNREADABLE as error:
            raise self._broken(f"a line cannot be read ({error})") from error
        if said.type == "ERROR":
            raise self._refused(bytes(said.object))
        raw = bytes(said.object)
        who = identity(self.row.kind, raw)
        if who is None or not who.version:
            raise self._broken("an object has no resourceVersion")
        read = self._event(said.type, who, raw)
        self._version = who.version
        self._lines += 1
        self.failures = 0
        return read

    def _event(self, type_: str, who: Identity, raw: bytes) -> Read:
        """An object that cannot be read any more is as good as gone."""
        gone = Deleted(self.row.type, who.key)
        match type_:
            case "ADDED" | "MODIFIED":
                try:
                    return Read((Applied(decode(self.row.kind, raw, self._features())),))
                except ParseError as error:
                    return Read((gone,), (_sentence(who, error),))
            case "DELETED":
                return Read((gone,))
            case "BOOKMARK":
                return Read()
            case _:
                raise self._broken(f"there is no watch event of type {type_!r}")

    def _broken(self, what: str) -> BadAnswer:
        """Reading on could miss something, and the same line may come again: list again."""
        self.restart()
        return BadAnswer(f"the watch of {self.row.resource} broke off: {what}")

    def _refused(self, raw: bytes) -> BadAnswer:
        """An ERROR event: 410 means that our resourceVersion is too old, as it always may."""
        try:
            status = _STATUS.decode(raw)
        except _UNREADABLE:
            status = _Status()
        self.answered(status.code)
        return BadAnswer(
            f"the watch of {self.row.resource} was ended with {status.code}: {status.message}"
        )

    def answered(self, status: int) -> None:
        """A refusal: some say that going on from here is impossible, and others mean it."""
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

        `chance` is in [0, 1).
        """
        self.failures += 1
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self.failures - 1, 10))
        return longest * (0.5 + chance / 2)


def _sentence(who: Identity | None, error: ParseError) -> str:
    return f"{who.title if who else 'an object'} is left out, as it cannot be read: {error}"
