"""VolumeBinding: claims that are not ready, and every reason on every node."""

import pytest

from tests.placement.cases import answers
from tests.placement.volumes import GIBI, affinity, bound, claim, cluster, pod, volume
from webhook.objects import LabelSelector, NodeInfo, Version
from webhook.objects.storage import (
    IMMEDIATE,
    WAIT_FOR_FIRST_CONSUMER,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    StorageClass,
)
from webhook.placement.framework import PreFilter
from webhook.placement.volume_binding import prefilter, volume_binding

NODES = [NodeInfo(name, {"host": name}) for name in "abc"]
WAITS = StorageClass("slow", "kubernetes.io/no-provisioner", WAIT_FOR_FIRST_CONSUMER)
MAKES = StorageClass("slow", "x", WAIT_FOR_FIRST_CONSUMER)
AFFINITY = "node(s) didn't match PersistentVolume's node affinity"
UNSATISFIED = "node(s) didn't find available persistent volumes to bind"
FULL = "node(s) did not have enough free storage"
MISSING = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
UNRESOLVABLE = "UnschedulableAndUnresolvable"
IMMEDIATE_REFUSAL = PreFilter(refusal="pod has unbound immediate PersistentVolumeClaims")
WAITING = PreFilter(
    refusal=('waiting for ephemeral volume controller to create the persistentvolumeclaim "e"')
)


def refused(asking, *objects, version=None):
    index = cluster(*NODES, *objects, **({"version": version} if version else {}))
    return answers(volume_binding(asking, index), index)


def no(nodes, reason, never=""):
    return (list(nodes), reason, UNRESOLVABLE, list(never))


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        pytest.param([bound(), volume()], PreFilter(), id="bound"),
        pytest.param([bound()], PreFilter(), id="bound to what is missing"),
        pytest.param([claim(), WAITS], PreFilter(), id="waiting for the pod"),
        pytest.param(
            [], PreFilter(refusal='persistentvolumeclaim "c" not found'), id="a missing claim"
        ),
        pytest.param(
            [bound(phase="Lost", deleting=True)],
            PreFilter(
                refusal='persistentvolumeclaim "c" bound to non-existent persistentvolume "v"'
            ),
            id="a lost claim",
        ),
        pytest.param([bound(phase="Pending")], PreFilter(), id="no other phase matters"),
        pytest.param(
            [bound(deleting=True), volume()],
            PreFilter(refusal='persistentvolumeclaim "c" is being deleted'),
            id="a claim on its way out",
        ),
        pytest.param([claim()], IMMEDIATE_REFUSAL, id="the class is missing"),
        pytest.param([claim(storage_class="")], IMMEDIATE_REFUSAL, id="no class"),
        pytest.param(
            [claim(), StorageClass("slow", "x", IMMEDIATE)],
            IMMEDIATE_REFUSAL,
            id="a class that binds at once",
        ),
        pytest.param([claim(volume_name="v"), WAITS, volume()], IMMEDIATE_REFUSAL, id="half bound"),
        pytest.param([claim(bind_completed=True), WAITS], PreFilter(), id="bound to nothing"),
    ],
)
def test_a_claim_must_be_bound_or_wait_for_the_pod(objects, outcome):
    assert prefilter(pod("c"), cluster(*objects)) == outcome


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        pytest.param([], WAITING, id="it is yet to be made"),
        pytest.param(
            [bound("e", controller_uid="uid-q")],
            PreFilter(refusal="PVC default/e was not created for pod default/p (pod is not owner)"),
            id="it is another's",
        ),
        pytest.param([bound("e", controller_uid="uid-p")], PreFilter(), id="it is the pod's"),
        pytest.param(
            [bound("e", phase="Lost")],
            PreFilter(
                refusal='persistentvolumeclaim "e" bound to non-existent persistentvolume "v"'
            ),
            id="it is lost, whoever's it is",
        ),
    ],
)
def test_the_claim_of_an_ephemeral_volume_is_made_for_the_pod(objects, outcome):
    assert prefilter(pod(ephemeral=["e"]), cluster(*objects)) == outcome


def test_a_pod_without_claims_is_skipped():
    assert prefilter(pod(), cluster(*NODES)) == PreFilter(skip=True)


def test_the_first_claim_that_is_not_ready_speaks():
    index = cluster(bound("c"), bound("d", deleting=True), claim("u"))
    refusal = PreFilter(refusal='persistentvolumeclaim "d" is being deleted')
    assert prefilter(pod("u", "c", "d", "x"), index) == refusal
    assert prefilter(pod("c", "u"), index) == IMMEDIATE_REFUSAL


def test_a_node_out_of_reach_of_a_bound_volume_is_refused_for_good():
    objects = [bound(), volume(node_affinity=affinity("host", "b"))]
    assert refused(pod("c"), *objects) == [no("ac", AFFINITY, never="ac")]


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        pytest.param(Version(1, 32, 9), "node(s) had volume node affinity conflict", id="1.32"),
        pytest.param(Version(1, 33), AFFINITY, id="1.33"),
    ],
)
def test_the_reason_was_reworded(version, reason):
    objects = [bound(), volume(node_affinity=affinity("host", "b"))]
    assert refused(pod("c"), *objects, version=version) == [no("ac", reason, never="ac")]


