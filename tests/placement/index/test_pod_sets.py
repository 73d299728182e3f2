"""PodSets: placed pods by label and namespace, as sets over their slots."""

from dataclasses import replace

import pytest
from pyroaring import BitMap

from webhook.objects import LabelSelector, Operator, PodInfo, Requirement
from webhook.placement.index import slot_sets
from webhook.placement.index.pod_sets import PodSets


def requirement(key, operator, *values):
    return Requirement(key, Operator(operator), frozenset(values))


def selector(*requirements):
    return LabelSelector(tuple(requirement(*each) for each in requirements))


def pod(name, namespace="red", **labels):
    return PodInfo(namespace, name, labels=labels)


PODS = (
    pod("a", app="web", tier="1"),
    pod("b", app="web"),
    pod("c", "blue", app="db", tier="2"),
    pod("d", "blue"),
)


@pytest.fixture
def placed():
    """The four pods: on node 7 the first two, then one each on 3 and 0."""
    found = PodSets()
    for each, node in zip(PODS, (7, 7, 3, 0), strict=True):
        found.add(each, node)
    return found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param(LabelSelector(), {0, 1, 2, 3}, id="everything"),
        pytest.param(LabelSelector(nothing=True), set(), id="nothing"),
        pytest.param(LabelSelector(invalid="why"), set(), id="what does not parse"),
        pytest.param(selector(("app", "In", "web")), {0, 1}, id="a label"),
        pytest.param(selector(("app", "In", "web", "db", "x")), {0, 1, 2}, id="either of some"),
        pytest.param(selector(("app", "In", "x")), set(), id="a value of nobody"),
        pytest.param(selector(("app", "NotIn", "web")), {2, 3}, id="NotIn holds without the key"),
        pytest.param(selector(("app", "NotIn", "web", "db")), {3}, id="NotIn of two"),
        pytest.param(selector(("tier", "Exists")), {0, 2}, id="a key"),
        pytest.param(selector(("tier", "DoesNotExist")), {1, 3}, id="no such key"),
        pytest.param(selector(("x", "Exists")), set(), id="a key of nobody"),
        pytest.param(selector(("app", "In", "web"), ("tier", "Exists")), {0}, id="all of two"),
        pytest.param(
            selector(("tier", "DoesNotExist"), ("app", "NotIn", "db"), ("app", "Exists")),
            {1},
            id="all of three",
        ),
    ],
)
def test_pods_are_found_by_selector(placed, asked, found):
    assert set(placed.matching(asked)) == found
    assert set(placed.all) == {0, 1, 2, 3}


FEW, MANY = frozenset({"red", "none"}), frozenset({"red", *map(str, range(9))})


@pytest.mark.parametrize(
    ("names", "found"),
    [
        pytest.param(frozenset(), [], id="none"),
        pytest.param(frozenset({"red"}), [0, 1], id="one"),
        pytest.param(FEW, [0, 1], id="few"),
        pytest.param(MANY, [0, 1], id="many"),
        pytest.param(MANY | {"blue"}, [0, 1, 2, 3], id="many, with all that there are"),
        pytest.param(MANY - {"red"}, [], id="many, where nobody is"),
    ],
)
def test_pods_are_found_by_namespace(placed, names, found):
    for _ in range(2):
        assert list(placed.within(names)) == found


def test_namespaces_that_were_joined_follow_their_pods(placed):
    asked = MANY | {"green"}
    assert list(placed.within(asked)) == [0, 1]
    placed.add(pod("e", "green"), 1)
    placed.add(pod("f", "blue"), 1)
    placed.remove(PODS[0])
    assert list(placed.within(asked)) == [1, 4]


def test_only_so_many_joined_namespaces_are_kept(placed, monkeypatch):
    monkeypatch.setattr(slot_sets, "_KEPT", 1)
    for asked, found in ((MANY, [0, 1]), (MANY | {"blue"}, [0, 1, 2, 3]), (MANY, [0, 1])):
        assert list(placed.within(asked)) == found
        assert list(vars(placed._joined)["_sets"]) == [asked]


def test_a_key_that_was_asked_for_follows_its_pods(placed):
    asked = selector(("tier", "Exists"))
    assert set(placed.matching(asked)) == {0, 2}
    placed.add(pod("e", tier="9"), 1)
    placed.add(pod("f"), 1)
    placed.remove(PODS[0])
    assert set(placed.matching(asked)) == {2, 4}


@pytest.mark.parametrize(
    ("slots", "nodes"), [([], 0), ([0], 1 << 7), ([0, 1, 3], 1 << 7 | 1), ([2], 1 << 3)]
)
def test_pods_stand_on_nodes(placed, slots, nodes):
    assert placed.nodes(BitMap(slots), 8) == nodes
    assert list(placed.homes(BitMap(slots))) == [(7, 7, 3, 0)[slot] for slot in slots]


def test_the_pods_of_a_node_are_told(placed):
    assert [sorted(placed.keys_on(node)) for node in (7, 3, 5)] == [
        ["red/a", "red/b"],
        ["blue/c"],
        [],
    ]
    placed.remove(PODS[0])
    assert placed.keys_on(7) == ["red/b"]


def test_pods_on_their_way_out_and_nominated_ones_are_marked():
    placed = PodSets()
    placed.add(replace(PODS[0], deleting=True), 0)
    placed.add(replace(PODS[1], node_name="n", nominated_node_name="n"), 0)
    assert (set(placed.deleting), set(placed.nominated)) == ({0}, {1})
    placed.remove(replace(PODS[0], deleting=True))
    assert (set(placed.deleting), set(placed.nominated), set(placed.all)) == (set(), {1}, {1})


def test_a_free_slot_is_taken_first(placed):
    assert placed.remove(PODS[1]) == 1
    assert placed.add(pod("e", app="web"), 5) == 1
    assert placed.add(pod("f"), 6) == 4
    assert set(placed.matching(selector(("app", "In", "web")))) == {0, 1}
    assert placed.nodes(BitMap([1, 4]), 8) == 1 << 5 | 1 << 6


def test_nothing_is_left_of_pods_that_went(placed):
    for each in PODS:
        placed.remove(each)
    assert [len(each) for each in (placed.all, placed.deleting, placed.nominated)] == [0, 0, 0]
    assert (vars(placed)["_labelled"], len(vars(placed)["_namespaces"])) == ({}, 0)


def test_there_is_room_for_many_pods():
    placed = PodSets()
    for number in range(200):
        placed.add(pod(str(number)), number)
    assert list(placed.homes(placed.all)) == list(range(200))
