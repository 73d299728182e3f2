"""Terms: anti-affinity terms once each, found by one of their labels."""

import pytest

from webhook.objects import (
    AffinityTerm,
    LabelSelector,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
)
from webhook.placement.index.terms import Terms, unparseable

WEB = LabelSelector((Requirement("app", Operator.IN, frozenset({"web"})),))
WIDE = LabelSelector((Requirement("app", Operator.IN, frozenset({"web", "db"})),))
NOT_DB = LabelSelector((Requirement("app", Operator.NOT_IN, frozenset({"db"})),))
BOTH = LabelSelector((*WIDE.requirements, Requirement("tier", Operator.IN, frozenset({"1"}))))
BAD = LabelSelector(invalid="why")


def pod(*terms, namespace="red"):
    return PodInfo(namespace, "p", rules=SchedulingRules(pod_anti_affinity=terms))


def term(selector=WEB, **fields):
    return AffinityTerm("zone", selector, **fields)


def filled(*pods):
    """The terms of these pods, which are in the slots 0, 1, ..."""
    terms = Terms()
    for slot, each in enumerate(pods):
        terms.add(each, slot)
    return terms


def test_equal_terms_are_one_for_each_namespace():
    terms = filled(pod(term()), pod(term()), pod(term(), namespace="blue"))
    found = {carried.namespace: set(carried.pods) for carried in terms.matching({"app": "web"})}
    assert found == {"red": {0, 1}, "blue": {2}}
    assert set(terms.carried) == {("red", term()), ("blue", term())}


def test_a_term_that_a_pod_has_twice_counts_once():
    terms, twice = Terms(), pod(term(), term(WIDE), term())
    terms.add(twice, 3)
    assert [set(carried.pods) for carried in terms.matching({"app": "web"})] == [{3}, {3}]
    terms.remove(twice, 3)
    assert vars(terms) == vars(Terms())


def test_nothing_is_left_of_pods_that_went():
    terms, each = Terms(), pod(term(), term(NOT_DB), term(WIDE))
    terms.add(each, 0)
    terms.add(each, 1)
    terms.remove(each, 0)
    assert [set(carried.pods) for carried in terms.carried.values()] == [{1}] * 3
    terms.remove(each, 1)
    assert vars(terms) == vars(Terms())


def test_what_shares_a_label_with_what_went_is_still_found():
    terms = filled(pod(term()), pod(term(WIDE)))
    terms.remove(pod(term(WIDE)), 1)
    assert [carried.term for carried in terms.matching({"app": "web"})] == [term()]


@pytest.mark.parametrize(
    ("labels", "selectors"),
    [
        pytest.param({"app": "web"}, [WEB, WIDE, NOT_DB], id="three match"),
        pytest.param({"app": "db", "tier": "1"}, [WIDE, BOTH], id="by two labels"),
        pytest.param({}, [NOT_DB], id="by a label that is missing"),
        pytest.param({"app": "db"}, [WIDE], id="one matches"),
    ],
)
def test_terms_are_found_by_labels(labels, selectors):
    terms = filled(pod(*(term(each) for each in (WEB, WIDE, NOT_DB, BOTH))))
    found = [carried.term.selector for carried in terms.matching(labels)]
    assert sorted(found, key=repr) == sorted(selectors, key=repr)


@pytest.mark.parametrize(
    ("selector", "anchors"),
    [
        pytest.param(WEB, {("app", "web")}, id="its one label"),
        pytest.param(WIDE, {("app", "web"), ("app", "db")}, id="either of two"),
        pytest.param(BOTH, {("tier", "1")}, id="the fewest that a match must have one of"),
        pytest.param(NOT_DB, {None}, id="none in particular"),
        pytest.param(LabelSelector(), {None}, id="none at all"),
    ],
)
def test_terms_are_kept_where_they_are_looked_for(selector, anchors):
    assert set(vars(filled(pod(term(selector))))["_anchored"]) == anchors


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(term(BAD), id="its selector"),
        pytest.param(term(namespace_selector=BAD), id="its namespaceSelector"),
    ],
)
def test_one_term_that_does_not_parse_drops_all_of_its_pod(bad):
    assert (filled(pod(term(), bad)).carried, unparseable(bad)) == ({}, "why")


def test_a_term_that_parses_says_nothing():
    assert unparseable(term()) == ""
