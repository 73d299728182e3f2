"""PodGroups: equal pods counted once, terms found by one of their labels."""

import pytest

from webhook.objects import (
    AffinityTerm,
    LabelSelector,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
)
from webhook.placement.index.pod_groups import PodGroups, Tally, unparseable

WEB = LabelSelector((Requirement("app", Operator.IN, frozenset({"web"})),))
WIDE = LabelSelector((Requirement("app", Operator.IN, frozenset({"web", "db"})),))
NOT_DB = LabelSelector((Requirement("app", Operator.NOT_IN, frozenset({"db"})),))
BOTH = LabelSelector((*WIDE.requirements, Requirement("tier", Operator.IN, frozenset({"1"}))))
BAD = LabelSelector(invalid="why")


def pod(app=None, namespace="red", terms=(), **labels):
    labels = {**({"app": app} if app else {}), **labels}
    return PodInfo(namespace, "p", labels=labels, rules=SchedulingRules(pod_anti_affinity=terms))


def term(selector=WEB, **fields):
    return AffinityTerm("zone", selector, **fields)


def placed(*pods):
    groups = PodGroups()
    for each, slot in pods:
        groups.place(each, slot, 1)
    return groups


def test_a_tally_counts_by_slot():
    tally = Tally()
    left = [tally.add(*change) for change in ((3, 1), (3, 1), (5, 1), (3, -1), (3, -1), (5, -1))]
    assert left == [True, True, True, True, True, False]
    assert (tally.counts, tally.nodes) == ({}, 0)


def test_a_tally_knows_where_any_is():
    tally = Tally()
    for slot in (0, 4, 4):
        tally.add(slot, 1)
    tally.add(4, -1)
    assert (tally.counts, tally.nodes) == ({0: 1, 4: 1}, 0b10001)


def test_pods_with_equal_labels_are_one_group():
    groups = placed(
        (pod("web", a="1"), 0), (pod("web", a="1"), 1), (pod("web", "blue", a="1"), 2), (pod(), 0)
    )
    found = {key: group.tally.nodes for key, group in groups.groups.items()}
    labels = (("a", "1"), ("app", "web"))
    assert found == {("red", labels): 0b011, ("blue", labels): 0b100, ("red", ()): 0b001}


def test_nothing_is_left_of_pods_that_went():
    groups, each = PodGroups(), pod("web", terms=(term(), term(NOT_DB)))
    groups.place(each, 0, 1)
    groups.place(each, 1, 1)
    groups.place(each, 0, -1)
    assert [group.tally.nodes for group in groups.groups.values()] == [0b10]
    assert [tally.nodes for tally in groups.terms.values()] == [0b10, 0b10]
    groups.place(each, 1, -1)
    assert vars(groups) == vars(PodGroups())


def test_what_shares_a_label_with_what_went_is_still_found():
    groups = placed((pod("web", a="1"), 0), (pod("web", a="2", terms=(term(),)), 1))
    groups.place(pod("none", terms=(term(WIDE),)), 2, 1)
    groups.place(pod("none", terms=(term(WIDE),)), 2, -1)
    groups.place(pod("web", a="1"), 0, -1)
    assert [group.labels["a"] for group in groups.groups_for(WEB)] == ["2"]
    assert [key for key, _ in groups.terms_for({"app": "web"})] == [("red", term())]


@pytest.mark.parametrize(
    ("selector", "apps"),
    [
        pytest.param(LabelSelector(), ["db", "none", "web"], id="everything"),
        pytest.param(LabelSelector(nothing=True), [], id="nothing"),
        pytest.param(WEB, ["web"], id="by a label"),
        pytest.param(WIDE, ["db", "web"], id="by either of two labels"),
        pytest.param(NOT_DB, ["none", "web"], id="by no label in particular"),
        pytest.param(BOTH, ["db"], id="by the fewest labels, and then all"),
        pytest.param(
            LabelSelector((Requirement("app", Operator.IN, frozenset({"x"})),)), [], id="by none"
        ),
    ],
)
def test_groups_are_found_by_selector(selector, apps):
    groups = placed((pod("web"), 0), (pod("db", tier="1"), 1), (pod(), 2))
    found = groups.groups_for(selector)
    assert sorted(group.labels.get("app", "none") for group in found) == apps


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
    terms = tuple(term(each) for each in (WEB, WIDE, NOT_DB, BOTH))
    groups = placed((pod(terms=terms), 2))
    found = [(key, tally.nodes) for key, tally in groups.terms_for(labels)]
    expected = [(("red", term(each)), 0b100) for each in selectors]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_equal_terms_are_one_for_each_namespace():
    groups = placed(
        (pod("a", terms=(term(),)), 0),
        (pod("b", terms=(term(),)), 1),
        (pod("c", "blue", terms=(term(),)), 1),
    )
    found = {key[0]: tally.nodes for key, tally in groups.terms.items()}
    assert found == {"red": 0b11, "blue": 0b10}


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(term(BAD), id="its selector"),
        pytest.param(term(namespace_selector=BAD), id="its namespaceSelector"),
    ],
)
def test_one_term_that_does_not_parse_drops_all_of_its_pod(bad):
    groups = placed((pod("web", terms=(term(), bad)), 0))
    assert (len(groups.groups), groups.terms, unparseable(bad)) == (1, {}, "why")


def test_a_term_that_parses_says_nothing():
    assert unparseable(term()) == ""
