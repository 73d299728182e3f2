"""Tallies: how many of each of many things sit on each node."""

from webhook.placement.index.tallies import Tallies


def seen(tallies, key):
    return dict(tallies.counts(key)), tallies.nodes(key), key in tallies


def test_what_is_nowhere_is_on_no_node():
    tallies: Tallies[str] = Tallies()
    assert seen(tallies, "c") == ({}, 0, False)
    assert list(tallies) == []
    assert not tallies.at("c", 0)


def test_one_on_one_slot_is_held_bare():
    tallies: Tallies[str] = Tallies()
    assert tallies.add("c", 2, 1) == 1
    assert seen(tallies, "c") == ({2: 1}, 0b100, True)
    assert tallies._where == {"c": 2}
    assert [tallies.at("c", slot) for slot in range(4)] == [False, False, True, False]
    assert tallies.add("c", 2, -1) == 0
    assert seen(tallies, "c") == ({}, 0, False)
    assert tallies._where == {}


def test_several_are_counted_by_slot():
    tallies: Tallies[str] = Tallies()
    tallies.add("d", 1, 1)
    assert [tallies.add("c", slot, 1) for slot in (0, 2, 0)] == [1, 1, 2]
    assert seen(tallies, "c") == ({0: 2, 2: 1}, 0b101, True)
    assert set(tallies) == {"c", "d"}
    assert [tallies.at("c", slot) for slot in range(3)] == [True, False, True]
    assert tallies.add("c", 2, -1) == 0
    assert seen(tallies, "c") == ({0: 2}, 0b001, True)
    assert tallies.add("c", 0, -1) == 1
    assert tallies._where == {"c": 0, "d": 1}
    assert tallies.add("c", 0, -1) == 0
    assert seen(tallies, "c") == ({}, 0, False)


def test_the_last_of_two_slots_is_held_bare_again():
    tallies: Tallies[str] = Tallies()
    tallies.add("c", 0, 1)
    tallies.add("c", 3, 1)
    assert tallies.add("c", 0, -1) == 0
    assert tallies._where == {"c": 3}
