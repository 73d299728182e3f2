"""AdmissionReview v1: decode a request, encode an answer, and the stamp's JSON patch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from jsonpatch import JsonPatch
from jsonpointer import escape

from webhook.objects import Features, VirtualMachine
from webhook.parse import ParseError, parse
from webhook.parse.virtual_machines import BadField, placement, refers
from webhook.policy import Decision

API_VERSION = "admission.k8s.io/v1"
KIND = "VirtualMachine"
GROUP = "kubevirt.io"


class BadReview(ValueError):
    """The request is no AdmissionReview of ours; the message says what it is instead."""


class _GroupKind(msgspec.Struct, rename="camel"):
    kind: str = ""
    group: str = ""
    version: str = ""


class _User(msgspec.Struct, rename="camel"):
    username: str = ""


class _Request(msgspec.Struct, rename="camel"):
    uid: str
    operation: str
    kind: _GroupKind
    user_info: _User = msgspec.field(default_factory=_User)
    object: dict[str, Any] | None = None
    old_object: dict[str, Any] | None = None
    dry_run: bool | None = None


class _Review(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    request: _Request | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An admission request; the objects are plain JSON trees, checked for their kind."""

    uid: str
    operation: str
    username: str
    object: Mapping[str, Any] | None
    old_object: Mapping[str, Any] | None

    @property
    def placed_differently(self) -> bool:
        """Whether the raw objects leave anything to decide; parses nothing."""
        metadata = (self.object or {}).get("metadata")
        if isinstance(metadata, dict) and metadata.get("deletionTimestamp"):
            return False
        if self.operation == "CREATE" or self.old_object is None:
            return True
        try:
            return placement(self.old_object) != placement(self.object or {})
        except BadField:
            return True  # reading the objects says what is wrong with them

    @property
    def refers(self) -> bool:
        """Whether a raw object names an instancetype or preference; parses nothing."""
        return any(refers(tree) for tree in (self.object, self.old_object) if tree is not None)

    def subject(self, features: Features) -> tuple[VirtualMachine | None, VirtualMachine]:
        """The old and the new VM; raises ParseError."""
        if self.object is None:
            raise ParseError("request.object is missing")
        old = None if self.operation == "CREATE" else self.old_object
        return (None if old is None else _vm(old, features)), _vm(self.object, features)


def _vm(tree: Mapping[str, Any], features: Features) -> VirtualMachine:
    parsed = parse(tree, features)
    if not isinstance(parsed, VirtualMachine):
        raise ParseError(f"expected a VirtualMachine, got {tree.get('kind')}")
    return parsed


def decode(body: bytes) -> Request:
    """The request in an AdmissionReview; raises BadReview with one sentence."""
    if not body.strip():
        raise BadReview("the body is empty; send an AdmissionReview as JSON")
    try:
        review = msgspec.json.decode(body, type=_Review)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadReview(f"the body is not an AdmissionReview: {error}") from error
    if review.kind != "AdmissionReview" or review.api_version != API_VERSION:
        found = f"{review.kind or 'no kind'} of {review.api_version or 'no apiVersion'}"
        raise BadReview(f"expected an AdmissionReview of {API_VERSION}, got {found}")
    if review.request is None:
        raise BadReview("request is missing; an AdmissionReview to answer has one")
    return _checked(review.request)


def _checked(raw: _Request) -> Request:
    if (raw.kind.group, raw.kind.kind) != (GROUP, KIND):
        found = f"{raw.kind.kind or 'no kind'} of group {raw.kind.group or 'core'}"
        raise BadReview(f"request.kind is {found}; this webhook judges {KIND} of {GROUP}")
    for name, tree in (("object", raw.object), ("oldObject", raw.old_object)):
        _require_declared(name, tree)
    if raw.operation in ("CREATE", "UPDATE") and raw.object is None:
        raise BadReview(f"request.object is missing; {raw.operation} carries one")
    if raw.operation == "UPDATE" and raw.old_object is None:
        raise BadReview("request.oldObject is missing; UPDATE carries one")
    return Request(raw.uid, raw.operation, raw.user_info.username, raw.object, raw.old_object)


def _require_declared(name: str, tree: Mapping[str, Any] | None) -> None:
    """A crafted request may declare one kind and carry an object of another."""
    if tree is None:
        return
    group = str(tree.get("apiVersion")).rpartition("/")[0]
    if tree.get("kind") != KIND or group != GROUP:
        raise BadReview(
            f"request.{name} is a {tree.get('kind') or 'thing without kind'} of "
            f"{tree.get('apiVersion') or 'no apiVersion'}, but request.kind declares {KIND}"
        )


def validated(uid: str, decision: Decision) -> bytes:
    """The answer of /validate: never a patch; a refusal is 403 Forbidden."""
    response: dict[str, Any] = {"uid": uid, "allowed": decision.allowed}
    if decision.warnings:
        response["warnings"] = list(decision.warnings)
    if not decision.allowed:
        response["status"] = {
            "code": 403,
            "reason": "Forbidden",
            "message": decision.message,
        }
    if decision.code:
        response["auditAnnotations"] = {"code": decision.code}
    return _encoded(response)


def mutated(uid: str, patch: list[dict[str, Any]]) -> bytes:
    """The answer of /mutate: always allowed, with a patch only where there is one."""
    response: dict[str, Any] = {"uid": uid, "allowed": True}
    if patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = msgspec.json.encode(patch)
    return _encoded(response)


def _encoded(response: dict[str, Any]) -> bytes:
    review = {"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response}
    return msgspec.json.encode(review)


def annotation_patch(
    annotations: Mapping[str, str], present: bool, wanted: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """Minimal operations on single annotations; None removes one.

    `present` says whether the object has an annotations map at all.
    """
    operations: list[dict[str, Any]] = []
    for key, value in sorted(wanted.items()):
        path = f"/metadata/annotations/{escape(key)}"
        if value is None and key in annotations:
            operations.append({"op": "remove", "path": path})
        elif value is not None and annotations.get(key) != value:
            operations.append({"op": "add", "path": path, "value": value})
    if operations and not present:
        operations.insert(0, {"op": "add", "path": "/metadata/annotations", "value": {}})
    return list(JsonPatch(operations).patch)
