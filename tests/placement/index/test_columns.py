"""Column: one label over all nodes, and node sets as booleans by slot."""

import numpy as np
import pytest

from webhook.objects import Operator, Requirement
from webhook.placement.index import columns
from webhook.placement.index.columns import Column, bits, mask_of

ZONES = Column(["1", None, "2", "1", "x"])


def test_equal_values_have_equal_codes_and_a_missing_one_has_none():
    assert (list(ZONES.codes), ZONES.size) == ([1, 0, 2, 1, 3], 4)


@pytest.mark.parametrize(
    ("slots", "shared"),
    [
        pytest.param([0], [0, 3], id="one of two"),
        pytest.param([2, 3], [0, 2, 3], id="of two values"),
        pytest.param([1], [], id="without the label nothing is shared"),
        pytest.param([], [], id="none"),
    ],
)
def test_slots_share_a_value(slots, shared):
    mask = np.zeros(5, dtype=np.bool_)
    mask[slots] = True
    assert ZONES.sharing(mask) == sum(1 << slot for slot in shared)
    assert ZONES.values_of(mask) == len({ZONES.codes[slot] for slot in slots} - {0})


@pytest.mark.parametrize(
    ("codes", "nodes"), [([1], 0b01001), ([2, 3], 0b10100), ([], 0), ([0], 0b00010)]
)
def test_nodes_are_found_by_the_code_of_their_value(codes, nodes):
    assert ZONES.coded(np.array(codes, dtype=np.intp)) == nodes


@pytest.mark.parametrize(
    ("operator", "bound", "slots"),
    [
        pytest.param("Gt", 1, [2], id="greater"),
        pytest.param("Gt", 0, [0, 2, 3], id="greater than nothing is in the way"),
        pytest.param("Lt", 2, [0, 3], id="less"),
        pytest.param("Lt", 0, [], id="a value that is no number is not less"),
        pytest.param("Gt", -1, [0, 2, 3], id="nor is it greater"),
    ],
)
def test_values_are_compared_as_numbers(operator, bound, slots):
    found = ZONES.comparing(Requirement("zone", Operator(operator), bound=bound))
    assert found == sum(1 << slot for slot in slots)


def test_numbers_are_compared_exactly_up_to_the_ends_of_int64():
    column = Column([str(2**63 - 1), str(2**63 - 2), str(2**63)])
    found = column.comparing(Requirement("n", Operator.GT, bound=2**63 - 2))
    assert found == 0b001


def test_no_more_bounds_are_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(columns, "_REMEMBERED", 2)
    column = Column(["1", "2", "3"])
    for _ in range(2):
        found = [column.comparing(Requirement("n", Operator.GT, bound=b)) for b in range(4)]
        assert found == [0b111, 0b110, 0b100, 0]
        assert len(column._compared) == 2


@pytest.mark.parametrize(
    ("mask", "nodes"),
    [
        pytest.param([False] * 8, 0, id="none"),
        pytest.param([True, False, True] + [False] * 5, 0b101, id="the lowest slots"),
        pytest.param([False] * 15 + [True], 1 << 15, id="the highest slot"),
        pytest.param([True] * 9, 0b111111111, id="all of an odd number"),
    ],
)
def test_a_boolean_per_slot_is_a_node_set(mask, nodes):
    assert bits(np.array(mask)) == nodes


@pytest.mark.parametrize("slots", [0, 1, 8, 9, 20])
def test_a_node_set_is_a_boolean_for_each_slot(slots):
    nodes = int("1" * (slots // 2) + "0" * (slots - slots // 2) or "0", 2)
    mask = mask_of(nodes, slots)
    assert (len(mask), mask.dtype.name, bits(mask)) == (slots, "bool", nodes)
