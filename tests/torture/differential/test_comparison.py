"""What counts as a difference, and where the scheduler's own text ends."""

import pytest

from tests.torture.differential.comparison import (
    Comparison,
    before_post_filter,
    compare,
    expected_text,
)
from tests.torture.differential.hearing import Answer
from webhook.placement import Code, Diagnosis
from webhook.placement.framework import Refused, Rejection

CPU = Refused("NodeResourcesFit", (Rejection(0b110, "Insufficient cpu", Code.UNSCHEDULABLE),))
AFTER = " no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."


def ours(feasible=0b001, refused=(CPU,), **fields) -> Diagnosis:
    """Our verdict on three nodes: a fits, b and c have too little."""
    return Diagnosis(("a", "b", "c"), 0b111, feasible, refused, **fields)


def theirs(*passed: str, text: str) -> Answer:
    """Return the real verdict."""
    return Answer(frozenset(passed), text)


SOME = "0/3 nodes are available: 1 passed every filter, 2 Insufficient cpu."


def test_what_is_equal_is_counted():
    found = compare(ours(), theirs("a", text=SOME + AFTER))
    assert found == Comparison(verdicts=3, passed=1, said=True, expected=SOME)


def test_a_text_to_which_the_extender_added_nothing_is_plain():
    refused = Refused("NodePorts", (Rejection(0b111, "taken"),))
    text = "0/3 nodes are available: 3 taken."
    found = compare(ours(0, (refused,)), theirs(text=text + AFTER))
    assert (found.plain, found.differences) == (True, ())


def test_a_node_that_only_one_side_lets_pass_is_a_difference():
    found = compare(ours(), theirs("b", text=SOME))
    assert found.differences == (
        "a passes with us and is refused in reality",
        "b is refused (NodeResourcesFit: Insufficient cpu) with us and passes in reality",
    )


def test_another_reason_is_a_difference_even_where_the_nodes_are_equal():
    text = "0/3 nodes are available: 1 passed every filter, 2 Insufficient memory."
    (difference,) = compare(ours(), theirs("a", text=text)).differences
    assert difference == f"we say {SOME!r}, the scheduler says {text!r}"


def test_what_we_do_not_know_is_left_open_and_its_text_with_it():
    found = compare(ours(0, unknown=0b001), theirs("a", text="any text"))
    assert (found.verdicts, found.open, found.said, found.differences) == (2, 1, False, ())


def test_an_error_wants_an_error():
    error = Refused("VolumeBinding", (Rejection(0b111, "broken", Code.ERROR),))
    given_up = Answer(frozenset(), "running a plugin: broken", failed=True)
    agreed = compare(ours(0, (error,)), given_up)
    assert (agreed.failed, agreed.verdicts, agreed.differences) == (True, 0, ())
    (difference,) = compare(ours(), given_up).differences
    assert difference.endswith("the scheduler gives up: 'running a plugin: broken'")


def test_the_message_of_a_prefilter_is_expected_as_it_is():
    everywhere = (Refused("NodeAffinity", (Rejection(0b111, "conflict"),)),)
    found = expected_text(ours(0, everywhere, prefilter="conflict"))
    assert found == "0/3 nodes are available: conflict."


@pytest.mark.parametrize(
    "after",
    [
        "",
        AFTER,
        " preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
        " not found",
    ],
)
def test_a_text_ends_where_the_post_filter_begins(after):
    assert before_post_filter(SOME + after) == SOME


def test_a_name_with_dots_and_blanks_after_them_ends_nothing():
    text = '0/1 nodes are available: persistentvolume "a. b" not found.'
    assert before_post_filter(text + " not found") == text
    assert before_post_filter("no text of the scheduler") == "no text of the scheduler"
