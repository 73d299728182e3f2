"""ResourceMatrix: amounts by resource and slot, growing in both directions."""

import numpy as np

from webhook.placement.index.resource_matrix import ResourceMatrix


def test_amounts_add_up_by_resource_and_slot():
    matrix = ResourceMatrix()
    matrix.add(2, {"cpu": 5, "memory": 7})
    matrix.add(2, {"cpu": 5}, 3)
    matrix.add(0, {"cpu": 1}, -1)
    assert list(matrix.row("cpu"))[:3] == [-1, 0, 20]
    assert list(matrix.row("memory"))[:3] == [0, 0, 7]


def test_a_resource_that_nobody_named_is_zero_everywhere():
    matrix = ResourceMatrix()
    matrix.reserve(9)
    assert not matrix.row("cpu").any()
    assert matrix.row("cpu").shape == (9,)
    assert matrix.row("cpu").dtype == np.int64


def test_it_grows_with_the_slots_and_keeps_what_it_holds():
    matrix = ResourceMatrix()
    matrix.add(7, {"cpu": 1})
    for slots, columns in ((8, 8), (9, 9), (64, 64), (65, 72), (3, 72)):
        matrix.reserve(slots)
        assert matrix.row("cpu").shape == (columns,)
    assert list(np.flatnonzero(matrix.row("cpu"))) == [7]


def test_what_it_holds_stays_exact_when_it_grows():
    matrix = ResourceMatrix()
    matrix.add(0, {"memory": 2**53 + 1})
    matrix.reserve(9)
    assert matrix.row("memory")[0] == 2**53 + 1
    assert matrix.row("memory").dtype == np.int64


def test_it_grows_with_the_resources_and_keeps_what_it_holds():
    matrix = ResourceMatrix()
    for number in range(9):
        matrix.add(number % 3, {f"r{number}": number})
    found = {number: list(matrix.row(f"r{number}"))[:3] for number in range(9)}
    assert found == {n: [n if n % 3 == slot else 0 for slot in range(3)] for n in range(9)}


def test_a_cleared_slot_holds_nothing_and_the_others_stay():
    matrix = ResourceMatrix()
    matrix.add(0, {"cpu": 1, "memory": 2})
    matrix.add(1, {"cpu": 3})
    matrix.clear(0)
    assert (list(matrix.row("cpu"))[:2], list(matrix.row("memory"))[:2]) == ([0, 3], [0, 0])


def test_int64_wraps_around_as_it_does_in_go():
    matrix = ResourceMatrix()
    matrix.add(0, {"cpu": 2**63 - 1})
    matrix.add(0, {"cpu": 1})
    matrix.add(1, {"cpu": 2**62}, 2)
    assert list(matrix.row("cpu"))[:2] == [-(2**63), -(2**63)]
