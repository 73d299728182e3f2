"""Unbound claims and the volumes that exist already."""

import pytest

from tests.placement.volumes import GIBI, affinity, claim, cluster, label_in, volume
from webhook.objects import LabelSelector, NodeInfo, Version
from webhook.objects.storage import ClaimRef
from webhook.placement.volume_binding.static import fault, unmatched

#: Slots 0, 1 and 2.
NODES = [NodeInfo(name, {"host": name}) for name in "abc"]
A, B, C = 0b001, 0b010, 0b100
EVERY = A | B | C
MINE = ClaimRef("default", "c")


def left(claims, *volumes, nodes=EVERY, version=None):
    """Claim by claim, the nodes without a volume for it."""
    index = cluster(*NODES, *volumes, **({"version": version} if version else {}))
    return [(each.name, found) for each, found in unmatched(claims, nodes, index)]


@pytest.mark.parametrize(
    ("asked", "offered", "matches"),
    [
        pytest.param({}, {}, True, id="as it comes"),
        pytest.param({"request": GIBI + 1}, {}, False, id="too small by a trifle"),
        pytest.param({"request": GIBI - 1}, {}, True, id="larger than need be"),
        pytest.param({}, {"storage_class": "fast"}, False, id="of another class"),
        pytest.param({}, {"volume_mode": "Block"}, False, id="of another mode"),
        pytest.param({"volume_mode": "Block"}, {"volume_mode": "Block"}, True, id="a block device"),
        pytest.param({}, {"attributes_class": "gold"}, False, id="of an attributes class"),
        pytest.param({"attributes_class": "gold"}, {}, False, id="of no attributes class"),
        pytest.param(
            {"attributes_class": "gold"}, {"attributes_class": "gold"}, True, id="of this one"
        ),
        pytest.param({}, {"deleting": True}, False, id="on its way out"),
        *(
            pytest.param({}, {"phase": phase}, False, id=phase or "no phase")
            for phase in ("", "Pending", "Bound", "Released", "Failed")
        ),
        pytest.param(
            {"selector": LabelSelector((label_in("disk", "ssd"),))}, {}, False, id="no label"
        ),
        pytest.param(
            {"selector": LabelSelector((label_in("disk", "ssd"),))},
            {"labels": {"disk": "ssd"}},
            True,
            id="the label",
        ),
        pytest.param(
            {"access_modes": frozenset({"ReadWriteOnce", "ReadWriteMany"})}, {}, True, id="modes"
        ),
        pytest.param({"access_modes": frozenset({"ReadOnlyMany"})}, {}, False, id="no such mode"),
        pytest.param(
            {"access_modes": frozenset({"ReadWriteOnce", "ReadOnlyMany"})},
            {},
            False,
            id="not all modes",
        ),
        pytest.param({}, {"claim": ClaimRef("default", "d")}, False, id="another's"),
        pytest.param({}, {"claim": ClaimRef("n", "c")}, False, id="one's in another namespace"),
        pytest.param({}, {"claim": ClaimRef("default", "c", "u")}, False, id="an earlier claim's"),
        pytest.param({}, {"claim": ClaimRef("default", "c", "uid-c")}, True, id="its own, by uid"),
        pytest.param({}, {"claim": MINE}, True, id="its own, by name"),
        pytest.param(
            {
                "access_modes": frozenset({"ReadOnlyMany"}),
                "selector": LabelSelector((label_in("disk", "ssd"),)),
            },
            {"claim": MINE, "phase": "Bound"},
            True,
            id="its own, whatever phase, labels and modes",
        ),
        pytest.param(
            {}, {"claim": MINE, "storage_class": "fast"}, False, id="its own of another class"
        ),
        pytest.param({"request": GIBI + 1}, {"claim": MINE}, False, id="its own, too small"),
        pytest.param({}, {"claim": MINE, "volume_mode": "Block"}, False, id="its own, of mode"),
        pytest.param({}, {"claim": MINE, "deleting": True}, False, id="its own, on its way out"),
    ],
)
def test_a_volume_must_suit_the_claim(asked, offered, matches):
    assert left([claim(**asked)], volume(**offered)) == [("c", 0 if matches else EVERY)]


def local(name, host, **fields):
    return volume(name, node_affinity=affinity("host", *host), **fields)


def test_a_volume_must_reach_the_node():
    assert left([claim()], local("v", "a"), local("w", "b")) == [("c", C)]
    assert left([claim()], local("v", "a"), nodes=A | B) == [("c", B)]
    assert left([claim()]) == [("c", EVERY)]


