"""The volumes behind claims and inline disks, as CSI drivers know them."""

from dataclasses import replace

import pytest

from tests.placement.volumes import bound, claim, volume
from webhook.objects import Disk
from webhook.objects.storage import StorageClass, VolumeAttachment
from webhook.placement.index.csi_migration import Untranslatable
from webhook.placement.index.csi_volumes import CSIVolume, attached, of_claim, of_disk
from webhook.placement.index.storage_objects import StorageObjects


def entered(*objects):
    known = StorageObjects()
    for each in objects:
        known.enter(each)
    return known


BY_CLAIM = ("default", "c")


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        pytest.param([volume(driver="x", handle="h")], CSIVolume(("x", "h")), id="CSI"),
        pytest.param([volume(driver="x")], None, id="without a handle"),
        pytest.param([volume()], None, id="of no driver"),
        pytest.param(
            [volume(in_tree="cinder", handle="h")],
            CSIVolume(("cinder.csi.openstack.org", "h"), "kubernetes.io/cinder"),
            id="of an old plugin",
        ),
        pytest.param(
            [volume(in_tree="awsElasticBlockStore", handle="aws://a/0")],
            None,
            id="of an old plugin, without a CSI form",
        ),
        pytest.param([], None, id="neither volume nor class"),
        pytest.param([StorageClass("slow", "x")], CSIVolume(("x", BY_CLAIM)), id="to be made"),
        pytest.param(
            [StorageClass("slow", "kubernetes.io/gce-pd")],
            CSIVolume(("pd.csi.storage.gke.io", BY_CLAIM), "kubernetes.io/gce-pd"),
            id="to be made by an old plugin",
        ),
        pytest.param([StorageClass("slow", "")], None, id="to be made by nobody"),
        pytest.param(
            [StorageClass("slow", "kubernetes.io/vsphere-volume")],
            None,
            id="to be made by a plugin that stayed",
        ),
    ],
)
def test_a_claim_stands_for_a_volume(objects, found):
    assert of_claim(bound(), entered(*objects)) == found


def test_a_claim_without_a_volume_waits_for_a_new_one():
    others = entered(volume(driver="x", handle="h"), StorageClass("fast", "y"))
    assert of_claim(claim(), others) is None


def test_an_inline_disk_is_one_of_the_driver_that_took_its_plugin_over():
    disk = Disk("awsElasticBlockStore", "aws://zone/vol-1")
    assert of_disk(disk) == CSIVolume(("ebs.csi.aws.com", "vol-1"), "kubernetes.io/aws-ebs")


def test_a_disk_without_a_csi_form_is_named_by_its_volume():
    why = r"converting volume\(data\) from inline to csi: failed to translate .*aws://zone/1\)"
    with pytest.raises(Untranslatable, match=why):
        of_disk(Disk("awsElasticBlockStore", "aws://zone/1", volume="data"))


AT = VolumeAttachment("t", "x", "a", "v")


@pytest.mark.parametrize(
    ("attachment", "objects", "found"),
    [
        pytest.param(AT, [volume(driver="y", handle="h")], ("x", "h"), id="by its attacher"),
        pytest.param(AT, [volume(driver="y")], ("x", ""), id="even without a handle"),
        pytest.param(AT, [], None, id="a missing volume"),
        pytest.param(AT, [volume(in_tree="cinder", handle="h")], None, id="of an old plugin"),
        pytest.param(
            replace(AT, attacher=""), [volume(driver="y", handle="h")], None, id="by nobody"
        ),
    ],
)
def test_an_attachment_is_of_a_volume_of_csi(attachment, objects, found):
    assert attached(attachment, entered(*objects)) == found
