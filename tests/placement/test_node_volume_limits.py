"""NodeVolumeLimits: the volumes that a CSI driver can attach to a node."""

from dataclasses import replace

import pytest

from tests.placement.cases import Answer, answers
from tests.placement.volumes import bound, claim, cluster, pod, volume
from webhook.objects import Disk, NodeInfo, Version
from webhook.objects.storage import CSINode, StorageClass, VolumeAttachment
from webhook.placement.framework import PreFilter
from webhook.placement.node_volume_limits import node_volume_limits, prefilter

REASON = "node(s) exceed max volume count"
A, B = NodeInfo("a"), NodeInfo("b")
OLD = Version(1, 35, 9)
#: Six claims, each bound to a volume of its own driver x.
BOUND = [
    each
    for i in range(6)
    for each in (bound(f"c{i}", f"v{i}"), volume(f"v{i}", driver="x", handle=f"h{i}"))
]


def limits(name="a", migrated=(), **of_drivers):
    """A CSINode; the drivers' names have a dot for every underscore."""
    given = {driver.replace("_", "."): limit for driver, limit in of_drivers.items()}
    return CSINode(name, frozenset(given), given, frozenset(migrated))


def refused(asking, *objects, version=None):
    index = cluster(A, B, *objects, **({"version": version} if version else {}))
    return answers(node_volume_limits(asking, index), index)


def full(*names, never=()):
    return [(list(names), REASON, "Unschedulable", list(never))]


def there(*claims, name="q", **fields):
    """A pod on node a."""
    return pod(*claims, name=name, node_name="a", **fields)


@pytest.mark.parametrize(
    ("asking", "skip"),
    [
        pytest.param(pod(), True, id="no volume"),
        pytest.param(pod("c"), False, id="a claim"),
        pytest.param(pod(ephemeral=["c"]), False, id="an ephemeral volume"),
        pytest.param(pod(disks=[Disk("cinder", "d")]), False, id="an inline disk that moved"),
        pytest.param(pod(disks=[Disk("rbd", "d")]), True, id="an inline disk that did not"),
    ],
)
def test_a_pod_without_volumes_is_skipped(asking, skip):
    assert prefilter(asking, cluster(A)) == PreFilter(skip=skip)


@pytest.mark.parametrize(
    ("limit", "others", "wanted", "answer"),
    [
        pytest.param(3, ["c0", "c1"], ["c2"], [], id="exactly as many as fit"),
        pytest.param(2, ["c0", "c1"], ["c2"], full("a"), id="one too many"),
        pytest.param(3, ["c0", "c1"], ["c2", "c3"], full("a"), id="two for one place"),
        pytest.param(2, ["c0", "c1"], ["c1"], [], id="one that is there already is free"),
        pytest.param(2, ["c0", "c1"], ["c1", "c2"], full("a"), id="but not the other"),
        pytest.param(1, ["c0", "c1"], ["c1"], [], id="even on a node with too many"),
        pytest.param(2, ["c0", "c0"], ["c1"], [], id="one volume counts once"),
        pytest.param(2, [], ["c0", "c1"], [], id="alone, exactly"),
        pytest.param(1, [], ["c0", "c1"], full("a", never=["a"]), id="too many even alone"),
        pytest.param(1, ["c0"], ["c1"], full("a"), id="waiting helps where the limit suffices"),
        pytest.param(
            1, ["c0"], ["c0", "c1"], full("a", never=["a"]), id="what is shared counts alone, too"
        ),
        pytest.param(0, [], ["c0"], full("a", never=["a"]), id="no place at all"),
        pytest.param(1, ["c0"], ["c1", "c1"], full("a"), id="a claim counts once"),
    ],
)
def test_the_volumes_of_a_node_are_limited(limit, others, wanted, answer):
    pods = [there(name, name=f"q{i}") for i, name in enumerate(others)]
    assert refused(pod(*wanted), *BOUND, *pods, limits(x=limit)) == answer


