"""AdmissionReview v1: decode a request, encode an answer, and the stamp's JSON patch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from jsonpatch import JsonPatch
from jsonpointer import escape

from webhook.objects import Features, VirtualMachine
from webhook.parse import ParseError, Tree
from webhook.parse import decode as parsed
from webhook.parse import whole as whole_tree
from webhook.parse.fields import BadField, placed_alike, refers, shallow
from webhook.policy import Decision

API_VERSION = "admission.k8s.io/v1"
KIND = "VirtualMachine"
GROUP = "kubevirt.io"


_NULL = msgspec.Raw(b"null")


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
    object: msgspec.Raw = _NULL
    old_object: msgspec.Raw = _NULL
    dry_run: bool | None = None


class _Review(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    request: _Request | None = None


_REVIEW = msgspec.json.Decoder(_Review)
Subject = tuple[VirtualMachine | None, VirtualMachine]


@dataclass(frozen=True, slots=True)
class Sent:
    """A VM as it was sent: its JSON, and the tree of it that `parse.fields` reads."""

    raw: msgspec.Raw
    tree: Tree

    @property
    def whole(self) -> Tree:
        """The plain tree of all that was sent; raises ParseError."""
        return whole_tree(KIND, self.raw)

    def value(self, features: Features) -> VirtualMachine:
        """The VM; raises ParseError."""
        return cast(VirtualMachine, parsed(KIND, self.raw, features, self.tree))


@dataclass(frozen=True, slots=True)
class Request:
    """An admission request; the objects are VMs by what they say of themselves."""

    uid: str
    operation: str
    username: str
    object: Sent | None
    old_object: Sent | None
    _subject: list[Subject] = field(default_factory=list, repr=False, compare=False)

    @property
    def placed_differently(self) -> bool:
        """Whether the raw objects leave anything to decide; parses nothing."""
        new = self.object.tree if self.object is not None else {}
        metadata = new.get("metadata")
        if isinstance(metadata, dict) and metadata.get("deletionTimestamp"):
            return False
        if self.operation == "CREATE" or self.old_object is None:
            return True
        try:
            return not placed_alike(self.old_object.tree, new)
        except BadField:
            return True  # reading the objects says what is wrong with them

    @property
    def refers(self) -> bool:
        """Whether a raw object names an instancetype or preference; parses nothing."""
        sent = (self.object, self.old_object)
        return any(refers(each.tree) for each in sent if each is not None)

    def subject(self, features: Features) -> Subject:
        """The old and the new VM, read once; raises ParseError."""
        if not self._subject:
            self._subject.append(self._read(features))
        return self._subject[0]

    def _read(self, features: Features) -> Subject:
        if self.object is None:
            raise ParseError("request.object is missing")
        old = None if self.operation == "CREATE" else self.old_object
        return (old.value(features) if old is not None else None), self.object.value(features)


def decode(body: bytes) -> Request:
    """The request in an AdmissionReview; raises BadReview with one sentence."""
    if not body.strip():
        raise BadReview("the body is empty; send an AdmissionReview as JSON")
    try:
        review = _REVIEW.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _no_review(error) from error
    if review.kind != "AdmissionReview" or review.api_version != API_VERSION:
        found = f"{review.kind or 'no kind'} of {review.api_version or 'no apiVersion'}"
        raise BadReview(f"expected an AdmissionReview of {API_VERSION}, got {found}")
    if review.request is None:
        raise BadReview("request is missing; an AdmissionReview to answer has one")
    return _checked(review.request)


def _no_review(error: Exception, place: str = "") -> BadReview:
    return BadReview(f"the body is not an AdmissionReview: {error}{place}")


def _checked(raw: _Request) -> Request:
    if (raw.kind.group, raw.kind.kind) != (GROUP, KIND):
        found = f"{raw.kind.kind or 'no kind'} of group {raw.kind.group or 'core'}"
        raise BadReview(f"request.kind is {found}; this webhook judges {KIND} of {GROUP}")
    new, old = _sent("object", raw.object), _sent("oldObject", raw.old_object)
    if raw.operation in ("CREATE", "UPDATE") and new is None:
        raise BadReview(f"request.object is missing; {raw.operation} carries one")
    if raw.operation == "UPDATE" and old is None:
        raise BadReview("request.oldObject is missing; UPDATE carries one")
    return Request(raw.uid, raw.operation, raw.user_info.username, new, old)


def _sent(name: str, raw: msgspec.Raw) -> Sent | None:
    if bytes(raw) == b"null":
        return None
    try:
        tree = shallow(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _no_review(error, f" in request.{name}") from error
    _require_declared(name, tree)
    return Sent(raw, tree)


def _require_declared(name: str, tree: Tree) -> None:
    """A crafted request may declare one kind and carry an object of another."""
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
