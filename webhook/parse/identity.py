"""Which object some JSON is, read off its metadata alone: of any kind, readable or not."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from webhook.parse.wire import Wire

#: Kinds without a namespace whose values are keyed by name.
_CLUSTER_WIDE = frozenset(
    {
        "Node",
        "Namespace",
        "DeviceClass",
        "PriorityClass",
        "RuntimeClass",
        "PersistentVolume",
        "StorageClass",
        "CSINode",
        "CSIDriver",
        "VolumeAttachment",
    }
)


class _Metadata(Wire):
    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None


class Metadata(Protocol):
    """The metadata of any wire."""

    name: str | None
    namespace: str | None
    uid: str | None
    resource_version: str | None


class _Object(Wire):
    metadata: _Metadata


class Deleted(Wire):
    """An object that is gone, of which nothing else matters."""

    metadata: _Metadata | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """An object's key in the inventory, its resourceVersion, and its name for people."""

    key: Hashable
    version: str
    title: str


_DECODER = msgspec.json.Decoder(_Object)


def identity(kind: str, raw: bytes) -> Identity | None:
    """Who this object of a kind is; None if its metadata cannot be read."""
    try:
        return of_metadata(kind, _DECODER.decode(raw).metadata)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def of_metadata(kind: str, metadata: Metadata) -> Identity:
    """Who an object of a kind is whose metadata was decoded; null is as good as absent."""
    namespace, name = metadata.namespace or "", metadata.name or ""
    full_name = f"{namespace}/{name}" if namespace and name else namespace or name
    key = _key(kind, namespace, name, metadata.uid or full_name)
    return Identity(key, metadata.resource_version or "", f"{kind} {full_name}")


def _key(kind: str, namespace: str, name: str, uid: str) -> Hashable:
    """As the `key` of the kind's value has it."""
    if kind == "Pod":
        return uid
    if kind in _CLUSTER_WIDE:
        return name
    return "" if kind == "KubeVirt" else (namespace, name)
