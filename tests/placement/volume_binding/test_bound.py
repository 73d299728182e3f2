"""Bound claims: where their volumes can be used."""

import pytest

from tests.placement.volumes import affinity, bound, cluster, label_in, volume
from webhook.objects import NodeInfo, NodeSelector, NodeSelectorTerm, Operator, Requirement
from webhook.objects.storage import CSINode
from webhook.placement.framework import Code, Rejection
from webhook.placement.volume_binding.bound import Reach, reach

ZONE = "topology.kubernetes.io/zone"
#: Slots 0, 1 and 2.
NODES = [
    NodeInfo("a", {"host": "a", ZONE: "z1", "topology.gke.io/zone": "z2"}),
    NodeInfo("b", {"host": "b", ZONE: "z1"}),
    NodeInfo("c", {"host": "c", ZONE: "z2", "topology.gke.io/zone": "z1"}),
]
A, B, C = 0b001, 0b010, 0b100


def reached(*objects, of=("c",)):
    index = cluster(*NODES, *objects)
    return reach([index.storage.claims["default", name] for name in of], index)


@pytest.mark.parametrize(
    ("given", "excluded"),
    [
        pytest.param(None, 0, id="none"),
        pytest.param(affinity("host", "a", "b"), C, id="a label"),
        pytest.param(NodeSelector(()), A | B | C, id="no term matches nothing"),
        pytest.param(NodeSelector((NodeSelectorTerm(),)), A | B | C, id="nor does an empty one"),
        pytest.param(
            NodeSelector((NodeSelectorTerm(invalid="bad"), *affinity("host", "a").terms)),
            B | C,
            id="an invalid term beside another",
        ),
        pytest.param(
            NodeSelector(
                (
                    NodeSelectorTerm(
                        (label_in("host", "a", "b"),),
                        (Requirement("metadata.name", Operator.IN, frozenset("b")),),
                    ),
                )
            ),
            C,
            id="names are not looked at",
        ),
    ],
)
def test_a_volume_is_used_where_its_node_affinity_allows(given, excluded):
    found = reached(bound(), volume(node_affinity=given))
    assert found == ([], Reach(excluded, missing=0, never=excluded))


def test_the_first_volume_that_fails_on_a_node_decides():
    objects = [
        bound("c", "v"),
        volume("v", node_affinity=affinity("host", "a", "b")),
        bound("gone", "gone"),
        bound("d", "w"),
        volume("w", node_affinity=affinity("host", "a", "c")),
    ]
    none, every = Reach(0, 0, 0), A | B | C
    assert reached(*objects, of=()) == ([], none)
    assert reached(*objects, of=("c", "d")) == ([], Reach(B | C, 0, B | C))
    assert reached(*objects, of=("gone", "c")) == ([], Reach(0, every, C))
    assert reached(*objects, of=("gone", "gone")) == ([], Reach(0, every, 0))
    far = [bound("f", "x"), volume("x", node_affinity=affinity("host", "b"))]
    assert reached(*objects, *far, of=("gone", "f")) == ([], Reach(0, every, A | C))
    assert reached(*objects, of=("c", "gone", "d")) == ([], Reach(C, A | B, B | C))


def moved(*names, plugin="kubernetes.io/gce-pd"):
    return [CSINode(name, migrated_plugins=frozenset({plugin, "x"})) for name in names]


def test_where_its_plugin_was_replaced_a_volume_is_asked_by_the_drivers_labels():
    disk = volume(in_tree="gcePersistentDisk", node_affinity=affinity(ZONE, "z1"))
    assert reached(bound(), disk) == ([], Reach(C, 0, C))
    assert reached(bound(), disk, *moved("a", "b", "c", "gone")) == ([], Reach(A | B, 0, A | B))
    assert reached(bound(), disk, *moved("b")) == ([], Reach(B | C, 0, B | C))
    assert reached(bound(), disk, *moved("c")) == ([], Reach(0, 0, 0))
    others = moved("a", "c", plugin="kubernetes.io/aws-ebs")
    assert reached(bound(), disk, *others) == ([], Reach(C, 0, C))


def test_a_volume_that_cannot_be_translated_is_an_error_where_it_would_be():
    disk = volume(
        in_tree="awsElasticBlockStore",
        handle="aws://z/1",
        node_affinity=affinity("host", "a"),
    )
    error = (
        "could not translate pv: failed to translate Kubernetes ID to EBS Volume ID Invalid "
        "format for AWS volume (aws://z/1)"
    )
    nodes = moved("a", "b", plugin="kubernetes.io/aws-ebs")
    assert reached(bound(), disk) == ([], Reach(B | C, 0, B | C))
    assert reached(bound(), disk, *nodes) == (
        [Rejection(A | B, error, Code.ERROR)],
        Reach(C, 0, C),
    )


def test_an_error_stands_only_where_no_volume_before_failed():
    disk = volume("w", in_tree="azureDisk", disk_kind="Dedicated")
    objects = [
        bound("c", "v"),
        volume("v", node_affinity=affinity("host", "a")),
        bound("d", "w"),
        disk,
        *moved("a", "b", plugin="kubernetes.io/azure-disk"),
    ]
    error = "could not translate pv: kind(Dedicated) is not supported in csi migration"
    assert reached(*objects, of=("c", "d")) == (
        [Rejection(A, error, Code.ERROR)],
        Reach(B | C, 0, B | C),
    )
