"""Unbound claims that get a new volume: topologies and free storage."""

import pytest

from tests.placement.volumes import GIBI, claim, cluster, label_in
from webhook.objects import LabelSelector, NodeInfo
from webhook.objects.storage import CSIDriver, CSIStorageCapacity, StorageClass
from webhook.placement.volume_binding.provisioning import Outcome, check

#: Slots 0, 1 and 2.
NODES = [NodeInfo(name, {"host": name, "zone": zone}) for name, zone in ("a1", "b1", "c2")]
A, B, C = 0b001, 0b010, 0b100
EVERY = A | B | C
REPORTS = CSIDriver("x", storage_capacity=True)


EVERYWHERE = [(claim(), EVERY)]


def outcome(*objects, wanted=EVERYWHERE, nodes=EVERY):
    return check(wanted, nodes, cluster(*NODES, *objects))


@pytest.mark.parametrize(
    ("provisioner", "unsatisfied"),
    [("x", 0), ("", EVERY), ("kubernetes.io/no-provisioner", EVERY), ("kubernetes.io/aws-ebs", 0)],
)
def test_only_a_class_with_a_provisioner_makes_volumes(provisioner, unsatisfied):
    assert outcome(StorageClass("slow", provisioner)) == Outcome(unsatisfied, 0, 0)


@pytest.mark.parametrize(
    ("topologies", "outside"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([[label_in("zone", "1")]], C, id="a zone"),
        pytest.param([[label_in("zone", "1"), label_in("host", "b", "c")]], A | C, id="ANDed"),
        pytest.param([[label_in("host", "a")], [label_in("zone", "2")]], B, id="ORed"),
        pytest.param([[]], EVERY, id="an empty term is of no node"),
        pytest.param([[], [label_in("host", "a")]], B | C, id="beside another"),
        pytest.param([[label_in("rack", "1")]], EVERY, id="an unknown label"),
    ],
)
def test_a_volume_is_made_within_the_topologies_of_its_class_for_good(topologies, outside):
    made = StorageClass("slow", "x", allowed_topologies=tuple(map(tuple, topologies)))
    assert outcome(made) == Outcome(outside, 0, outside)


ANYWHERE = LabelSelector()


def room(amount=None, maximum=None, name="k", of="slow", topology=ANYWHERE):
    return CSIStorageCapacity("n", name, of, topology, amount, maximum)


def near(*hosts):
    return LabelSelector((label_in("host", *hosts),))


MAKES = StorageClass("slow", "x")


@pytest.mark.parametrize(
    ("capacities", "full"),
    [
        pytest.param([], EVERY, id="nothing reported"),
        pytest.param([room(GIBI)], 0, id="just enough"),
        pytest.param([room(GIBI - 10**9)], EVERY, id="a byte short"),
        pytest.param([room(GIBI - 10**9 + 1)], 0, id="a part of a byte is one"),
        pytest.param([room()], EVERY, id="no amount"),
        pytest.param([room(GIBI, GIBI - 10**9)], EVERY, id="no volume can be that large"),
        pytest.param([room(0, GIBI)], 0, id="the largest volume is what counts"),
        pytest.param([room(GIBI, 0)], EVERY, id="even if it is nothing"),
        pytest.param([room(GIBI, of="fast")], EVERY, id="of another class"),
        pytest.param([room(GIBI, topology=near("a", "c"))], B, id="near some nodes"),
        pytest.param(
            [room(GIBI, topology=near("a")), room(GIBI, name="l", topology=near("b"))],
            C,
            id="here and there",
        ),
        pytest.param(
            [room(GIBI, topology=near("a")), room(1, name="l", topology=near("b"))],
            B | C,
            id="here, but not there",
        ),
        pytest.param(
            [room(GIBI, topology=LabelSelector((label_in("host", "a"), label_in("zone", "2"))))],
            EVERY,
            id="labels are ANDed",
        ),
        pytest.param([room(GIBI, topology=LabelSelector(nothing=True))], EVERY, id="nowhere"),
        pytest.param([room(GIBI, topology=LabelSelector(invalid="bad"))], EVERY, id="unreadable"),
    ],
)
def test_a_driver_that_reports_its_storage_needs_enough_of_it(capacities, full):
    assert outcome(MAKES, REPORTS, *capacities) == Outcome(0, full, 0)


