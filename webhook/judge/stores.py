"""Stores: the objects that a verdict looks up beside the index, by kind and key. State, no I/O.

Some kinds are also looked up by what they are about: a namespace, or a VMI. Those are kept
sorted out as they come, so that a look costs as much as it finds.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar, cast

from webhook.objects import Migration
from webhook.objects.events import Object
from webhook.objects.quota import LimitRange, ResourceQuota

T = TypeVar("T")
Objects = dict[Hashable, Object]
Key = tuple[str, str]


def _namespace(limiting: ResourceQuota | LimitRange) -> Hashable:
    return limiting.namespace


def _instance(migration: Migration) -> Hashable:
    return migration.namespace, migration.instance_name


#: What an object of a kind is about, beside its key.
_ABOUT: Mapping[type, Callable[[Any], Hashable]] = {
    ResourceQuota: _namespace,
    LimitRange: _namespace,
    Migration: _instance,
}


class Stores:
    """The objects of these kinds."""

    def __init__(self, types: Iterable[type] = ()) -> None:
        self._objects: dict[type, Objects] = {type_: {} for type_ in types}
        self._about: dict[type, dict[Hashable, dict[Key, Object]]] = {t: {} for t in _ABOUT}

    def __contains__(self, type_: type) -> bool:
        """Whether objects of this kind are kept here."""
        return type_ in self._objects

    def put(self, object_: Object) -> None:
        """Take in an object of a kind that is kept here, or its new version."""
        type_, key = type(object_), object_.key
        if type_ in _ABOUT:
            self.remove(type_, key)
            group = self._about[type_].setdefault(_ABOUT[type_](object_), {})
            group[cast("Key", key)] = object_
        self._objects[type_][key] = object_

    def remove(self, type_: type, key: Hashable) -> None:
        """Forget an object, if it is known."""
        known = self._objects[type_].pop(key, None)
        if known is not None and type_ in _ABOUT:
            about = self._about[type_]
            what = _ABOUT[type_](known)
            del about[what][cast("Key", key)]
            if not about[what]:
                del about[what]

    def of(self, type_: type[T]) -> Mapping[Hashable, T]:
        """All objects of a kind by their keys."""
        return cast("Mapping[Hashable, T]", self._objects.get(type_, {}))

    def about(self, type_: type[T], what: Hashable) -> list[T]:
        """The objects of a kind about this namespace or this VMI's (namespace, name), by key."""
        found = self._about[type_].get(what, {})
        return [cast("T", found[key]) for key in sorted(found)]

    def items(self) -> Iterable[tuple[type, Mapping[Hashable, Object]]]:
        """Every kind with its objects."""
        return self._objects.items()
