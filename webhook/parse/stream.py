"""Lists and watches of one kind, decoded in one pass from the envelope to the objects' wires.

What is not a wire of its kind stays raw, and so do the objects of plain kinds, whose fields are
read as they stand.
"""

from typing import Any, Generic, TypeVar

import msgspec

from webhook.objects import Features
from webhook.objects.events import Object
from webhook.parse import KINDS, decode
from webhook.parse.identity import Deleted, Identity, identity, of_metadata

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Item = Any
"""An object's wire, or its JSON as msgspec.Raw."""

_Item = TypeVar("_Item")


class ListMeta(msgspec.Struct, rename="camel"):
    """metadata of a list."""

    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct, Generic[_Item]):
    """A page of a list."""

    metadata: ListMeta
    items: list[_Item] | None = None


class Line(msgspec.Struct, Generic[_Item]):
    """A line of a watch."""

    type: str
    object: _Item


_RAW_PAGE = msgspec.json.Decoder(Page[msgspec.Raw])
_RAW_LINE = msgspec.json.Decoder(Line[msgspec.Raw])
_DELETED_LINE = msgspec.json.Decoder(Line[Deleted])
_DELETED = b'{"type":"DELETED",'


class Reader:
    """What the API server says of one kind."""

    def __init__(self, kind: str) -> None:
        entry = KINDS[kind]
        wire = msgspec.Raw if entry.plain else entry.slice or entry.wire
        self._kind = kind
        self._lower = entry.lower
        self._pages = msgspec.json.Decoder(Page[wire])  # type: ignore[valid-type]
        self._lines = msgspec.json.Decoder(Line[wire])  # type: ignore[valid-type]

    def page(self, content: bytes) -> Page[Item]:
        """A page of a list; raises one of UNREADABLE."""
        try:
            return self._pages.decode(content)
        except msgspec.ValidationError:
            return _RAW_PAGE.decode(content)

    def line(self, content: bytes) -> Line[Item]:
        """A line of a watch; raises one of UNREADABLE. What is gone is not read in full."""
        lines = _DELETED_LINE if content.startswith(_DELETED) else self._lines
        try:
            return lines.decode(content)
        except msgspec.ValidationError:
            return _RAW_LINE.decode(content)

    def identity(self, item: Item) -> Identity | None:
        """Who an object is; None if its metadata cannot be read."""
        if isinstance(item, msgspec.Raw):
            return identity(self._kind, bytes(item))
        return None if item.metadata is None else of_metadata(self._kind, item.metadata)

    def version(self, item: Item) -> str:
        """The resourceVersion of an object; empty if it cannot be read."""
        if isinstance(item, msgspec.Raw):
            who = identity(self._kind, bytes(item))
            return "" if who is None else who.version
        return "" if item.metadata is None else item.metadata.resource_version or ""

    def value(self, item: Item, features: Features) -> Object:
        """The value of an object; raises ParseError."""
        if isinstance(item, msgspec.Raw):
            return decode(self._kind, item, features)
        try:
            return self._lower(item, {}, features)
        except (ValueError, RecursionError):  # said better of the plain tree
            return decode(self._kind, msgspec.json.encode(item), features)
