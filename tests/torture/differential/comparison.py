"""Our verdict against the real one: node by node, and word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.torture.differential.extender import REFUSAL
from tests.torture.differential.hearing import Answer
from webhook.placement import Code, Diagnosis

_AFTER_THE_FILTERS = re.compile(r"( no new claims to deallocate.*| preemption: .*| not found)?")
"""What the PostFilter plugins add; "not found" where PreFilter left them nothing to read."""


@dataclass(frozen=True)
class Comparison:
    """What came of one pod.

    `verdicts` are the nodes that were compared, `open` those to which we say Unknown. `said` is
    whether the text was compared, `plain` that it is one to which the extender added nothing.
    `expected` is what the scheduler would have said if it agreed.
    """

    verdicts: int = 0
    passed: int = 0
    open: int = 0
    said: bool = False
    plain: bool = False
    failed: bool = False
    expected: str = ""
    differences: tuple[str, ...] = ()


def compare(ours: Diagnosis, theirs: Answer) -> Comparison:
    """Compare the verdicts on one pod."""
    expected = expected_text(ours)
    if theirs.failed:
        found = tuple(_error_differences(ours, theirs))
        return Comparison(failed=True, expected=expected, differences=found)
    unknown = set(ours.name_of(ours.unknown))
    node_differences = tuple(_node_differences(ours, theirs, unknown))
    said = not unknown
    text_differences = tuple(_text_differences(expected, theirs)) if said else ()
    return Comparison(
        verdicts=ours.nodes.bit_count() - len(unknown),
        passed=len(theirs.passed - unknown),
        open=len(unknown),
        said=said,
        plain=said and not theirs.passed,
        expected=expected,
        differences=node_differences + text_differences,
    )


def expected_text(ours: Diagnosis) -> str:
    """Return what the scheduler says when it finds what we find and the extender refuses all."""
    count = ours.feasible.bit_count()
    parts = ours.parts()
    if count:
        parts = sorted([*parts, f"{count} {REFUSAL}"])
    return f"0/{ours.nodes.bit_count()} nodes are available: {', '.join(parts)}."


def before_post_filter(text: str) -> str:
    """Return a text of the scheduler up to the PostFilter part."""
    ends = (match.end() for match in re.finditer(r"\.(?= |$)", text))
    return next((text[:end] for end in ends if _AFTER_THE_FILTERS.fullmatch(text[end:])), text)


def _node_differences(ours: Diagnosis, theirs: Answer, unknown: set[str]) -> Iterator[str]:
    for row in ours.table():
        if row.name not in unknown and row.feasible != (row.name in theirs.passed):
            we = (
                "passes" if row.feasible else f"is refused ({row.plugin}: {', '.join(row.reasons)})"
            )
            they = "passes" if row.name in theirs.passed else "is refused"
            yield f"{row.name} {we} with us and {they} in reality"


def _text_differences(expected: str, theirs: Answer) -> Iterator[str]:
    real = before_post_filter(theirs.text)
    if expected != real:
        yield f"we say {expected!r}, the scheduler says {real!r}"


def _error_differences(ours: Diagnosis, theirs: Answer) -> Iterator[str]:
    codes = {rejection.code for each in ours.refused for rejection in each.rejections}
    if Code.ERROR not in codes and not ours.unknown:
        yield f"we say {ours.summary!r}, the scheduler gives up: {theirs.text!r}"