@pytest.mark.parametrize(
    ("others", "limit", "answer"),
    [
        pytest.param(["c0"], 3, [], id="one is there, exactly two more"),
        pytest.param(["c0", "c3"], 3, full("a"), id="one is there, two are too many"),
        pytest.param(["c0", "c1", "c3"], 4, [], id="two are there, one more"),
        pytest.param(["c0", "c1", "c3"], 3, full("a"), id="two are there, one is too many"),
        pytest.param(["c0", "c1", "c2", "c3"], 1, [], id="all are there"),
        pytest.param(["c1", "c4"], 2, full("a", never=["a"]), id="too many even alone"),
    ],
)
def test_what_is_there_costs_nothing_however_many_are_asked_for(others, limit, answer):
    pods = [there(name, name=f"q{i}") for i, name in enumerate(others)]
    elsewhere = [pod(name, name=f"r{name}", node_name="b") for name in ("c0", "c1", "c2")]
    nodes = [limits(x=limit), limits("b", x=3)]
    assert refused(pod("c0", "c1", "c2"), *BOUND, *pods, *elsewhere, *nodes) == answer


def test_a_limit_is_that_of_one_driver_on_one_node():
    other = [bound("d", "w"), volume("w", driver="y.z", handle="h0")]
    pods = [there("c0"), there("d", name="r"), pod("c1", name="s", node_name="b")]
    nodes = [limits("x", x=0), limits(y_z=1, x=2), limits("b", x=1)]
    assert refused(pod("c2"), *BOUND, *other, *pods, *nodes) == full("b")
    assert refused(pod("d"), *BOUND, *other, *pods, *nodes) == []
    assert refused(pod("c1", "d"), *BOUND, *other, *pods, *nodes) == []
    assert refused(pod("c0"), *BOUND, limits(x=0), limits("b", x=1)) == full("a", never=["a"])
    assert refused(pod("c2", "c3", "d"), *BOUND, *other, *pods, *nodes) == full(
        "a", "b", never=["b"]
    )


def test_a_node_that_names_no_limit_has_none():
    pods = [there(f"c{i}", name=f"q{i}") for i in range(4)]
    assert refused(pod("c5"), *BOUND, *pods) == []
    assert refused(pod("c5"), *BOUND, *pods, limits()) == []
    assert refused(pod("c5"), *BOUND, *pods, limits(y=0)) == []


def test_what_no_csi_driver_attaches_is_not_counted():
    plain = [
        bound("nfs", "n"),
        volume("n"),
        bound("no handle", "w"),
        volume("w", driver="x"),
        bound("no driver", "u"),
        volume("u", handle="h"),
    ]
    asking = pod("nfs", "no handle", "no driver")
    assert refused(asking, *plain, limits(x=0)) == []
    assert refused(pod("c0"), *BOUND, *plain, there("nfs", "no handle"), limits(x=1)) == []


CLASS, UNKNOWN = StorageClass("slow", "x"), StorageClass("slow", "")


@pytest.mark.parametrize(
    ("objects", "counts"),
    [
        pytest.param([claim("n"), CLASS], True, id="unbound: by its class"),
        pytest.param([claim("n", volume_name="x"), CLASS], True, id="its volume is missing"),
        pytest.param([claim("n")], False, id="the class is missing"),
        pytest.param([claim("n", storage_class=""), CLASS], False, id="no class"),
        pytest.param([claim("n"), UNKNOWN], False, id="a class without provisioner"),
        pytest.param(
            [claim("n"), StorageClass("slow", "y")], False, id="a class of another driver"
        ),
    ],
)
def test_a_claim_without_a_volume_counts_as_a_new_one(objects, counts):
    assert refused(pod("n"), *objects, limits(x=0)) == (full("a", never=["a"]) if counts else [])
    pods = [there("n"), there("c0", name="r")]
    assert refused(pod("c1"), *BOUND, *objects, *pods, limits(x=2)) == (full("a") if counts else [])


def test_two_claims_without_a_volume_are_two():
    claims = [claim("n"), claim("m"), claim("n", namespace="other"), CLASS]
    others = [there("n"), there("n", name="r", namespace="other")]
    assert refused(pod("n"), *claims, *others, limits(x=2)) == []
    assert refused(pod("m"), *claims, *others, limits(x=3)) == []
    assert refused(pod("m"), *claims, *others, limits(x=2)) == full("a")
    old = [*claims, StorageClass("slow", "kubernetes.io/cinder"), *others]
    assert refused(pod("m"), *old, limits(cinder_csi_openstack_org=3)) == []
    assert refused(pod("m"), *old, limits(cinder_csi_openstack_org=2)) == full("a")