def test_a_request_is_rounded_up_to_bytes_too():
    wanted = [(claim(request=GIBI - 10**9 + 1), EVERY)]
    assert outcome(MAKES, REPORTS, room(GIBI - 10**9), wanted=wanted) == Outcome(0, EVERY, 0)
    assert outcome(MAKES, REPORTS, room(GIBI), wanted=wanted) == Outcome(0, 0, 0)


@pytest.mark.parametrize(
    ("driver", "full"),
    [
        pytest.param(None, 0, id="no driver"),
        pytest.param(CSIDriver("x"), 0, id="one that reports nothing"),
        pytest.param(CSIDriver("y", storage_capacity=True), 0, id="another"),
        pytest.param(REPORTS, EVERY, id="one that reports"),
    ],
)
def test_other_drivers_are_taken_at_their_word(driver, full):
    assert outcome(MAKES, *([driver] if driver else [])) == Outcome(0, full, 0)


def test_a_claim_without_a_request_needs_no_storage():
    assert outcome(MAKES, REPORTS, wanted=[(claim(request=0), EVERY)]) == Outcome(0, 0, 0)
    least = [(claim(request=1), EVERY)]
    assert outcome(MAKES, REPORTS, room(), wanted=least) == Outcome(0, EVERY, 0)


def test_claims_are_asked_on_their_own_nodes():
    zonal = StorageClass("slow", "x", allowed_topologies=((label_in("zone", "2"),),))
    none = StorageClass("static", "")
    of_none = claim("d", storage_class="static")
    assert outcome(zonal, wanted=[(claim(), A)]) == Outcome(A, 0, A)
    assert outcome(zonal, none, wanted=[(claim(), A), (of_none, C)]) == Outcome(A | C, 0, A)
    assert outcome(zonal, none, wanted=[]) == Outcome(0, 0, 0)
    assert outcome(zonal, none, wanted=[(claim(), 0), (of_none, 0)]) == Outcome(0, 0, 0)


def test_the_first_claim_that_fails_on_a_node_decides():
    zonal = StorageClass("zonal", "y", allowed_topologies=((label_in("host", "a", "b"),),))
    none = StorageClass("static", "")
    objects = [MAKES, zonal, none, REPORTS, room(GIBI, topology=near("a"))]
    full, outside = (claim(), EVERY), (claim("d", storage_class="zonal"), EVERY)
    static = (claim("e", storage_class="static"), A | C)
    assert outcome(*objects, wanted=[full, outside]) == Outcome(0, B | C, C)
    assert outcome(*objects, wanted=[outside, full]) == Outcome(C, B, C)
    assert outcome(*objects, wanted=[static, full, outside]) == Outcome(A | C, B, C)
    assert outcome(*objects, wanted=[full, static]) == Outcome(A, B | C, 0)
    only_b, only_c = (full[0], B), (full[0], C)
    assert outcome(*objects, wanted=[only_b, only_c, (static[0], EVERY)]) == Outcome(A, B | C, 0)
    of_b, of_c = (static[0], B), (static[0], C)
    assert outcome(*objects, wanted=[of_b, of_c, full]) == Outcome(B | C, 0, 0)


def test_topologies_come_before_storage():
    zonal = StorageClass("slow", "x", allowed_topologies=((label_in("zone", "1"),),))
    assert outcome(zonal, REPORTS, room(GIBI, topology=near("a"))) == Outcome(C, B, C)


def test_only_the_nodes_in_question_are_answered_for():
    zonal = StorageClass("slow", "x", allowed_topologies=((label_in("host", "a"),),))
    wanted = [(claim(), A | B)]
    assert outcome(zonal, wanted=wanted, nodes=A | B) == Outcome(B, 0, B)
    assert outcome(StorageClass("slow", ""), wanted=wanted, nodes=B) == Outcome(B, 0, 0)
