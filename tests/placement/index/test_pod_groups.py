"""PodGroups: equal pods counted once, terms found by one of their labels."""

from dataclasses import replace

import pytest

from webhook.objects import (
    AffinityTerm,
    LabelSelector,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
)
from webhook.placement.index.pod_groups import PodGroups, unparseable

WEB = LabelSelector((Requirement("app", Operator.IN, frozenset({"web"})),))
WIDE = LabelSelector((Requirement("app", Operator.IN, frozenset({"web", "db"})),))
NOT_DB = LabelSelector((Requirement("app", Operator.NOT_IN, frozenset({"db"})),))
BOTH = LabelSelector((*WIDE.requirements, Requirement("tier", Operator.IN, frozenset({"1"}))))
BAD = LabelSelector(invalid="why")


def pod(app=None, namespace="red", terms=(), **labels):
    labels = {**({"app": app} if app else {}), **labels}
    return PodInfo(namespace, "p", labels=labels, rules=SchedulingRules(pod_anti_affinity=terms))


def leaving(each):
    return replace(each, deleting=True)


def expected(each):
    """The pod as it stands, for the time of a verdict, where it is only nominated to."""
    return replace(each, node_name="n", nominated_node_name="n")


def term(selector=WEB, **fields):
    return AffinityTerm("zone", selector, **fields)


def placed(*pods):
    groups = PodGroups()
    for each, slot in pods:
        groups.place(each, slot, 1)
    return groups


def test_pods_with_equal_labels_are_one_group():
    groups = placed(
        (pod("web", a="1"), 0), (pod("web", a="1"), 1), (pod("web", "blue", a="1"), 2), (pod(), 0)
    )
    found = {key: group.tally.nodes for key, group in groups.groups.items()}
    labels = (("a", "1"), ("app", "web"))
    assert found == {
        ("red", labels, False, False): 0b011,
        ("blue", labels, False, False): 0b100,
        ("red", (), False, False): 0b001,
    }


def test_pods_on_their_way_out_and_nominated_ones_stand_apart():
    web = pod("web")
    groups = placed((web, 0), (leaving(web), 1), (expected(web), 2), (expected(leaving(web)), 3))
    found = groups.groups_for(WEB)
    assert sorted((g.deleting, g.nominated, g.tally.nodes) for g in found) == [
        (False, False, 0b0001),
        (False, True, 0b0100),
        (True, False, 0b0010),
        (True, True, 0b1000),
    ]
    assert all((g.namespace, g.labels) == ("red", {"app": "web"}) for g in groups.groups.values())


@pytest.mark.parametrize("state", [leaving, expected])
def test_a_group_of_the_same_labels_outlives_another(state):
    groups = placed((pod("web"), 0), (state(pod("web")), 0))
    groups.place(state(pod("web")), 0, -1)
    assert [(g.deleting, g.nominated) for g in groups.groups_for(WEB)] == [(False, False)]


def test_terms_of_pods_on_their_way_out_are_still_terms():
    groups = placed((leaving(pod(terms=(term(),))), 1))
    assert [tally.nodes for _, tally in groups.terms_for({"app": "web"})] == [0b10]


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
    wanted = [(("red", term(each)), 0b100) for each in selectors]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


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
    groups = placed((pod(terms=(term(selector),)), 0))
    assert set(vars(groups)["_terms_by_anchor"]) == anchors


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
