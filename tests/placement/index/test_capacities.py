"""Capacities: where how much of a class can still be made."""

import pytest

from tests.placement.volumes import label_in
from webhook.objects import LabelSelector, NodeInfo
from webhook.objects.storage import CSIStorageCapacity
from webhook.placement.index.capacities import Capacities
from webhook.placement.index.node_sets import NodeSets

BYTE = 10**9
A, B, C = 0b001, 0b010, 0b100


def three():
    nodes = NodeSets()
    for name, zone in (("a", "1"), ("b", "1"), ("c", "2")):
        nodes.add(NodeInfo(name, {"host": name, "zone": zone}))
    return nodes


def near(key, *values):
    return LabelSelector((label_in(key, *values),))


ANYWHERE = LabelSelector()


def room(amount=None, maximum=None, name="k", of="slow", topology=ANYWHERE):
    return CSIStorageCapacity("n", name, of, topology, amount, maximum)


def roomy(request, *capacities, nodes=None):
    known = Capacities()
    for each in capacities:
        known.add(each, 1)
    return known.roomy("slow", request, nodes or three())


@pytest.mark.parametrize(
    ("capacities", "found"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([room(2 * BYTE)], A | B | C, id="enough"),
        pytest.param([room(2 * BYTE - 1)], A | B | C, id="rounded up"),
        pytest.param([room(BYTE)], 0, id="too little"),
        pytest.param([room(9 * BYTE, BYTE)], 0, id="in pieces that are too small"),
        pytest.param([room(BYTE, 2 * BYTE)], A | B | C, id="the largest piece alone counts"),
        pytest.param([room()], 0, id="nothing is said"),
        pytest.param([room(10**40)], A | B | C, id="more than there can be"),
        pytest.param([room(9 * BYTE, of="fast")], 0, id="of another class"),
        pytest.param([room(9 * BYTE, topology=near("host", "b"))], B, id="near one node"),
        pytest.param([room(9 * BYTE, topology=near("zone", "1"))], A | B, id="near a zone"),
        pytest.param([room(9 * BYTE, topology=near("zone", "3"))], 0, id="near nothing"),
        pytest.param([room(9 * BYTE, topology=LabelSelector(nothing=True))], 0, id="nowhere"),
        pytest.param([room(9 * BYTE, topology=LabelSelector(invalid="bad"))], 0, id="invalid"),
        pytest.param(
            [
                room(3 * BYTE, name="k", topology=near("host", "a")),
                room(BYTE, name="l"),
                room(2 * BYTE, name="m", topology=near("zone", "2")),
            ],
            A | C,
            id="the largest near a node counts",
        ),
    ],
)
def test_a_request_needs_enough_of_its_class(capacities, found):
    assert roomy(2 * BYTE, *capacities) == found
    assert roomy(2 * BYTE - 1, *capacities) == found
    assert roomy(2 * BYTE, *reversed(capacities)) == found


def test_no_node_is_no_room():
    assert roomy(BYTE, room(BYTE), nodes=NodeSets()) == 0


def test_what_was_worked_out_holds_until_a_capacity_or_a_label_changes():
    known, nodes = Capacities(), three()
    here = room(BYTE, topology=near("zone", "1"))
    known.add(here, 1)
    assert known.roomy("slow", BYTE, nodes) == A | B
    known.add(room(BYTE, name="l", topology=near("host", "c")), 1)
    assert known.roomy("slow", BYTE, nodes) == A | B | C
    known.add(here, -1)
    assert known.roomy("slow", BYTE, nodes) == C
    nodes.update(NodeInfo("a", {"host": "c"}))
    assert known.roomy("slow", BYTE, nodes) == A | C
    nodes.remove("c")
    assert known.roomy("slow", BYTE, nodes) == A
    known.add(room(BYTE, name="l", topology=near("host", "c")), -1)
    assert known.roomy("slow", BYTE, nodes) == 0
    assert (known._classes, known._known) == ({}, {})


def test_only_what_is_near_a_changed_capacity_is_measured_anew():
    known, nodes = Capacities(), three()
    wide, first = room(2 * BYTE, name="w"), room(5 * BYTE, topology=near("zone", "1"))
    for each in (wide, first):
        known.add(each, 1)

    def sizes():
        return [known.roomy("slow", amount * BYTE, nodes) for amount in (2, 3, 4, 5)]

    assert sizes() == [A | B | C, A | B, A | B, A | B]
    known.add(first, -1)
    known.add(room(3 * BYTE, topology=near("host", "b", "c")), 1)
    assert sizes() == [A | B | C, B | C, 0, 0]
    known.add(wide, -1)
    assert sizes() == [B | C, B | C, 0, 0]
    known.add(room(4 * BYTE, name="w", topology=near("host", "a")), 1)
    assert sizes() == [A | B | C, A | B | C, A, 0]