def test_a_volume_goes_to_one_claim_of_the_pod():
    two = [claim("c"), claim("d")]
    assert left(two, volume("v")) == [("c", 0), ("d", EVERY)]
    assert left(two, volume("v"), volume("w")) == [("c", 0), ("d", 0)]
    assert left(two, volume("v"), local("w", "a")) == [("c", 0), ("d", B | C)]
    assert left(two, local("v", "a"), local("w", "a"), local("x", "b")) == [
        ("c", C),
        ("d", B | C),
    ]
    three = [*two, claim("e")]
    assert left(three, volume("v"), local("u", "b", capacity=GIBI)) == [
        ("c", 0),
        ("d", A | C),
        ("e", EVERY),
    ]
    twice = [claim(), claim()]
    assert left(twice, volume("v")) == [("c", 0), ("c", EVERY)]


def test_the_smallest_claim_takes_the_smallest_volume():
    small, large = claim("small"), claim("large", request=2 * GIBI)
    volumes = volume("a", capacity=3 * GIBI), volume("b", capacity=GIBI)
    assert left([large, small], *volumes) == [("small", 0), ("large", 0)]
    assert left([large, small], volumes[0]) == [("small", 0), ("large", EVERY)]


def test_claims_of_one_size_keep_their_order():
    two = [claim("d"), claim("c")]
    assert left(two, volume()) == [("d", 0), ("c", EVERY)]


def test_the_smallest_volume_in_reach_is_taken():
    small, large = claim("small"), claim("large", request=2 * GIBI)
    volumes = local("a", "a", capacity=GIBI), volume("b", capacity=2 * GIBI)
    assert left([small, large], *volumes) == [("small", 0), ("large", B | C)]


def test_of_volumes_of_one_size_the_first_by_name_is_taken():
    picky = claim("d", selector=LabelSelector((label_in("disk", "ssd"),)))
    plain, fine = volume("a"), volume("b", labels={"disk": "ssd"})
    assert left([claim(), picky], fine, plain) == [("c", 0), ("d", 0)]


def test_a_volume_reserved_for_the_claim_is_the_only_one():
    reserved = local("z", "a", claim=MINE, capacity=2 * GIBI)
    assert left([claim()], reserved, volume("a")) == [("c", B | C)]
    assert left([claim("d")], reserved, volume("a")) == [("d", 0)]
    assert left([claim("c"), claim("d")], reserved, volume("a")) == [("c", B | C), ("d", 0)]


def test_the_reserved_volume_leaves_the_others_to_the_others():
    """Where it is out of reach nothing else is taken, and where it is taken all others may be."""
    reserved = local("z", "a", claim=MINE)
    assert left([claim(), claim()], reserved) == [("c", B | C), ("c", EVERY)]
    assert left([claim(), claim()], reserved, volume("v")) == [("c", B | C), ("c", B | C)]
    second = local("zz", "b", claim=MINE)
    assert left([claim(), claim()], reserved, second) == [("c", B | C), ("c", EVERY)]


BAD = LabelSelector(invalid="bad")
UNSUPPORTED = (
    "unsupported volumeAttributesClassName is set on claim default/{} when the feature-gate "
    "VolumeAttributesClass is disabled"
)


@pytest.mark.parametrize(
    ("claims", "version", "why"),
    [
        pytest.param([], (1, 36), "", id="no claim"),
        pytest.param([claim(), claim(attributes_class="gold")], (1, 34), "", id="since 1.34"),
        pytest.param([claim()], (1, 33), "", id="no attributes class"),
        pytest.param(
            [claim(), claim("d", attributes_class="gold")],
            (1, 33, 9),
            UNSUPPORTED.format("d"),
            id="an attributes class before 1.34",
        ),
        pytest.param(
            [claim("d", selector=BAD)],
            (1, 36),
            "error creating internal label selector for claim: default/d: bad",
            id="a bad selector",
        ),
        pytest.param(
            [claim(selector=BAD), claim("d", selector=BAD, request=1)],
            (1, 36),
            "error creating internal label selector for claim: default/d: bad",
            id="the smallest claim speaks first",
        ),
        pytest.param(
            [claim("d", selector=BAD, attributes_class="gold")],
            (1, 33),
            UNSUPPORTED.format("d"),
            id="the attributes class comes first",
        ),
    ],
)
def test_the_scheduler_gives_up_over_some_claims(claims, version, why):
    assert fault(claims, cluster(version=Version(*version))) == why


def test_before_1_34_a_volume_of_an_attributes_class_is_for_nobody():
    gold = volume(attributes_class="gold")
    assert left([claim()], gold, version=Version(1, 33)) == [("c", EVERY)]
    assert left([claim()], volume(), version=Version(1, 33)) == [("c", 0)]