def attachment(name, to="v0", **fields):
    return VolumeAttachment(
        **{"name": name, "attacher": "x", "node_name": "a", "volume_name": to, **fields}
    )


@pytest.mark.parametrize(
    ("attachments", "counted"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([attachment("t")], 1, id="a volume"),
        pytest.param([attachment("t"), attachment("u")], 1, id="a volume twice"),
        pytest.param([attachment("t"), attachment("u", "v1")], 2, id="two volumes"),
        pytest.param([attachment("t", "v2")], 0, id="that of a pod on the node"),
        pytest.param([attachment("t", node_name="b")], 0, id="at another node"),
        pytest.param([attachment("t", attacher="")], 0, id="by nobody"),
        pytest.param([attachment("t", attacher="y")], 0, id="by another driver"),
        pytest.param([attachment("t", "")], 0, id="without a volume"),
        pytest.param([attachment("t", "gone")], 0, id="of a missing volume"),
        pytest.param([attachment("t", "n")], 0, id="of a volume without driver"),
    ],
)
def test_what_is_attached_without_a_pod_counts(attachments, counted):
    objects = [*BOUND, volume("n", in_tree="cinder", handle="h"), there("c2"), *attachments]
    assert refused(pod("c3"), *objects, limits(x=2 + counted)) == []
    assert refused(pod("c3"), *objects, limits(x=1 + counted)) == full("a")


def test_a_volume_that_is_attached_without_a_pod_counts_beside_itself():
    assert refused(pod("c0"), *BOUND, attachment("t"), limits(x=1)) == full("a")
    assert refused(pod("c0"), *BOUND, attachment("t"), limits(x=2)) == []


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        pytest.param(Version(1, 31, 9), [], id="1.31"),
        pytest.param(Version(1, 32), full("a"), id="1.32"),
    ],
)
def test_attachments_count_since_1_32(version, answer):
    objects = [*BOUND, attachment("t", "v1"), limits(x=1)]
    assert refused(pod("c0"), *objects, version=version) == answer


DISKS = {
    "gcePersistentDisk": ("kubernetes.io/gce-pd", "pd_csi_storage_gke_io"),
    "awsElasticBlockStore": ("kubernetes.io/aws-ebs", "ebs_csi_aws_com"),
    "azureDisk": ("kubernetes.io/azure-disk", "disk_csi_azure_com"),
    "cinder": ("kubernetes.io/cinder", "cinder_csi_openstack_org"),
    "portworxVolume": ("kubernetes.io/portworx-volume", "pxd_portworx_com"),
}


@pytest.mark.parametrize("kind", DISKS)
@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda kind, plugin: ([], [Disk(kind, "d")]), id="inline"),
        pytest.param(
            lambda kind, plugin: ([bound(), volume(in_tree=kind, handle="d")], []), id="bound"
        ),
        pytest.param(lambda kind, plugin: ([claim(), StorageClass("slow", plugin)], []), id="new"),
    ],
)
def test_an_old_plugins_volume_counts_with_its_driver(kind, form):
    plugin, driver = DISKS[kind]
    objects, disks = form(kind, plugin)
    asking = pod(*(["c"] if objects else []), disks=disks)
    taken = full("a", never=["a"])
    plain, by_name = limits(**{driver: 0}), limits(migrated=[plugin], **{driver: 0})
    assert refused(asking, *objects, plain) == taken
    assert refused(asking, *objects, replace(plain, limits={})) == []
    assert refused(asking, *objects, plain, version=OLD) == []
    assert refused(asking, *objects, by_name, version=OLD) == taken
    others = limits(migrated=["kubernetes.io/vsphere-volume"], **{driver: 0})
    assert refused(asking, *objects, others, version=OLD) == []
    beside = [*objects, bound("n", "w"), volume("w", driver=next(iter(plain.limits)), handle="w")]
    there_too = replace(asking, name="q", uid="uid-q", node_name="a")
    one = limits(migrated=[plugin], **{driver: 1})
    assert refused(pod("n"), *beside, there_too, one, version=OLD) == full("a")
    assert (
        refused(
            pod("n"), *beside, there_too, replace(one, migrated_plugins=frozenset()), version=OLD
        )
        == []
    )


