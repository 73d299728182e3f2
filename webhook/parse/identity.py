"""Which object some JSON is, read off its metadata alone: of any kind, readable or not."""

from collections.abc import Hashable
from dataclasses import dataclass

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
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class _Object(Wire):
    metadata: _Metadata


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
        metadata = _DECODER.decode(raw).metadata
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    full_name = "/".join(part for part in (metadata.namespace, metadata.name) if part)
    return Identity(
        _key(kind, metadata, full_name), metadata.resource_version, f"{kind} {full_name}"
    )


def _key(kind: str, metadata: _Metadata, full_name: str) -> Hashable:
    """As the `key` of the kind's value has it."""
    match kind:
        case _ if kind in _CLUSTER_WIDE:
            return metadata.name
        case "Pod":
            return metadata.uid or full_name
        case "KubeVirt":
            return ""
        case _:
            return metadata.namespace, metadata.name
