"""webhook.inventory: the stores, the index and the one lock around both."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import (
    inventory,
    kubevirt_node,
    launcher,
    namespace,
    node,
    pod,
    value,
    vm,
    vmi,
)
from tests.judge.test_world import migration
from webhook.inventory import EVENTS_PER_HOLD, REQUIRED, Inventory
from webhook.objects import (
    Applied,
    Deleted,
    Listed,
    Migration,
    NodeInfo,
    PodInfo,
    Replaced,
    Version,
    VirtualMachine,
)
from webhook.objects.profile import Namespace

TREES = [
    node("n1"),
    node("n2", taints=[{"key": "a", "effect": "NoSchedule"}]),
    kubevirt_node("n3"),
    namespace(),
    pod("a", nodeName="n1", requests={"cpu": "1"}),
    pod("b", nodeName="n2", requests={"cpu": "2"}),
    launcher(),
    vm(),
    vmi(),
    migration("m", "vm"),
]
OBJECTS: list[Any] = [value(tree) for tree in TREES]


def contents(filled):
    """Return everything that an inventory knows, in an order of its own."""
    found = {}
    for event in filled.freeze():
        if isinstance(event, Replaced):
            found[event.type] = sorted(map(repr, event.objects))
        else:
            found.setdefault(Applied, []).append(repr(event.object))
    return {kind: sorted(objects) for kind, objects in found.items()}


def nodes(filled):
    """Return the names of the known nodes."""
    with filled.reading() as world:
        return sorted(world.index.nodes.infos)


def test_what_was_applied_is_found_and_what_was_deleted_is_not():
    filled = inventory(vm("a"), vm("b"))
    filled.apply([Deleted(VirtualMachine, ("default", "a")), Deleted(VirtualMachine, ("x", "y"))])
    with filled.reading() as world:
        assert [found.name for found in world.virtual_machines()] == ["b"]


def test_a_list_replaces_what_was_there():
    filled = inventory(node("n1"), node("n2"), vm("a"), pod("p"))
    filled.apply([Replaced(NodeInfo, (value(node("n2")), value(node("n3"))))])
    filled.apply([Replaced(VirtualMachine, (value(vm("b")),))])
    assert nodes(filled) == ["n2", "n3"]
    with filled.reading() as world:
        assert [found.name for found in world.virtual_machines()] == ["b"]
        assert len(world.index.pods) == 1


def test_a_list_may_come_page_by_page_and_is_one_at_its_end():
    filled = Inventory()
    filled.apply([Applied(OBJECTS[0]), Applied(OBJECTS[7])])
    page = [Applied(OBJECTS[1]), Applied(value(vm("b")))]
    filled.apply(page)
    assert nodes(filled) == ["n1", "n2"]
    assert not filled.listed(NodeInfo)
    filled.apply([Applied(OBJECTS[2]), Listed(NodeInfo, {"n2", "n3"})], now=100.0)
    filled.apply([Listed(VirtualMachine, {("default", "b")})])
    assert nodes(filled) == ["n2", "n3"]
    assert filled.listed(NodeInfo)
    assert "NodeInfo is silent" in filled.stale(251.0)
    with filled.reading() as world:
        assert [found.name for found in world.virtual_machines()] == ["b"]


@pytest.mark.parametrize("tree", TREES)
def test_what_is_equal_is_not_exchanged(tree):
    """So that a list of what we know already leaves no second copy of it in memory."""
    first, again = value(tree), value(tree)
    filled = Inventory()
    filled.apply([Applied(first)])
    filled.apply([Applied(again)])
    known = [object_ for each in filled.freeze() for object_ in getattr(each, "objects", ())]
    known += [each.object for each in filled.freeze() if isinstance(each, Applied)]
    assert again in known
    if not isinstance(first, Namespace):  # of which the index keeps the labels only
        assert any(object_ is first for object_ in known)
        assert not any(object_ is again for object_ in known)


def test_a_list_keeps_everything_present_in_between():
    filled = inventory(*(node(f"old-{n:02}") for n in range(40)))
    seen = []
    names = [*(f"new-{n:02}" for n in range(40)), "old-00"]
    new = tuple(value(node(name)) for name in names)
    filled.apply([Replaced(NodeInfo, new)], pause=lambda: seen.append(nodes(filled)))
    assert len(seen) == 3
    for names in seen:
        old = sum(name.startswith("old") for name in names)
        added = sum(name.startswith("new") for name in names)
        assert "old-00" in names
        assert old == 40 or added == 40
    assert nodes(filled) == sorted(found.name for found in new)


def test_at_most_25_events_are_taken_in_per_lock_hold():
    filled = inventory()
    seen = []
    many = tuple(value(node(f"n{n:03}")) for n in range(60))
    filled.apply([Replaced(NodeInfo, many)], pause=lambda: seen.append(len(nodes(filled))))
    assert seen == [EVENTS_PER_HOLD, 2 * EVENTS_PER_HOLD]
    filled.apply([Replaced(NodeInfo, ())], pause=lambda: seen.append(len(nodes(filled))))
    assert seen[2:] == [35, 10]


def test_a_reader_gets_its_turn_while_a_list_is_taken_in():
    filled, read = inventory(), []

    def reader():
        read.append(len(nodes(filled)))

    def pause():
        thread = threading.Thread(target=reader)
        thread.start()
        thread.join(timeout=10)

    filled.apply([Replaced(NodeInfo, tuple(value(node(f"n{n}")) for n in range(30)))], pause=pause)
    assert read == [25]


def test_nothing_is_trusted_before_every_required_kind_was_listed():
    filled = Inventory()
    for kind in REQUIRED:
        assert filled.unknown == (
            f"the cluster is still being read ({kind.__name__} not listed yet)"
        )
        with filled.reading() as world:
            assert world.unknown == filled.unknown
        filled.apply([Replaced(kind, ())])
    assert filled.unknown == ""


def test_single_objects_are_no_list():
    filled = Inventory()
    filled.apply(Applied(found) for found in OBJECTS)
    assert "NodeInfo not listed yet" in filled.unknown


def test_the_world_is_dead_after_exit_also_by_an_exception():
    filled = inventory(node())
    with filled.reading() as world:
        assert world.index.nodes.infos
    with pytest.raises(RuntimeError, match="after the inventory's lock was released"):
        _ = world.index
    with pytest.raises(ZeroDivisionError), filled.reading() as world:
        _ = 1 / 0
    with pytest.raises(RuntimeError, match="after the inventory's lock was released"):
        _ = world.index
    assert nodes(filled) == ["n1"]


def test_a_kind_that_is_silent_for_too_long_is_stale():
    filled = inventory()
    assert filled.stale(10_000.0) == ""
    filled.apply([Replaced(NodeInfo, ()), Applied(OBJECTS[4]), Deleted(PodInfo, "x")], now=100.0)
    assert filled.stale(250.0) == ""
    assert "the watch of NodeInfo is silent" in filled.stale(251.0)
    filled.heard(NodeInfo, 240.0)
    assert "the watch of PodInfo is silent" in filled.stale(251.0)


def test_a_kind_that_is_cut_off_for_too_long_is_stale_until_it_is_reached():
    filled = inventory()
    filled.lost(Migration, 100.0)
    filled.lost(Migration, 120.0)
    assert filled.stale(130.0) == ""
    assert "the watch of Migration is cut off" in filled.stale(131.0)
    filled.reached(Migration)
    assert filled.stale(131.0) == ""
    filled.lost(Migration, 131.0)
    filled.heard(Migration, 162.0)
    assert filled.stale(163.0) == ""


def test_a_world_of_a_given_moment_says_whether_it_is_stale():
    filled = inventory()
    filled.heard(NodeInfo, 100.0)
    with filled.reading(251.0) as world:
        assert "NodeInfo is silent" in world.unknown
    with filled.reading(250.0) as world:
        assert world.unknown == ""
    with filled.reading() as world:
        assert world.unknown == ""
    with Inventory().reading(251.0) as world:
        assert "not listed yet" in world.unknown


def test_a_kind_is_listed_by_a_finished_list_only():
    filled = Inventory()
    filled.apply([Applied(OBJECTS[0])])
    assert not filled.listed(NodeInfo)
    filled.apply([Replaced(NodeInfo, ())])
    assert filled.listed(NodeInfo)


def test_the_behaviour_follows_the_servers_version():
    assert inventory(version=Version(1, 30)).features.taint_values_in_reason
    assert not inventory().features.taint_values_in_reason


def test_what_is_frozen_builds_an_equal_inventory():
    filled = inventory(*TREES, version=Version(1, 33))
    copy = Inventory()
    copy.apply(filled.freeze())
    assert contents(copy) == contents(filled)
    assert (copy.unknown, copy.features) == (filled.unknown, filled.features)


def test_what_was_never_listed_is_not_frozen_as_a_finished_list():
    filled = Inventory()
    filled.apply([Replaced(NodeInfo, (OBJECTS[0],)), *map(Applied, OBJECTS)])
    copy = Inventory()
    copy.apply(filled.freeze())
    assert contents(copy) == contents(filled)
    assert copy.unknown == filled.unknown
    assert "PodInfo not listed yet" in copy.unknown


def lists_of(kind):
    """Return a strategy of finished lists of this kind."""
    known = [found for found in OBJECTS if isinstance(found, kind)]
    return st.lists(st.sampled_from(known), unique_by=str).map(
        lambda found: Replaced(kind, tuple(found))
    )


steps = st.one_of(
    st.sampled_from(OBJECTS).map(Applied),
    st.sampled_from(OBJECTS).map(lambda found: Deleted(type(found), found.key)),
    st.sampled_from([NodeInfo, PodInfo, VirtualMachine, Migration]).flatmap(lists_of),
)


@given(st.lists(steps))
def test_whatever_happened_what_is_frozen_builds_an_equal_inventory(events):
    filled, copy = Inventory(), Inventory()
    filled.apply(events)
    copy.apply(filled.freeze())
    assert contents(copy) == contents(filled)
    assert copy.unknown == filled.unknown
