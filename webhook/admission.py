"""The request path on one page: say what to expand, admit a request, stamp an object."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from webhook.changes import detect
from webhook.judge import Subject, World, judge
from webhook.objects import Features, VirtualMachine
from webhook.objects.virtual_machine import REQUESTED_BY, TARGET_HASH
from webhook.parse import ParseError, Tree
from webhook.parse.expansion import expanded
from webhook.policy import Decision, decide, unreadable
from webhook.review import Request, annotation_patch

STAMPS = (TARGET_HASH, REQUESTED_BY)
_JUDGED = ("CREATE", "UPDATE")


@dataclass(frozen=True, slots=True)
class Expansion:
    """The VMs of a request with instancetype and preference expanded; or why they are not.

    One that needs no expansion is None. KubeVirt expands; whoever asks it holds no lock.
    """

    new: Tree | None = None
    old: Tree | None = None
    failure: str = ""


def to_expand(request: Request, world: World) -> Expansion | None:
    """The VMs, as they are written, that KubeVirt has to expand for `admit`; mostly none.

    The old one is needed beside a guest only: what changes for it is told by both.
    """
    if not _to_be_judged(request) or world.unknown:
        return None
    try:
        old, new = request.subject(world.features)
        findings = judge(Subject(new, old), world)
        if not findings.unresolved:
            return None
        before = old is not None and old.references and findings.instance is not None
        return Expansion(
            new=request.object.whole if request.object and new.references else None,
            old=request.old_object.whole if request.old_object and before else None,
        )
    except ParseError:
        return None  # `admit` says so


def admit(request: Request, world: World, expansion: Expansion | None = None) -> Decision:
    """The decision on a request; an object that cannot be read is refused, not passed.

    Not so where there is nothing to decide: a VM that is being deleted, or whose placement
    stays as it is, passes without being read any further.
    """
    if not _to_be_judged(request):
        return Decision(allowed=True)
    try:
        old, new = request.subject(world.features)
    except ParseError as error:
        return unreadable(str(error))
    subject = Subject(new, old)
    if expansion is not None:
        subject = _expanded(subject, request, expansion, world.features)
    return decide(judge(subject, world))


def _to_be_judged(request: Request) -> bool:
    return request.operation in _JUDGED and request.placed_differently


def _expanded(
    subject: Subject, request: Request, expansion: Expansion, features: Features
) -> Subject:
    if expansion.failure:
        return replace(subject, unexpanded=expansion.failure)
    new, old = subject.new, subject.old
    try:
        if request.object is not None and expansion.new is not None:
            new = expanded(request.object.whole, expansion.new, features)
        if request.old_object is not None and expansion.old is not None:
            old = expanded(request.old_object.whole, expansion.old, features)
    except ParseError as error:
        return replace(subject, unexpanded=f"its answer cannot be read: {error}")
    return Subject(new, old)


def stamp(request: Request, features: Features) -> list[dict[str, Any]]:
    """The patch that stamps what is about to be admitted: pure in (old, new, user).

    A changed placement is stamped with its hash and its user. A stamp that somebody else
    touched is put back as it was: it proves an admission, so nobody can make one. Anything
    else, and what cannot be read, is left alone.
    """
    if request.operation not in _JUDGED:
        return []
    try:
        old, new = request.subject(features)
    except ParseError:
        return []
    wanted = _wanted(old, new, request.username)
    metadata = request.object.tree.get("metadata") if request.object is not None else None
    present = isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict)
    return annotation_patch(new.annotations, present, wanted)


def _wanted(
    old: VirtualMachine | None, new: VirtualMachine, username: str
) -> Mapping[str, str | None]:
    before = old.annotations if old is not None else {}
    if new.deleting:
        return {}
    if detect(old, new).placement:
        return {TARGET_HASH: new.placement.hash, REQUESTED_BY: username}
    return {key: before.get(key) for key in STAMPS}
