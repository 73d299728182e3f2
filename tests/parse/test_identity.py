"""webhook.parse.identity: the key of an object whose content may be unreadable."""

import json

import pytest

from tests.builders import namespace, node, pod, value, vm, vmi
from webhook.parse.identity import Identity, identity


@pytest.mark.parametrize("tree", [node(), namespace(), pod(), vm(), vmi()])
def test_the_key_is_that_of_the_value(tree):
    found = identity(tree["kind"], json.dumps(tree).encode())
    assert found is not None
    assert found.key == value(tree).key


@pytest.mark.parametrize(
    "kind",
    [
        "DeviceClass",
        "PersistentVolume",
        "StorageClass",
        "CSINode",
        "CSIDriver",
        "VolumeAttachment",
    ],
)
def test_a_kind_without_a_namespace_is_keyed_by_name(kind):
    tree = {"kind": kind, "metadata": {"name": "a"}}
    found = identity(kind, json.dumps(tree).encode())
    assert found is not None
    assert found.key == value(tree).key == "a"


@pytest.mark.parametrize(
    "kind", ["PersistentVolumeClaim", "CSIStorageCapacity", "ResourceQuota", "LimitRange"]
)
def test_a_kind_with_a_namespace_is_keyed_by_both(kind):
    tree = {"kind": kind, "metadata": {"namespace": "n", "name": "a"}}
    found = identity(kind, json.dumps(tree).encode())
    assert found is not None
    assert found.key == value(tree).key == ("n", "a")


def test_a_pod_is_known_by_its_uid_and_named_for_people():
    raw = b'{"metadata": {"namespace": "n", "name": "p", "uid": "u", "resourceVersion": "7"}}'
    assert identity("Pod", raw) == Identity("u", "7", "Pod n/p")


def test_there_is_one_kubevirt():
    raw = b'{"metadata": {"namespace": "kubevirt", "name": "kubevirt"}, "spec": 5}'
    assert identity("KubeVirt", raw) == Identity("", "", "KubeVirt kubevirt/kubevirt")


@pytest.mark.parametrize(
    "raw", [b"", b"5", b"{}", b'{"metadata": {"name": 5}}', b"\xff", b"[" * 5000]
)
def test_what_has_no_metadata_is_nobody(raw):
    assert identity("Node", raw) is None
