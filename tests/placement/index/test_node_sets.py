"""NodeSets: nodes in slots, and the sets by label, taint and cordon."""

import pytest

from webhook.objects import NodeInfo, Operator, Requirement, Taint
from webhook.placement.index import node_sets
from webhook.placement.index.node_sets import NodeSets, union

GPU = (Taint("gpu"),)


def filled() -> NodeSets:
    nodes = NodeSets()
    nodes.add(NodeInfo("a", {"zone": "1", "rack": "x"}, taints=GPU))
    nodes.add(NodeInfo("b", {"zone": "1"}, unschedulable=True, taints=GPU))
    nodes.add(NodeInfo("c", {"zone": "2"}))
    nodes.add(NodeInfo("d"))
    return nodes


def test_nodes_take_slots_in_their_order():
    nodes = filled()
    assert (nodes.slots, nodes.names) == ({"a": 0, "b": 1, "c": 2, "d": 3}, ("a", "b", "c", "d"))
    assert (nodes.all, nodes.cordoned, nodes.taints) == (0b1111, 0b0010, {GPU: 0b0011})
    assert nodes.labels == {"zone": {"1": 0b0011, "2": 0b0100}, "rack": {"x": 0b0001}}


def test_a_free_slot_is_taken_first():
    nodes = filled()
    before = nodes.names
    assert nodes.remove("b") == 1
    assert nodes.add(NodeInfo("e")) == 1
    assert nodes.add(NodeInfo("f")) == 4
    assert (before, nodes.names) == (("a", "b", "c", "d"), ("a", "e", "c", "d", "f"))
    assert nodes.all == 0b11111


def test_nothing_of_a_removed_node_is_left():
    nodes = filled()
    for name in ("a", "b", "c"):
        nodes.remove(name)
    assert (nodes.all, nodes.cordoned, nodes.taints, nodes.labels) == (0b1000, 0, {}, {})
    assert (list(nodes.infos), nodes.slots) == (["d"], {"d": 3})


def test_a_value_that_others_share_stays():
    nodes = filled()
    nodes.remove("a")
    assert nodes.labels == {"zone": {"1": 0b0010, "2": 0b0100}}
    assert (nodes.taints, nodes.cordoned) == ({GPU: 0b0010}, 0b0010)


def test_a_node_is_a_set_of_one():
    assert (filled().bit("c"), filled().bit("nowhere")) == (0b0100, 0)


def test_labels_are_found_by_key_and_by_value():
    nodes = filled()
    assert [nodes.with_key(key) for key in ("zone", "rack", "nope")] == [0b0111, 0b0001, 0]
    found = [nodes.with_label(*pair) for pair in (("zone", "1"), ("zone", "9"), ("nope", "1"))]
    assert found == [0b0011, 0, 0]


def required(operator, *values, bound=0):
    return Requirement("zone", Operator(operator), frozenset(values), bound)


@pytest.mark.parametrize(
    ("requirement", "nodes"),
    [
        pytest.param(required("In", "1", "9"), 0b0011, id="In"),
        pytest.param(required("NotIn", "1"), 0b1100, id="NotIn holds without the key"),
        pytest.param(required("Exists"), 0b0111, id="Exists"),
        pytest.param(required("DoesNotExist"), 0b1000, id="DoesNotExist"),
        pytest.param(required("Gt", "1", bound=1), 0b0100, id="Gt"),
        pytest.param(required("Lt", "2", bound=2), 0b0011, id="Lt"),
        pytest.param(
            Requirement("nope", Operator.NOT_IN, frozenset("1")), 0b1111, id="no such key"
        ),
    ],
)
def test_a_requirement_is_answered_for_all_nodes(requirement, nodes):
    assert filled().matching(requirement) == nodes


@pytest.mark.parametrize(
    ("key", "nodes", "domain"),
    [
        pytest.param("zone", 0b0001, 0b0011, id="one node stands for its zone"),
        pytest.param("zone", 0b0101, 0b0111, id="two nodes of two zones"),
        pytest.param("zone", 0b0011, 0b0011, id="two nodes of one zone"),
        pytest.param("zone", 0b1000, 0, id="a node without the key has no domain"),
        pytest.param("zone", 0b1100, 0b0100, id="beside one that has"),
        pytest.param("zone", 0, 0, id="no node"),
        pytest.param("rack", 0b1111, 0b0001, id="more nodes than values"),
        pytest.param("nope", 0b1111, 0, id="no such key"),
    ],
)
def test_a_domain_is_all_nodes_with_a_value_in_common(key, nodes, domain):
    assert filled().domain(key, nodes) == domain


@pytest.mark.parametrize("few", [0, 16])
@pytest.mark.parametrize(
    ("key", "nodes", "domains"),
    [
        pytest.param("zone", 0b1111, 2, id="two zones"),
        pytest.param("zone", 0b1011, 1, id="two nodes of one"),
        pytest.param("zone", 0b1000, 0, id="a node without the key"),
        pytest.param("rack", 0b0111, 1, id="a value of its own"),
        pytest.param("rack", 0b0110, 0, id="that of another node"),
        pytest.param("nope", 0b1111, 0, id="no such key"),
    ],
)
def test_domains_are_counted(key, nodes, domains, few, monkeypatch):
    monkeypatch.setattr(node_sets, "_FEW_DOMAINS", few)
    assert filled().domains(key, nodes) == domains


def test_nodes_are_found_by_the_codes_of_a_column():
    nodes = filled()
    codes = nodes.column("zone").codes[[2]]
    assert (nodes.valued("zone", codes), nodes.valued("zone", codes[:0])) == (0b0100, 0)


def test_an_answer_is_remembered_until_a_label_or_a_node_changes():
    nodes, asked, answers = filled(), object(), iter(range(9))
    assert [nodes.remembered(asked, lambda: next(answers)) for _ in range(2)] == [0, 0]
    assert nodes.remembered(object(), lambda: next(answers)) == 1
    nodes.update(NodeInfo("d", {"zone": "1"}))
    assert nodes.remembered(asked, lambda: next(answers)) == 2
    nodes.add(NodeInfo("e"))
    assert nodes.remembered(asked, lambda: next(answers)) == 3
    nodes.remove("e")
    assert nodes.remembered(asked, lambda: next(answers)) == 4


def test_no_more_answers_are_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(node_sets, "_REMEMBERED", 1)
    nodes, first, second = filled(), object(), object()
    assert [nodes.remembered(each, lambda: 7) for each in (first, second, first)] == [7, 7, 7]
    assert nodes.remembered(first, lambda: 8) == 7
    assert nodes.remembered(second, lambda: 9) == 9


def test_a_set_has_names():
    assert list(filled().named(0b1010)) == ["b", "d"]


@pytest.mark.parametrize(("sets", "found"), [([], 0), ([0b01, 0b10, 0b10], 0b11)])
def test_a_union_holds_what_is_in_any(sets, found):
    assert union(sets) == found