@pytest.mark.parametrize("plugin", ["kubernetes.io/azure-file", "kubernetes.io/vsphere-volume"])
def test_a_plugin_that_stayed_as_it_was_is_not_counted(plugin):
    node = limits(migrated=[plugin], **{plugin: 0})
    assert node.limits == {plugin: 0}
    assert refused(pod("c"), claim(), StorageClass("slow", plugin), node) == []


def test_an_old_volume_is_the_one_that_the_driver_knows():
    inline = Disk("awsElasticBlockStore", "aws://zone/vol-1")
    objects = [
        bound("c", "v"),
        volume("v", driver="ebs.csi.aws.com", handle="vol-1"),
        bound("d", "w"),
        volume("w", in_tree="awsElasticBlockStore", handle="vol-1"),
    ]
    node = limits(ebs_csi_aws_com=1)
    assert refused(pod(disks=[inline]), *objects, there("c"), there("d", name="r"), node) == []
    other = Disk("awsElasticBlockStore", "aws://zone/vol-2")
    assert refused(pod(disks=[other]), *objects, there("c"), node) == full("a")


def test_a_volume_that_cannot_be_translated_is_not_counted():
    objects = [bound(), volume(in_tree="awsElasticBlockStore", handle="aws://zone/1")]
    assert refused(pod("c"), *objects, limits(ebs_csi_aws_com=0)) == []


ERROR = (
    "converting volume(data) from inline to csi: failed to translate Kubernetes ID to EBS "
    "Volume ID Invalid format for AWS volume (aws://zone/1)"
)
BAD = Disk("awsElasticBlockStore", "aws://zone/1", volume="data")


def test_a_disk_that_cannot_be_translated_is_an_error_where_it_would_count():
    moved = limits("b", migrated=["kubernetes.io/aws-ebs"])
    assert refused(pod(disks=[BAD]), limits("b")) == [(["b"], ERROR, "Error", [])]
    assert refused(pod(disks=[BAD]), limits("b"), version=OLD) == []
    assert refused(pod(disks=[BAD]), moved, version=OLD) == [(["b"], ERROR, "Error", [])]
    assert refused(pod("c0"), *BOUND, there(disks=[BAD]), limits(x=0)) == [
        (["a"], ERROR, "Error", [])
    ]
    assert refused(pod("c0"), *BOUND, there(disks=[BAD]), limits()) == []


def test_of_two_disks_that_cannot_be_translated_the_first_that_would_count_speaks():
    other = Disk("azureDisk", "uri", volume="second", disk_kind="Dedicated")
    azure = "converting volume(second) from inline to csi: kind(Dedicated) is not supported in csi"
    nodes = [
        limits(migrated=["kubernetes.io/azure-disk"]),
        limits("b", migrated=["kubernetes.io/azure-disk", "kubernetes.io/aws-ebs"]),
    ]
    asking = pod(disks=[BAD, other])
    assert refused(asking, *nodes) == [(["a", "b"], ERROR, "Error", [])]
    assert refused(asking, *nodes, version=OLD) == [
        (["b"], ERROR, "Error", []),
        (["a"], f"{azure} migration", "Error", []),
    ]


def test_errors_of_several_nodes_come_in_the_order_of_their_names():
    foreign = "PVC default/e was not created for pod default/q (pod is not owner)"
    pods = [there(ephemeral=["e"]), pod(name="r", node_name="b", disks=[BAD])]
    objects = [*BOUND, claim("e"), *reversed(pods), limits("b", x=0), limits(x=0)]
    answer: list[Answer] = [(["a"], foreign, "Error", []), (["b"], ERROR, "Error", [])]
    assert refused(pod("c0"), *objects) == answer
    moved = limits(migrated=["kubernetes.io/gce-pd"], x=0)
    asking = pod("c0", disks=[Disk("gcePersistentDisk", "d")])
    without = limits("b", migrated=["kubernetes.io/aws-ebs"], x=0)
    assert refused(asking, *objects, moved, without, version=OLD) == answer