def test_a_missing_volume_is_refused_for_now():
    assert refused(pod("c"), bound()) == [no("abc", MISSING)]


def test_a_claim_that_no_volume_suits_is_refused_for_now():
    local = volume(node_affinity=affinity("host", "b"))
    assert refused(pod("c"), claim(), WAITS, local) == [no("ac", UNSATISFIED)]


def test_a_claim_can_be_made_only_within_its_topologies():
    zonal = StorageClass(
        "slow", "x", WAIT_FOR_FIRST_CONSUMER, (affinity("host", "b").terms[0].expressions,)
    )
    assert refused(pod("c"), claim(), zonal) == [no("ac", UNSATISFIED, never="ac")]


def test_reasons_of_bound_and_unbound_claims_add_up_in_order():
    topology = LabelSelector(affinity("host", "a").terms[0].expressions)
    objects = [
        bound("c", "v"),
        volume("v", node_affinity=affinity("host", "a")),
        bound("d", "gone"),
        claim("e", request=2 * GIBI),
        claim("f", storage_class="static"),
        volume("w", storage_class="static", node_affinity=affinity("host", "a", "b")),
        MAKES,
        StorageClass("static", "", WAIT_FOR_FIRST_CONSUMER),
        CSIDriver("x", storage_capacity=True),
        CSIStorageCapacity("n", "k", "slow", topology, capacity=GIBI),
    ]
    assert refused(pod("c", "d", "e", "f"), *objects) == [
        no("bc", AFFINITY, never="bc"),
        no("c", UNSATISFIED),
        no("ab", FULL),
        no("a", MISSING),
    ]


def test_a_claim_given_to_a_node_is_made_there_and_nowhere_else():
    objects = [claim(selected_node="b"), MAKES, volume()]
    assert refused(pod("c"), *objects) == [no("ac", UNSATISFIED)]
    assert refused(pod("c"), *objects, WAITS) == [no("abc", UNSATISFIED)]


@pytest.mark.parametrize("selected", ["", "gone"])
def test_a_claim_given_to_a_node_that_is_not_there_can_be_nowhere(selected):
    objects = [claim(selected_node=selected), MAKES]
    assert refused(pod("c"), *objects) == [no("abc", UNSATISFIED)]


def test_two_claims_given_to_two_nodes_can_be_nowhere():
    objects = [claim("c", selected_node="a"), claim("d", selected_node="b"), MAKES]
    assert refused(pod("c", "d"), *objects) == [no("abc", UNSATISFIED)]
    assert refused(pod("c"), *objects) == [no("bc", UNSATISFIED)]


def test_a_bound_claim_was_given_to_a_node_long_ago():
    objects = [bound("c", selected_node="a"), volume()]
    assert refused(pod("c"), *objects) == []


def test_the_claims_that_were_given_to_a_node_are_made_first():
    """The one given away finds no space, so that of the other nothing is said."""
    objects = [
        claim("c", storage_class="static"),
        claim("d", selected_node="a"),
        MAKES,
        StorageClass("static", "", WAIT_FOR_FIRST_CONSUMER),
        CSIDriver("x", storage_capacity=True),
    ]
    assert refused(pod("c", "d"), *objects) == [no("bc", UNSATISFIED), no("a", FULL)]


UNSUPPORTED = (
    "unsupported volumeAttributesClassName is set on claim default/c when the feature-gate "
    "VolumeAttributesClass is disabled"
)


def test_an_error_over_a_claim_stands_where_its_volume_would_be_looked_for():
    objects = [claim(attributes_class="gold"), claim("d", selected_node="a"), MAKES]
    old = Version(1, 33)
    assert refused(pod("c"), *objects, version=old) == [(["a", "b", "c"], UNSUPPORTED, "Error", [])]
    assert refused(pod("c", "d"), *objects, version=old) == [
        (["a"], UNSUPPORTED, "Error", []),
        no("bc", UNSATISFIED),
    ]
    assert refused(pod("c"), *objects, WAITS, version=old) == [
        (["a", "b", "c"], UNSUPPORTED, "Error", [])
    ]
    given_away = claim("d", selected_node="gone")
    assert refused(pod("c", "d"), *objects, given_away, version=old) == [no("abc", UNSATISFIED)]


def test_an_error_over_a_bound_volume_comes_before_all_reasons():
    moved = CSINode("b", migrated_plugins=frozenset({"kubernetes.io/azure-disk"}))
    objects = [
        bound(),
        volume(
            phase="Bound",
            in_tree="azureDisk",
            disk_kind="Shared",
            node_affinity=affinity("host", "b", "c"),
        ),
        claim("d"),
        WAITS,
        moved,
    ]
    error = "could not translate pv: kind(Shared) is not supported in csi migration"
    assert refused(pod("c", "d"), *objects) == [
        (["b"], error, "Error", []),
        no("a", AFFINITY, never="a"),
        no("abc", UNSATISFIED),
    ]
