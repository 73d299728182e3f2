"""FreeVolumes: volumes that no claim has yet, by class, smallest first."""

import pytest

from tests.placement.volumes import GIBI, affinity, volume
from webhook.objects import NodeInfo
from webhook.objects.storage import ClaimRef
from webhook.placement.index.free_volumes import FreeVolumes
from webhook.placement.index.node_sets import NodeSets

A, B = 0b01, 0b10


def two():
    nodes = NodeSets()
    for name in "ab":
        nodes.add(NodeInfo(name, {"host": name}))
    return nodes


def local(name, *hosts, **fields):
    return volume(name, node_affinity=affinity("host", *hosts), **fields)


def offered(*volumes, depth=2, labelled=False):
    free = FreeVolumes()
    for each in volumes:
        free.add(each, 1)
    offers = free.offers("slow", two(), depth, labelled)
    return [(each.sample.name, each.layers) for each in offers]


@pytest.mark.parametrize(
    ("fields", "free"),
    [
        pytest.param({}, True, id="as it comes"),
        pytest.param({"phase": "Released"}, False, id="released"),
        pytest.param({"deleting": True}, False, id="on its way out"),
        pytest.param({"claim": ClaimRef("n", "c")}, False, id="reserved"),
        pytest.param({"storage_class": "fast"}, False, id="of another class"),
    ],
)
def test_a_volume_is_free_if_any_claim_may_take_it(fields, free):
    assert offered(volume(**fields)) == ([("v", (A | B, 0))] if free else [])


def test_the_smallest_come_first_and_of_one_size_the_first_by_name():
    small, large = volume("c", capacity=GIBI), volume("a", capacity=2 * GIBI)
    block = volume("b", volume_mode="Block")
    assert [name for name, _ in offered(large, small, block)] == ["b", "c", "a"]


def test_volumes_that_are_alike_are_offered_together():
    volumes = local("u", "a"), local("v", "a", "b"), local("w", "a")
    assert offered(*volumes, depth=3) == [("u", (A | B, A, A))]
    assert offered(*volumes) == [("u", (A | B, A))]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"volume_mode": "Block"}, id="mode"),
        pytest.param({"access_modes": frozenset()}, id="access modes"),
        pytest.param({"attributes_class": "gold"}, id="attributes class"),
    ],
)
def test_volumes_that_are_not_alike_keep_their_order_by_name(fields):
    volumes = volume("u"), volume("v", **fields), volume("w")
    assert [name for name, _ in offered(*volumes)] == ["u", "v", "w"]


def test_labels_make_a_difference_if_they_are_asked_for():
    volumes = volume("u", labels={"disk": "ssd"}), volume("v")
    assert offered(*volumes) == [("u", (A | B, A | B))]
    assert offered(*volumes, labelled=True) == [("u", (A | B, 0)), ("v", (A | B, 0))]


def test_what_was_worked_out_holds_until_a_volume_or_a_label_changes():
    free, nodes = FreeVolumes(), two()
    first, second = local("v", "a"), local("w", "b", "c")
    free.add(first, 1)

    def layers():
        return [each.layers for each in free.offers("slow", nodes, 1, False)]

    assert layers() == [(A,)]
    assert free.offers("slow", nodes, 1, False) is free.offers("slow", nodes, 1, False)
    free.add(second, 1)
    assert layers() == [(A | B,)]
    assert [each.layers for each in free.offers("slow", nodes, 2, True)] == [(A | B, 0)]
    free.add(first, -1)
    assert layers() == [(B,)]
    nodes.update(NodeInfo("a", {"host": "c"}))
    assert layers() == [(A | B,)]
    free.add(second, -1)
    assert layers() == []
    assert (free._classes, free._known) == ({}, {})
