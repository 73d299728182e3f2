"""Tally: counts by slot, and the set of slots with any."""

from webhook.placement.index.tally import Tally


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


def test_a_slot_that_is_empty_again_is_in_no_set():
    tally = Tally()
    tally.add(4, 2)
    tally.add(0, 1)
    assert tally.add(4, -2)
    assert (tally.counts, tally.nodes) == ({0: 1}, 0b00001)
