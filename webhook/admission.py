"""The request path on one page: admit a request, stamp an object."""

from collections.abc import Mapping
from typing import Any

from webhook.changes import detect
from webhook.judge import Subject, World, judge
from webhook.objects import Features, VirtualMachine
from webhook.objects.virtual_machine import REQUESTED_BY, TARGET_HASH
from webhook.parse import ParseError
from webhook.policy import Decision, decide, unreadable
from webhook.review import Request, annotation_patch

STAMPS = (TARGET_HASH, REQUESTED_BY)
_JUDGED = ("CREATE", "UPDATE")


def admit(request: Request, world: World) -> Decision:
    """The decision on a request; an object that cannot be read is refused, not passed.

    Not so where there is nothing to decide: a VM that is being deleted, or whose placement
    stays as it is, passes without being read any further.
    """
    if request.operation not in _JUDGED or not request.placed_differently:
        return Decision(allowed=True)
    try:
        old, new = request.subject(world.features)
    except ParseError as error:
        return unreadable(str(error))
    return decide(judge(Subject(new, old), world))


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
    metadata = (request.object or {}).get("metadata")
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
