"""What became of the volumes of in-tree plugins: handles and node affinity."""

from dataclasses import replace

import pytest

from tests.placement.volumes import affinity, label_in, volume
from webhook.objects import Disk, NodeSelector, NodeSelectorTerm, Operator, Requirement
from webhook.placement.index.csi_migration import (
    DRIVERS,
    PLUGINS,
    Untranslatable,
    handle_of_disk,
    handle_of_volume,
    translated_affinity,
)

ZONE, REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
OLD_ZONE, OLD_REGION = (f"failure-domain.beta.kubernetes.io/{each}" for each in ("zone", "region"))
AWS_ZONE = "topology.ebs.csi.aws.com/zone"


def test_a_plugin_is_known_by_field_by_name_and_by_driver():
    found = {kind: (plugin.name, plugin.driver) for kind, plugin in PLUGINS.items()}
    assert found == {
        "gcePersistentDisk": ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io"),
        "awsElasticBlockStore": ("kubernetes.io/aws-ebs", "ebs.csi.aws.com"),
        "azureDisk": ("kubernetes.io/azure-disk", "disk.csi.azure.com"),
        "cinder": ("kubernetes.io/cinder", "cinder.csi.openstack.org"),
        "portworxVolume": ("kubernetes.io/portworx-volume", "pxd.portworx.com"),
    }
    assert dict(found.values()) == DRIVERS


@pytest.mark.parametrize(
    ("disk", "handle"),
    [
        pytest.param(
            Disk("gcePersistentDisk", "d"),
            "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d",
            id="a GCE disk",
        ),
        pytest.param(Disk("awsElasticBlockStore", "vol-1"), "vol-1", id="an EBS volume"),
        pytest.param(Disk("awsElasticBlockStore", "x"), "x", id="any name without a scheme"),
        pytest.param(Disk("awsElasticBlockStore", "aws://z1/vol-1"), "vol-1", id="with its zone"),
        pytest.param(Disk("awsElasticBlockStore", "aws:///vol-1"), "vol-1", id="or without"),
        pytest.param(Disk("awsElasticBlockStore", "aws://z/vol-X/"), "vol-X", id="a slash after"),
        pytest.param(Disk("azureDisk", "/u/d"), "/u/d", id="an Azure disk"),
        pytest.param(
            Disk("azureDisk", "/u/d", disk_kind="managed"), "/u/d", id="a managed Azure disk"
        ),
        pytest.param(
            Disk("cinder", "aws://z/vol-1", disk_kind="x"), "aws://z/vol-1", id="Cinder's own"
        ),
        pytest.param(Disk("portworxVolume", "d"), "d", id="Portworx' own"),
    ],
)
def test_an_inline_disk_has_a_handle(disk, handle):
    assert handle_of_disk(disk) == handle


EBS = "failed to translate Kubernetes ID to EBS Volume ID Invalid format for AWS volume ({})"


@pytest.mark.parametrize(
    ("disk", "error"),
    [
        *(
            pytest.param(Disk("awsElasticBlockStore", name), EBS.format(name), id=name)
            for name in ("aws://z/1", "aws://z/xvol-1", "aws://vol-1", "aws://z/vol-1/x")
        ),
        *(
            pytest.param(
                Disk("azureDisk", "d", disk_kind=kind),
                f"kind({kind}) is not supported in csi migration",
                id=kind,
            )
            for kind in ("Shared", "Dedicated")
        ),
    ],
)
def test_some_disks_no_driver_takes(disk, error):
    with pytest.raises(Untranslatable) as raised:
        handle_of_disk(disk)
    assert str(raised.value) == error


@pytest.mark.parametrize(
    ("labels", "place"),
    [
        pytest.param({}, "zones/UNSPECIFIED", id="nowhere"),
        pytest.param({ZONE: ""}, "zones/UNSPECIFIED", id="an empty label"),
        pytest.param({ZONE: "us-a-1"}, "zones/us-a-1", id="a zone"),
        pytest.param({ZONE: "x", OLD_ZONE: "y"}, "zones/y", id="the old label goes first"),
        pytest.param({ZONE: "x", OLD_ZONE: ""}, "zones/x", id="unless it is empty"),
        pytest.param({ZONE: "us-a-1__us-a-2"}, "regions/us-a", id="the region of two zones"),
    ],
)
def test_a_gce_volume_is_named_by_its_place(labels, place):
    found = volume(in_tree="gcePersistentDisk", handle="d", labels=labels)
    assert handle_of_volume(found) == f"projects/UNSPECIFIED/{place}/disks/d"


@pytest.mark.parametrize(
    ("zones", "why"),
    [
        pytest.param(
            "us-a-1__x-y",
            "zone in unexpected format, expected: {locale}-{region}-{zone}, got: x-y",
            id="an odd zone",
        ),
        pytest.param(
            "us-a-b-1__us-a-1",
            "zone in unexpected format, expected: {locale}-{region}-{zone}, got: us-a-b-1",
            id="another odd zone",
        ),
        pytest.param(
            "us-b-1__us-a-1",
            "multiple or no regions gotten from zones, got: map[us-a:{} us-b:{}]",
            id="two regions",
        ),
    ],
)
def test_a_gce_volume_is_in_one_region(zones, why):
    found = volume(in_tree="gcePersistentDisk", labels={ZONE: zones})
    with pytest.raises(Untranslatable) as raised:
        translated_affinity(found)
    assert str(raised.value) == f"failed to get region from zones: {why}"


