"""Reasons out of texts, and the list that they are held against."""

import pytest

from tests.torture.differential.reachability import (
    HITS,
    REACHABLE,
    UNREACHABLE,
    reasons,
    shift,
    shortfalls,
    unlisted,
    without_names,
)

HEAD = "0/9 nodes are available: "


def test_the_list_names_each_reason_once():
    assert len(set(REACHABLE)) == len(REACHABLE)
    assert not set(REACHABLE) & set(UNREACHABLE)
    assert all(UNREACHABLE.values())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3 Insufficient cpu, 6 Too many pods.", {"Insufficient cpu": 3, "Too many pods": 6}),
        ("4 Too many pods, 5 passed every filter.", {"Too many pods": 4}),
        ("9 passed every filter.", {}),
        ("pod affinity terms conflict. not found", {"pod affinity terms conflict": 9}),
        (
            'persistentvolumeclaim "a" bound to non-existent persistentvolume "b".',
            {'persistentvolumeclaim "…" bound to non-existent persistentvolume "…"': 9},
        ),
    ],
)
def test_the_reasons_of_a_text_are_counted_by_node(text, found):
    assert reasons(HEAD + text) == found


def test_another_text_is_a_reason_that_nobody_listed():
    text = "no nodes available to schedule pods"
    assert reasons(text) == {text: 0}
    assert unlisted(reasons(text)) == [text]


def test_a_shift_tells_what_each_side_says_of_more_nodes():
    ours = HEAD + "2 Insufficient cpu, 3 Too many pods, 4 passed every filter."
    theirs = HEAD + "1 Insufficient memory, 3 Too many pods, 5 passed every filter."
    moved = {"-Insufficient cpu", "+Insufficient memory", "+passed every filter"}
    assert shift(ours, theirs) == moved
    assert shift(ours, ours) == set()


@pytest.mark.parametrize("reason", REACHABLE)
def test_a_listed_reason_stands_without_names(reason):
    assert without_names(reason) == reason


def test_names_are_left_out_of_a_refused_owner_too():
    message = "PVC red/p-v was not created for pod red/p (pod is not owner)"
    assert without_names(message) in REACHABLE


def test_what_was_heard_too_rarely_falls_short():
    often = dict.fromkeys(REACHABLE, HITS)
    assert shortfalls(often) == {}
    assert shortfalls(often | {"Insufficient cpu": HITS - 1}) == {"Insufficient cpu": HITS - 1}
    assert shortfalls({})["Too many pods"] == 0


def test_what_is_not_listed_is_told():
    assert unlisted({"Insufficient cpu": 1, "a new reason": 2}) == ["a new reason"]


def test_what_only_another_profile_lets_be_heard_is_no_surprise():
    gone = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
    assert gone in UNREACHABLE
    assert unlisted({gone: 4}) == []
