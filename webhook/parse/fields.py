"""A VM's fields as they stand in its JSON: what places it, and what only a restart applies.

They are read off a tree of the VM, which is either plain, or shallow: with the fields of the
template still as the bytes that they came in (`msgspec.Raw`), and nothing else of the object
but what is asked for here. Most fields of most VMs are alike, so their texts are remembered.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypedDict

import msgspec

from webhook.objects import Placement
from webhook.objects.fields import Fields

Tree = Mapping[str, Any]

_PLACEMENT = ("affinity", "nodeSelector", "tolerations")
_APART = frozenset({*_PLACEMENT, "domain"})
_MATCHER = ("kind", "name", "revisionName")
_REFERENCES = ("instancetype", "preference")
_PATHS = (*(f"spec.template.spec.{n}" for n in _PLACEMENT), *(f"spec.{m}" for m in _REFERENCES))
_GROUPS = ("cpu", "memory", "devices")
DEVICES = frozenset({"domain.devices.disks", "domain.devices.interfaces"})
#: What KubeVirt takes over into a running VMI without a restart, beside the placement.
LIVE = DEVICES | {"domain.cpu.sockets", "domain.memory.guest", "volumes", "networks"}
#: The texts of what is as good as absent, among other fields and in the placement.
_UNSET = frozenset({"null", "{}", "[]", '""'})
_FALSE = _UNSET | {"0", "0.0", "-0.0", "false"}
#: So many texts are remembered, the latest; none that is longer than any usual one.
_REMEMBERED = 2048
_REMEMBERED_BYTES = 4096

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


class BadField(ValueError):
    """The object lacks a field that it must have, or holds what JSON cannot say."""


class _Template(TypedDict, total=False):
    spec: dict[str, msgspec.Raw]


class _Spec(TypedDict, total=False):
    instancetype: Any
    preference: Any
    template: _Template


class _Metadata(TypedDict, total=False):
    annotations: Any
    deletionTimestamp: Any


class _Shallow(TypedDict, total=False):
    apiVersion: Any
    kind: Any
    metadata: _Metadata
    spec: _Spec


_SHALLOW = msgspec.json.Decoder(_Shallow)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PLAIN = msgspec.json.Decoder(dict[str, Any])


def shallow(raw: bytes | msgspec.Raw) -> Tree:
    """The tree of a VM's JSON as far as it is read here; raises msgspec.DecodeError.

    What is of another shape than a VM is decoded as a whole.
    """
    try:
        return _SHALLOW.decode(raw)
    except msgspec.ValidationError:
        return plain(raw)


def plain(raw: bytes | msgspec.Raw) -> Tree:
    """The whole tree of an object's JSON; raises msgspec.DecodeError."""
    return _PLAIN.decode(raw)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks; the same text for the same value.

    A tree from YAML may hold more than JSON can: raises BadField.
    """
    if isinstance(value, msgspec.Raw):
        text = bytes(value)
        return _remembered(text) if len(text) <= _REMEMBERED_BYTES else _rewritten(text)
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadField(f"holds a value that is not JSON: {error}") from error


def _no_float(text: str) -> float:
    raise ValueError(f"{text} may be written in more than one way")


_EXACT = msgspec.json.Decoder(float_hook=_no_float)
_SORTED = msgspec.json.Encoder(order="sorted")


def _rewritten(text: bytes) -> str:
    try:
        return _floatless(text) or canonical(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadField(f"holds a value that is not JSON: {error}") from error


def _floatless(text: bytes) -> str:
    """The canonical text of JSON without floats, of which encoders differ; empty with any."""
    try:
        return _SORTED.encode(_EXACT.decode(text)).decode()
    except msgspec.ValidationError:
        return ""


_remembered = lru_cache(_REMEMBERED)(_rewritten)


def _mapping(value: Any) -> Tree:
    """The fields of an object; nothing else has any."""
    if isinstance(value, msgspec.Raw):
        try:
            return _FIELDS.decode(value)
        except msgspec.DecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def _pod_spec(tree: Tree) -> Tree:
    return _mapping(_mapping(_mapping(tree.get("spec")).get("template")).get("spec"))


def placement(tree: Tree) -> Placement:
    """The placement fields of a VM, as they stand."""
    pod_spec = _pod_spec(tree)
    given = [pod_spec.get(name) for name in _PLACEMENT]
    given += [_reference(tree, matcher) for matcher in _REFERENCES]
    texts = tuple(map(_set, given))
    is_usual = sum(map(len, texts)) <= _REMEMBERED_BYTES
    return (_shared if is_usual else _placement)(texts)


def _placement(texts: tuple[str, ...]) -> Placement:
    return Placement(Fields({path: text for path, text in zip(_PATHS, texts, strict=True) if text}))


_shared = lru_cache(_REMEMBERED)(_placement)


def placed_alike(one: Tree, other: Tree) -> bool:
    """Whether two versions of a VM have the same placement; raises BadField."""
    if any(_reference(one, matcher) != _reference(other, matcher) for matcher in _REFERENCES):
        return False
    ones, others = _pod_spec(one), _pod_spec(other)
    return all(_alike(ones.get(name), others.get(name)) for name in _PLACEMENT)


def _alike(one: Any, other: Any) -> bool:
    """Equal bytes say the same; others may, too."""
    if isinstance(one, msgspec.Raw) and one == other:
        return True
    return _set(one) == _set(other)


def _set(value: Any) -> str:
    """The text of a placement field; empty where that is as good as absent."""
    text = canonical(value) if value else ""
    return "" if text in _FALSE else text


def _reference(tree: Tree, matcher: str) -> Tree:
    reference = _mapping(_mapping(tree.get("spec")).get(matcher))
    return {key: reference[key] for key in _MATCHER if reference.get(key)} if reference else {}


def refers(tree: Tree) -> bool:
    """Whether a VM names an instancetype or preference."""
    spec = _mapping(tree.get("spec"))
    return any(spec.get(matcher) for matcher in _REFERENCES)


def other_fields(tree: Tree, live: frozenset[str] = LIVE) -> Fields:
    """The template's fields that a running VM takes over only with a restart, not `live`."""
    pod_spec = _pod_spec(tree)
    flat = {k: v for k, v in pod_spec.items() if k not in _APART}
    for group, nested in _mapping(pod_spec.get("domain")).items():
        if group in _GROUPS and (fields := _mapping(nested)):
            flat |= {f"domain.{group}.{k}": v for k, v in fields.items()}
        else:
            flat[f"domain.{group}"] = nested
    return Fields(
        {
            f"spec.template.spec.{path}": text
            for path, value in flat.items()
            if path not in live and (text := canonical(value)) not in _UNSET
        }
    )