def test_where_plugins_differ_only_what_counts_there_is_asked_for():
    ebs = [bound("e", "w"), volume("w", in_tree="awsElasticBlockStore", handle="vol-1")]
    gce = Disk("gcePersistentDisk", "d")
    asking = pod("c0", "e", disks=[gce])
    full_of_ebs = dict(ebs_csi_aws_com=0, pd_csi_storage_gke_io=1)
    full_of_gce = dict(ebs_csi_aws_com=1, pd_csi_storage_gke_io=0)
    aws, google = "kubernetes.io/aws-ebs", "kubernetes.io/gce-pd"

    def told(a, b):
        nodes = [limits(migrated=a, **full_of_ebs), limits("b", migrated=b, **full_of_gce)]
        return refused(asking, *BOUND, *ebs, *nodes, version=OLD)

    assert told([], []) == []
    assert told([aws], [aws]) == full("a", never=["a"])
    assert told([google], [google]) == full("b", never=["b"])
    assert told([google], [aws]) == []
    assert told([aws], [aws, google]) == full("a", "b", never=["a", "b"])


def test_an_error_on_one_node_leaves_the_others_to_be_looked_at():
    objects = [*BOUND, there(disks=[BAD]), limits("a", x=0), limits("b", x=0)]
    assert refused(pod("c0"), *objects) == [
        (["a"], ERROR, "Error", []),
        *full("b", never=["b"]),
    ]


NOT_ITS_OWN = "PVC default/e was not created for pod default/p (pod is not owner)"
MISSING = 'looking up PVC default/x: persistentvolumeclaim "x" not found'
UNRESOLVABLE = "UnschedulableAndUnresolvable"


@pytest.mark.parametrize(
    ("asking", "answer"),
    [
        pytest.param(pod("x"), (MISSING, UNRESOLVABLE), id="a missing claim"),
        pytest.param(pod(ephemeral=["x"]), (MISSING, UNRESOLVABLE), id="an ephemeral one"),
        pytest.param(pod(ephemeral=["e"]), (NOT_ITS_OWN, "Error"), id="another pod's"),
        pytest.param(pod("c0", "x", "y"), (MISSING, UNRESOLVABLE), id="the first that is missing"),
    ],
)
def test_a_claim_that_cannot_be_used_is_refused_everywhere(asking, answer):
    objects = [*BOUND, claim("e", controller_uid="uid-q"), limits(x=9)]
    assert refused(asking, *objects) == [(["a", "b"], *answer, [])]


def test_a_claim_of_an_ephemeral_volume_is_counted():
    own = [bound("e", "v0", controller_uid="uid-p"), volume("v0", driver="x", handle="h0")]
    assert refused(pod(ephemeral=["e"]), *own, limits(x=0)) == full("a", never=["a"])
    assert refused(pod(ephemeral=["e"]), *own, limits(x=1)) == []


def test_a_pod_on_the_node_with_anothers_claim_is_an_error_of_its_own():
    foreign = "PVC default/e was not created for pod default/q (pod is not owner)"
    objects = [*BOUND, claim("e", controller_uid="uid-p"), there(ephemeral=["e"])]
    assert refused(pod("c0"), *objects, limits(x=9)) == [(["a"], foreign, "Error", [])]
    assert refused(pod("c0"), *objects, limits()) == []
    assert refused(pod("c0"), *objects) == []
    owned = claim("e", controller_uid="uid-q")
    assert refused(pod("c0"), *objects, owned, limits(x=1)) == []


def test_a_pod_on_the_node_with_a_missing_claim_is_no_matter():
    others = [there("x", "c1"), there(ephemeral=["y"], name="r")]
    assert refused(pod("c0"), *BOUND, *others, limits(x=2)) == []
    assert refused(pod("c0"), *BOUND, *others, limits(x=1)) == full("a")
