"""VolumeZone: a bound volume's zone and region labels."""

import pytest

from tests.placement.cases import answers
from tests.placement.volumes import bound, claim, cluster, pod, volume
from webhook.objects import NodeInfo
from webhook.objects.storage import IMMEDIATE, WAIT_FOR_FIRST_CONSUMER, StorageClass
from webhook.placement.framework import PreFilter
from webhook.placement.volume_zone import prefilter, volume_zone

REASON = "node(s) had no available volume zone"
ZONE, REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
OLD_ZONE, OLD_REGION = (f"failure-domain.beta.kubernetes.io/{each}" for each in ("zone", "region"))
NODES = {
    "bare": {"kubernetes.io/hostname": "bare"},
    "new1": {ZONE: "z1", REGION: "r1"},
    "new2": {ZONE: "z2", REGION: "r2"},
    "old1": {OLD_ZONE: "z1", OLD_REGION: "r1"},
    "both": {OLD_ZONE: "z2", ZONE: "z1"},
    "region": {REGION: "r1"},
    "old region": {OLD_REGION: "r1"},
}


def index(*objects):
    return cluster(*(NodeInfo(name, labels) for name, labels in NODES.items()), *objects)


@pytest.mark.parametrize(
    ("labels", "passing"),
    [
        pytest.param({}, set(NODES), id="no label"),
        pytest.param({"zone": "z1"}, set(NODES), id="another label"),
        pytest.param({ZONE: "z1"}, {"bare", "new1", "both"}, id="a zone"),
        pytest.param({OLD_ZONE: "z1"}, {"bare", "new1", "old1"}, id="an old zone goes first"),
        pytest.param({ZONE: "z1__z3"}, {"bare", "new1", "both"}, id="zones, one of which fits"),
        pytest.param({ZONE: "z3__z2"}, {"bare", "new2"}, id="zones, the other of which fits"),
        pytest.param({OLD_ZONE: "z2__z3"}, {"bare", "new2", "both"}, id="old zones"),
        pytest.param({ZONE: "z1_z2"}, {"bare"}, id="one underscore divides nothing"),
        pytest.param({ZONE: "z9"}, {"bare"}, id="a zone of no node"),
        pytest.param({REGION: "r1"}, {"bare", "new1", "region"}, id="a region"),
        pytest.param(
            {OLD_REGION: "r1"},
            {"bare", "new1", "old1", "region", "old region"},
            id="an old region",
        ),
        pytest.param({ZONE: "z1", REGION: "r1"}, {"bare", "new1"}, id="zone and region"),
        pytest.param({ZONE: "z1", REGION: "r2"}, {"bare"}, id="labels that no node has both"),
        pytest.param({ZONE: "a____b"}, set(NODES), id="a label with an empty zone is ignored"),
        pytest.param({ZONE: ""}, set(NODES), id="an empty label is ignored"),
        pytest.param({ZONE: "", REGION: "r2"}, {"bare", "new2"}, id="beside one that counts"),
    ],
)
def test_a_node_must_be_where_the_volume_is(labels, passing):
    there = index(bound("c", "v"), volume("v", labels=labels))
    away = sorted(set(NODES) - passing)
    refused = [(away, REASON, "UnschedulableAndUnresolvable", away)] if away else []
    assert answers(volume_zone(pod("c"), there), there) == refused


def test_every_volume_counts():
    there = index(
        bound("c", "v"),
        bound("d", "w"),
        volume("v", labels={ZONE: "z1"}),
        volume("w", labels={REGION: "r1"}),
    )
    ((away, *_),) = answers(volume_zone(pod("c", "d"), there), there)
    assert set(NODES) - set(away) == {"bare", "new1"}


WAITS = StorageClass("slow", "p", WAIT_FOR_FIRST_CONSUMER)
ZONAL = volume("v", labels={ZONE: "z1"})


@pytest.mark.parametrize(
    ("objects", "outcome"),
    [
        pytest.param([bound(), ZONAL], PreFilter(), id="a volume in a zone"),
        pytest.param([claim(volume_name="v"), ZONAL], PreFilter(), id="even if half bound"),
        pytest.param(
            [bound(), volume("v", labels={"zone": "z1"})], PreFilter(skip=True), id="of no zone"
        ),
        pytest.param(
            [bound(), volume("v", labels={ZONE: ""})], PreFilter(skip=True), id="of an empty zone"
        ),
        pytest.param([claim(), WAITS], PreFilter(skip=True), id="a volume yet to be chosen"),
        pytest.param(
            [bound()], PreFilter(refusal='persistentvolume "v" not found'), id="a missing volume"
        ),
        pytest.param(
            [], PreFilter(refusal='persistentvolumeclaim "c" not found'), id="a missing claim"
        ),
        pytest.param(
            [claim(storage_class="")],
            PreFilter(refusal="PersistentVolumeClaim had no pv name and storageClass name"),
            id="no class",
        ),
        pytest.param(
            [claim()],
            PreFilter(refusal='storageclass.storage.k8s.io "slow" not found'),
            id="a missing class",
        ),
        pytest.param(
            [claim(), StorageClass("slow", "p", IMMEDIATE)],
            PreFilter(refusal="PersistentVolume had no name"),
            id="a class that binds at once",
        ),
    ],
)
def test_the_volume_of_a_claim_must_be_known(objects, outcome):
    assert prefilter(pod("c"), index(*objects)) == outcome


def test_the_first_claim_without_a_volume_speaks():
    there = index(bound("c", "v"), ZONAL, bound("d", "w"), bound("e", "x"))
    refusal = PreFilter(refusal='persistentvolume "w" not found')
    assert prefilter(pod("c", "d", "e"), there) == refusal


def test_an_ephemeral_volume_is_not_looked_at():
    there = index(bound("c", "v"), ZONAL, bound("d", "missing"))
    asking = pod(ephemeral=["c", "d", "x"])
    assert prefilter(asking, there) == PreFilter(skip=True)
    assert answers(volume_zone(asking, there), there) == []


def test_what_is_not_there_is_no_matter_behind_the_refusal():
    there = index(bound("c", "v"), ZONAL, bound("d", "missing"), claim("e"))
    ((away, *_),) = answers(volume_zone(pod("d", "x", "e", "c"), there), there)
    assert set(NODES) - set(away) == {"bare", "new1", "both"}


def test_a_pod_without_volumes_is_skipped():
    assert prefilter(pod(), index()) == PreFilter(skip=True)
