"""SlotSets and JoinedSets: sets of slots by name, and what is joined of them."""

import pytest
from pyroaring import BitMap

from webhook.objects import PodInfo
from webhook.placement.index import slot_sets
from webhook.placement.index.slot_sets import JoinedSets, SlotSets


def test_a_set_grows_from_one_and_shrinks_to_none():
    sets = SlotSets()
    for slots in ((3,), (3, 5), (3, 5, 9)):
        sets.add("name", slots[-1])
        assert tuple(sets["name"]) == slots
    for slot in (5, 3):
        sets.discard("name", slot)
    assert [(name, list(found)) for name, found in sets.items()] == [("name", [9])]
    sets.discard("name", 9)
    assert (list(sets.items()), list(sets["name"]), len(sets)) == ([], [], 0)
    sets.add("name", 4)
    sets.discard("name", 4)
    assert list(sets.items()) == []


def test_sets_are_joined():
    sets = SlotSets()
    assert list(sets.joined()) == []
    for name, slot in (("a", 7), ("b", 1), ("b", 2), ("c", 5), ("d", 5)):
        sets.add(name, slot)
    assert list(sets.joined()) == [1, 2, 5, 7]
    assert list(sets["b"]) == [1, 2]


def test_what_was_joined_is_kept_up():
    joined: JoinedSets[str] = JoinedSets(lambda namespace, pod: pod.namespace == namespace)
    assert list(joined.get("red", lambda: BitMap([1]))) == [1]
    joined.add(PodInfo("red", "a"), 5)
    joined.add(PodInfo("blue", "b"), 6)
    assert list(joined.get("red", BitMap)) == [1, 5]
    joined.discard(1)
    joined.discard(9)
    assert list(joined.get("red", BitMap)) == [5]


@pytest.mark.parametrize(("kept", "made"), [(2, 0), (1, 1)])
def test_the_oldest_makes_way_where_too_many_are_kept(kept, made, monkeypatch):
    monkeypatch.setattr(slot_sets, "_KEPT", kept)
    joined: JoinedSets[str] = JoinedSets(lambda namespace, pod: True)
    for name in ("a", "b"):
        joined.get(name, BitMap)
    assert len(joined.get("a", lambda: BitMap([1]))) == made