def test_a_volume_has_the_handle_of_its_disk():
    ebs = volume(in_tree="awsElasticBlockStore", handle="aws://z/vol-1", labels={ZONE: "z"})
    assert handle_of_volume(ebs) == "vol-1"
    assert handle_of_volume(volume(driver="x", handle="h", labels={ZONE: "z"})) == "h"
    with pytest.raises(Untranslatable, match=r"kind\(Shared\)"):
        handle_of_volume(volume(in_tree="azureDisk", handle="d", disk_kind="Shared"))


def terms(*of_requirements):
    return NodeSelector(tuple(NodeSelectorTerm(tuple(each)) for each in of_requirements))


@pytest.mark.parametrize(
    ("given", "labels", "translated"),
    [
        pytest.param(None, {}, None, id="no affinity"),
        pytest.param(affinity("disk", "x"), {}, affinity("disk", "x"), id="of other labels"),
        pytest.param(affinity(ZONE, "z"), {}, affinity(AWS_ZONE, "z"), id="a zone"),
        pytest.param(affinity(OLD_ZONE, "z"), {}, affinity(AWS_ZONE, "z"), id="an old zone"),
        pytest.param(
            terms([label_in(ZONE, "a")], [label_in("disk", "x"), label_in(ZONE, "b")]),
            {ZONE: "ignored"},
            terms([label_in(AWS_ZONE, "a")], [label_in("disk", "x"), label_in(AWS_ZONE, "b")]),
            id="a zone in every term, and no label",
        ),
        pytest.param(
            terms([label_in(ZONE, "a"), label_in(OLD_ZONE, "b"), label_in(OLD_REGION, "r")]),
            {},
            terms([label_in(AWS_ZONE, "a"), label_in(OLD_ZONE, "b"), label_in(OLD_REGION, "r")]),
            id="old labels beside a new zone stay",
        ),
        pytest.param(
            terms([label_in(OLD_ZONE, "a"), label_in(OLD_REGION, "r")]),
            {},
            terms([label_in(AWS_ZONE, "a"), label_in(REGION, "r")]),
            id="an old region beside an old zone",
        ),
        pytest.param(
            terms([label_in(OLD_ZONE, "a"), Requirement(OLD_REGION, Operator.EXISTS)]),
            {},
            terms([label_in(AWS_ZONE, "a"), Requirement(OLD_REGION, Operator.EXISTS)]),
            id="but not without a value",
        ),
        pytest.param(
            terms([label_in(ZONE, "a"), label_in(REGION, "r")]),
            {},
            terms([label_in(AWS_ZONE, "a"), label_in(REGION, "r")]),
            id="a region stays",
        ),
        pytest.param(
            None, {ZONE: "a__b"}, affinity(AWS_ZONE, "a", "b"), id="zones of the label alone"
        ),
        pytest.param(None, {OLD_ZONE: "a"}, affinity(AWS_ZONE, "a"), id="an old label"),
        pytest.param(
            None, {OLD_ZONE: "a", ZONE: "b"}, affinity(AWS_ZONE, "b"), id="the new label first"
        ),
        pytest.param(None, {ZONE: "a____b"}, affinity(AWS_ZONE, "a", "b"), id="an empty zone"),
        pytest.param(None, {ZONE: ""}, None, id="only an empty zone"),
        pytest.param(
            NodeSelector(()), {ZONE: "a"}, affinity(AWS_ZONE, "a"), id="an affinity without terms"
        ),
        pytest.param(
            terms([label_in("disk", "x")], []),
            {ZONE: "a"},
            terms([label_in("disk", "x"), label_in(AWS_ZONE, "a")], [label_in(AWS_ZONE, "a")]),
            id="the label goes into every term",
        ),
        pytest.param(
            terms([Requirement(ZONE, Operator.EXISTS)]),
            {ZONE: "a", OLD_ZONE: "b"},
            terms([Requirement(ZONE, Operator.EXISTS), label_in(AWS_ZONE, "a")]),
            id="a zone without a value is none",
        ),
        pytest.param(
            terms([Requirement(OLD_ZONE, Operator.EXISTS), label_in(OLD_REGION, "r")]),
            {ZONE: "a", OLD_ZONE: "b"},
            terms(
                [
                    Requirement(OLD_ZONE, Operator.EXISTS),
                    label_in(REGION, "r"),
                    label_in(AWS_ZONE, "b"),
                ]
            ),
            id="the affinity says which label is meant",
        ),
        pytest.param(
            terms([label_in("disk", "x"), label_in(OLD_REGION, "r")]),
            {OLD_ZONE: ""},
            terms([label_in("disk", "x"), label_in(REGION, "r")]),
            id="an old region alone",
        ),
        pytest.param(
            affinity(OLD_REGION, "r"), {}, affinity(OLD_REGION, "r"), id="unless new ones are meant"
        ),
    ],
)
def test_the_zone_is_said_in_the_drivers_words(given, labels, translated):
    found = volume(in_tree="awsElasticBlockStore", node_affinity=given, labels=labels)
    assert translated_affinity(found) == translated


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("gcePersistentDisk", "topology.gke.io/zone"),
        ("cinder", "topology.cinder.csi.openstack.org/zone"),
        ("azureDisk", ZONE),
        ("portworxVolume", ZONE),
    ],
)
def test_every_driver_has_its_own_word_or_none(kind, key):
    found = volume(in_tree=kind, node_affinity=affinity(ZONE, "z"))
    assert translated_affinity(found) == affinity(key, "z")


def test_a_term_keeps_its_names_and_its_fault():
    term = NodeSelectorTerm((), named=(frozenset("a"),), invalid="bad")
    given = volume(in_tree="cinder", node_affinity=NodeSelector((term,)), labels={ZONE: "a"})
    added = (label_in("topology.cinder.csi.openstack.org/zone", "a"),)
    assert translated_affinity(given) == NodeSelector((replace(term, expressions=added),))
