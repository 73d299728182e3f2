"""The catalogue: every code, its sentence and its remedy; the only place with such text.

A message is one line of at most 700 bytes without control characters; it is the same for
the same cluster state, and never holds words on which GitOps tools delete and recreate an
object (`immutable`) or that they cut away (`map[`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from webhook.placement import Diagnosis

MESSAGE_BYTES = 700
WARNING_CHARACTERS = 256
_DETAIL_BYTES = 200
_REASON_BYTES = 150
#: Control characters, line separators, and what turns the direction of writing.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
_IMMUTABLE = re.compile("immutable", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """A code's sentence, with `{detail}` where it quotes a fact, and its remedy."""

    sentence: str
    fix: str = ""


CATALOGUE: dict[str, Text] = {
    "VMA-001": Text("The VM may stay: its node {detail} satisfies the new rules, nothing moves."),
    "VMA-002": Text(
        "The change goes back to the rules that the running VM was started under, nothing moves."
    ),
    "VMA-010": Text("Effective at the next restart only: {detail}."),
    "VMA-011": Text("A migration of this VM is running; KubeVirt applies the change after it."),
    "VMA-012": Text(
        "The VM is not running yet; its pending pod keeps the old rules until a restart."
    ),
    "VMA-101": Text(
        "No node can ever take this VM under its new {detail}.",
        "change these rules so that a node matches them, or add a node that does",
    ),
    "VMA-201": Text(
        "No node has room for this VM now under its new {detail}.",
        "free, uncordon or add a matching node, or widen the rules, then apply again",
    ),
    "VMA-203": Text(
        "The namespace does not let in {detail}.",
        "free or raise what limits it, then apply again, or annotate the VM with "
        "vmaffinity.io/rollout: OnRestart to apply the change at its next restart",
    ),
    "VMA-301": Text(
        "The VM would have to move, but it is not live-migratable: {detail}.",
        "annotate the VM with vmaffinity.io/rollout: OnRestart to apply the change at its next "
        "restart, or remove what blocks its migration",
    ),
    "VMA-302": Text(
        "Only this VM's own running pod keeps it from every node that its new {detail} allow.",
        "annotate the VM with vmaffinity.io/rollout: OnRestart to apply the change at its next "
        "restart, or use a narrower topologyKey",
    ),
    "VMA-501": Text(
        "Cannot tell whether a node can take this VM: {detail}.", "apply again in a moment"
    ),
    "VMA-502": Text("Not checked: {detail}."),
}

#: The codes that a plain Pod can get, in words for one.
POD_CATALOGUE: dict[str, Text] = {
    "VMA-101": Text(
        "No node can ever take this Pod under its {detail}.",
        "change them so that a node matches, or add a node that does",
    ),
    "VMA-201": Text(
        "No node has room for this Pod now under its {detail}.",
        "free, uncordon or add a matching node, or widen the rules",
    ),
    "VMA-501": Text(
        "Cannot tell whether a node can take this Pod: {detail}.",
        "create the Pod with the cluster's scheduler to find out",
    ),
}

#: Beside an answer about a VM that has no pod to tell what it requests.
ESTIMATED = "requests are estimated by KubeVirt's formula"

#: Remedy of VMA-501 where trying again would not help.
MEND = "correct the object, then apply again"


def clean(text: str) -> str:
    """One line without control characters and without the words that must not appear."""
    line = _CONTROL.sub(" ", text).replace("map[", "map (")
    return _IMMUTABLE.sub("unchangeable", line).strip()


def message(code: str, detail: str = "", diagnosis: Diagnosis | None = None, fix: str = "") -> str:
    """`[VMA-nnn] sentence. 0/12 nodes are available: …. Fix: …`, within its bytes."""
    return _message(code, CATALOGUE[code], detail, diagnosis, fix)


def pod_message(code: str, detail: str, diagnosis: Diagnosis | None = None) -> str:
    """The same about a plain Pod."""
    return _message(code, POD_CATALOGUE[code], detail, diagnosis)


def _message(code: str, text: Text, detail: str, diagnosis: Diagnosis | None, fix: str = "") -> str:
    fix = fix or text.fix
    head = f"[{code}] " + text.sentence.format(detail=clipped(clean(detail), _DETAIL_BYTES))
    tail = f" Fix: {fix}." if fix else ""
    if diagnosis is None:
        return head + tail
    room = MESSAGE_BYTES - len((head + tail).encode()) - 1
    return f"{head} {counted(diagnosis, room)}{tail}"


def warning(code: str, detail: str = "") -> str:
    """A note beside a verdict: one line within what the API server passes on whole."""
    line = f"[{code}] " + CATALOGUE[code].sentence.format(detail=clean(detail))
    return line if len(line) <= WARNING_CHARACTERS else f"{line[: WARNING_CHARACTERS - 1]}…"


def second_pod(refusals: Iterable[str]) -> str:
    """What VMA-203 is about for a VM that moves, and why."""
    return f"the second pod of a migration: {listed(refusals, 2, '; ')}"


def first_pod(refusals: Iterable[str]) -> str:
    """What VMA-203 is about for a VM that starts, and why."""
    return f"the pod of this VM as things are: {listed(refusals, 2, '; ')}"


def counted(diagnosis: Diagnosis, room: int) -> str:
    """The summary within `room` bytes; the rarest reasons go first."""
    head = f"{diagnosis.feasible.bit_count()}/{diagnosis.nodes.bit_count()} nodes are available:"
    parts = [clipped(clean(part), _REASON_BYTES) for part in diagnosis.parts()]
    by_weight = sorted(parts, key=lambda part: (-_count(part), part))
    for kept in range(len(parts), -1, -1):
        standing = [part for part in parts if part in by_weight[:kept]]
        more = [f"and {len(parts) - kept} more"] if kept < len(parts) else []
        line = f"{head} {', '.join([*standing, *more])}." if parts else head
        if len(line.encode()) <= room:
            return line
    return clipped(head, room)


def _count(part: str) -> int:
    number = part.partition(" ")[0]
    return int(number) if number.isdigit() else 0


def clipped(text: str, size: int) -> str:
    """The text within `size` bytes of UTF-8, with … where it was cut."""
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    return encoded[: max(0, size - 3)].decode(errors="ignore") + "…"


def listed(items: Iterable[str], limit: int = 3, separator: str = ", ") -> str:
    """`a, b, c and 2 more`."""
    names = list(items)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return separator.join(names[:limit]) + more
