"""AttachCounts: how many volumes of each CSI driver are at each node, and may come."""

import pytest

from webhook.objects.storage import CSINode
from webhook.placement.index.attach_counts import AttachCounts

V, W, OTHER = ("x", "v"), ("x", "w"), ("y", "v")
A, B, C = 0b001, 0b010, 0b100


def reporting(*limits, **migrated):
    """Counts for so many slots; None is a slot without a CSINode."""
    counts = AttachCounts()
    counts.reserve(len(limits))
    for slot, each in enumerate(limits):
        if each is not None:
            counts.report(CSINode(f"n{slot}", limits=each), slot, 1)
    return counts


def test_a_node_is_short_where_a_limit_leaves_no_room():
    counts = reporting({"x": 2}, {"x": 1}, {"y": 0})
    assert [counts.short("x", volumes) for volumes in (0, 1, 2, 3)] == [0, 0, B, A | B]
    counts.use(V, 0, 1)
    counts.use(OTHER, 1, 1)
    counts.attach(W, 0, 1)
    assert [counts.short("x", volumes) for volumes in (0, 1, 2)] == [0, A, A | B]
    assert [counts.small("x", volumes) for volumes in (1, 2, 3)] == [0, B, A | B]
    assert counts.short("z", 9) == counts.small("z", 9) == 0
    assert counts.short("y", 1) == C


@pytest.mark.parametrize("way", ["use", "attach"])
def test_a_volume_is_one_however_often_it_is_there(way):
    counts = reporting({"x": 2})
    for change in (1, 1, 1, -1):
        getattr(counts, way)(V, 0, change)
    counts.attach(V, 0, 1)
    assert (counts.short("x", 1), counts.short("x", 2)) == (0, A)
    assert counts.used.nodes(V) == (A if way == "use" else 0)
    for _ in range(2):
        getattr(counts, way)(V, 0, -1)
    assert counts.short("x", 2) == A
    counts.attach(V, 0, -1)
    assert counts.short("x", 2) == 0


def test_what_was_there_before_the_limit_counts():
    counts = AttachCounts()
    counts.reserve(1)
    counts.use(V, 0, 1)
    assert counts.short("x", 1) == 0
    node = CSINode("n", limits={"x": 1})
    counts.report(node, 0, 1)
    assert counts.short("x", 1) == A
    counts.report(node, 0, -1)
    assert counts.short("x", 1) == 0
    assert counts.used.nodes(V) == A


def test_more_volumes_than_the_limit_are_no_room():
    counts = reporting({"x": 1})
    for volume in (V, W):
        counts.attach(volume, 0, 1)
    assert [counts.short("x", volumes) for volumes in (-1, 0, 1)] == [0, A, A]


def test_what_the_csinodes_say_are_node_sets():
    counts = reporting({}, None, {"x": 1})
    assert (counts.reporting, counts.limited, counts.migrated) == (A | C, C, {})
    moved = CSINode("n1", migrated_plugins=frozenset({"p", "q"}))
    counts.report(moved, 1, 1)
    counts.report(CSINode("n3", migrated_plugins=frozenset({"q"})), 3, 1)
    assert counts.reporting == A | B | C | 0b1000
    assert counts.migrated == {"p": B, "q": B | 0b1000}
    counts.report(moved, 1, -1)
    assert (counts.limited, counts.migrated) == (C, {"q": 0b1000})


def test_a_volume_is_there_until_neither_a_pod_nor_an_attachment_has_it():
    for first, last in (("use", "attach"), ("attach", "use")):
        counts = reporting({"x": 1}, {"x": 1})
        getattr(counts, first)(V, 0, 1)
        getattr(counts, last)(V, 0, 1)
        getattr(counts, last)(V, 1, 1)
        getattr(counts, first)(V, 0, -1)
        assert counts.short("x", 1) == A | B
        getattr(counts, last)(V, 0, -1)
        assert counts.short("x", 1) == B
