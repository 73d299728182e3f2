"""Collections of raw objects: lists in pages of one moment, and a bounded log of changes."""

import threading
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from webhook.kube.watched import WATCHED

PATHS: Mapping[str, str] = {row.path: row.kind for row in WATCHED}
API_VERSIONS: Mapping[str, str] = {row.kind: row.api_version for row in WATCHED}
FINISHED = ("Succeeded", "Failed")
KEPT_CHANGES = 20_000
"""Changes of a kind that a watch may still ask for; a real API server keeps minutes' worth."""

KEPT_LISTS = 4
"""Unfinished lists whose pages can still be asked for; older ones are answered with 410."""


class Expired(Exception):
    """What was asked for is too old: 410 Gone."""


class _Metadata(msgspec.Struct):
    name: str
    namespace: str = ""


class _Status(msgspec.Struct):
    phase: str = ""


class _Object(msgspec.Struct):
    metadata: _Metadata
    status: _Status = msgspec.field(default_factory=_Status)


_OBJECT = msgspec.json.Decoder(_Object)


@dataclass
class Log:
    """The watch lines of a kind, each with the resourceVersion that it leads to."""

    versions: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    #: Changes up to this version are forgotten.
    forgotten: int = 0

    def append(self, version: int, line: bytes) -> None:
        """Add a change; now and then the oldest are forgotten."""
        self.versions.append(version)
        self.lines.append(line)
        if len(self.lines) > 2 * KEPT_CHANGES:
            self.forgotten = self.versions[KEPT_CHANGES - 1]
            del self.versions[:KEPT_CHANGES], self.lines[:KEPT_CHANGES]

    def since(self, version: int) -> tuple[list[bytes], int]:
        """The lines after a version, and the version they lead to; raises Expired."""
        if version < self.forgotten:
            raise Expired(f"too old resource version: {version} ({self.forgotten})")
        first = bisect_right(self.versions, version)
        return self.lines[first:], self.versions[-1] if first < len(self.versions) else version


class Collection:
    """The objects of one kind by namespace/name, guarded by `changed`."""

    def __init__(self, kind: str, objects: Iterable[bytes]) -> None:
        self.kind = kind
        self.changed = threading.Condition()
        self.log = Log()
        #: Raised by one whenever all watches of this kind are to be told 410.
        self.epoch = 0
        self._objects: dict[str, bytes] = {}
        self._lists: dict[int, list[bytes]] = {}
        for raw in objects:
            about = _OBJECT.decode(raw)
            if kind != "Pod" or about.status.phase not in FINISHED:
                self._objects[f"{about.metadata.namespace}/{about.metadata.name}"] = raw

    def __len__(self) -> int:
        return len(self._objects)

    def keys(self) -> list[str]:
        """The names of all objects, in their order of creation."""
        return list(self._objects)

    def __getitem__(self, key: str) -> bytes:
        return self._objects[key]

    def change(self, type_: str, key: str, raw: bytes, version: int) -> None:
        """Take in an object as it now is (or last was), and tell the watches."""
        line = b'{"type":"%s","object":%s}\n' % (type_.encode(), raw)
        with self.changed:
            if type_ == "DELETED":
                self._objects.pop(key, None)
            else:
                self._objects[key] = raw
            self.log.append(version, line)
            self.changed.notify_all()

    def expire(self) -> None:
        """End every watch that stands now with 410."""
        with self.changed:
            self.epoch += 1
            self.changed.notify_all()

    def page(self, version: int, limit: int, token: str) -> bytes:
        """A page of the list as it was at its first page; no limit is 0. Raises Expired."""
        at, _, offset = token.partition(".")
        with self.changed:
            if not token:
                at = str(version)
                self._lists[version] = list(self._objects.values())
                while len(self._lists) > KEPT_LISTS:
                    del self._lists[next(iter(self._lists))]
            objects = self._lists.get(int(at))
        if objects is None:
            raise Expired("the provided continue parameter is too old")
        first = int(offset or 0)
        last = first + limit if limit else len(objects)
        left = max(0, len(objects) - last)
        if not left:
            self._lists.pop(int(at), None)
        metadata: dict[str, object] = {"resourceVersion": at}
        if left:
            metadata |= {"continue": f"{at}.{last}", "remainingItemCount": left}
        return b'{"kind":"%sList","apiVersion":"%s","metadata":%s,"items":[%s]}\n' % (
            self.kind.encode(),
            API_VERSIONS[self.kind].encode(),
            msgspec.json.encode(metadata),
            b",".join(objects[first:last]),
        )


class Store:
    """All collections, and the one resourceVersion over them."""

    def __init__(self, kinds: Mapping[str, Iterable[bytes]]) -> None:
        self.collections = {kind: Collection(kind, raws) for kind, raws in kinds.items()}
        self._lock = threading.Lock()
        self.version = 10 + sum(len(each) for each in self.collections.values())

    def next_version(self) -> int:
        """A resourceVersion that nothing has yet."""
        with self._lock:
            self.version += 1
            return self.version

    def at(self, path: str) -> Collection | None:
        """The collection that is listed at a path; None if it is not served."""
        return self.collections.get(PATHS.get(path, ""))
