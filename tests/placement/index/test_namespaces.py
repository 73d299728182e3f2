"""Namespaces: labels by name, and the namespaces that a selector means."""

import pytest

from webhook.objects import LabelSelector, Operator, Requirement
from webhook.placement.index import namespaces
from webhook.placement.index.namespaces import Namespaces

PROD = LabelSelector((Requirement("env", Operator.IN, frozenset({"prod"})),))
NOT_PROD = LabelSelector((Requirement("env", Operator.NOT_IN, frozenset({"prod"})),))


@pytest.fixture
def known():
    """Two namespaces with labels and one without."""
    found = Namespaces()
    found.put("red", {"env": "prod"})
    found.put("blue", {"env": "test"})
    found.put("bare", {})
    return found


def test_it_reads_like_a_mapping(known):
    assert (dict(known), len(known), list(known)) == (
        {"red": {"env": "prod"}, "blue": {"env": "test"}, "bare": {}},
        3,
        ["red", "blue", "bare"],
    )
    assert ("red" in known, known.get("none", {})) == (True, {})


def test_a_selector_means_the_namespaces_it_matches(known):
    assert known.selected(PROD) == {"red"}
    assert known.selected(NOT_PROD) == {"blue", "bare"}


def test_what_a_selector_means_changes_with_the_namespaces(known):
    assert known.selected(PROD) == {"red"}
    known.put("blue", {"env": "prod"})
    assert known.selected(PROD) == {"red", "blue"}
    known.drop("red")
    assert known.selected(PROD) == {"blue"}
    known.put("red", {"env": "prod"})
    assert known.selected(PROD) == {"red", "blue"}


def test_what_changes_nothing_is_remembered(known):
    before = known.selected(PROD)
    known.put("red", {"env": "prod"})
    known.drop("unknown")
    assert known.selected(PROD) is before


def test_no_more_selectors_are_remembered_than_there_is_room_for(known, monkeypatch):
    monkeypatch.setattr(namespaces, "_REMEMBERED", 1)
    before = known.selected(PROD)
    assert known.selected(NOT_PROD) == {"blue", "bare"}
    assert known.selected(PROD) == before
    assert known.selected(PROD) is not before
