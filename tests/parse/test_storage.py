"""Claims, volumes, classes and CSI objects from the wire."""

import pytest

from tests.builders import term, value
from webhook.objects import LabelSelector, NodeSelector, NodeSelectorTerm, Operator, Requirement
from webhook.objects.storage import (
    IMMEDIATE,
    WAIT_FOR_FIRST_CONSUMER,
    ClaimRef,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.parse import ParseError

NAMED = {"name": "x"}


def one_of(key, *values):
    return Requirement(key, Operator.IN, frozenset(values))


def claim(annotations=None, status=None, metadata=None, **spec):
    meta = {"name": "c", "namespace": "n", "annotations": annotations, **(metadata or {})}
    return value(
        {"kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec, "status": status}
    )


def test_a_claim():
    found = claim(
        annotations={
            "pv.kubernetes.io/bind-completed": "",
            "volume.kubernetes.io/selected-node": "a",
        },
        status={"phase": "Bound"},
        metadata={
            "uid": "u",
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"uid": "o1"}, {"uid": "o2", "controller": True}],
        },
        volumeName="v",
        storageClassName="slow",
        accessModes=["ReadWriteOnce", "ReadOnlyMany"],
        resources={"requests": {"storage": "1Ki", "other": "7"}, "limits": {"storage": "2Ki"}},
        volumeMode="Block",
        selector={"matchLabels": {"disk": "ssd"}},
        volumeAttributesClassName="gold",
    )
    assert found == PersistentVolumeClaim(
        namespace="n",
        name="c",
        volume_name="v",
        storage_class="slow",
        access_modes=frozenset({"ReadWriteOnce", "ReadOnlyMany"}),
        request=1024 * 10**9,
        volume_mode="Block",
        selector=LabelSelector((one_of("disk", "ssd"),)),
        attributes_class="gold",
        phase="Bound",
        deleting=True,
        bind_completed=True,
        selected_node="a",
        controller_uid="o2",
        uid="u",
    )


@pytest.mark.parametrize(
    "tree",
    [
        {"metadata": {"name": "c"}},
        {"metadata": {"name": "c"}, "spec": {}, "status": {}},
        {
            "metadata": {"name": "c", "annotations": None, "ownerReferences": None},
            "spec": {"resources": {}, "selector": None, "accessModes": None, "volumeMode": None},
            "status": {"phase": None},
        },
        {"metadata": {"name": "c", "ownerReferences": [{"uid": "o"}, {"controller": False}]}},
    ],
)
def test_a_claim_that_says_little(tree):
    found = value({"kind": "PersistentVolumeClaim", **tree})
    assert found == PersistentVolumeClaim("default", "c")


def test_a_claim_of_which_nothing_is_known():
    assert value({"kind": "PersistentVolumeClaim"}) == PersistentVolumeClaim("default", "")


OLD_CLASS = "volume.beta.kubernetes.io/storage-class"


@pytest.mark.parametrize(
    ("annotations", "spec", "storage_class"),
    [
        pytest.param({}, {"storageClassName": "slow"}, "slow", id="the field"),
        pytest.param({OLD_CLASS: "fast"}, {"storageClassName": "slow"}, "fast", id="the old way"),
        pytest.param({OLD_CLASS: ""}, {"storageClassName": "slow"}, "", id="even if empty"),
        pytest.param({}, {"storageClassName": None}, "", id="none"),
    ],
)
def test_the_old_annotation_goes_before_the_class(annotations, spec, storage_class):
    assert claim(annotations, **spec).storage_class == storage_class
    meta = {**NAMED, "annotations": annotations}
    found = value({"kind": "PersistentVolume", "metadata": meta, "spec": spec})
    assert found.storage_class == storage_class


def test_a_chosen_node_may_have_an_empty_name():
    assert claim({"volume.kubernetes.io/selected-node": ""}).selected_node == ""
    assert claim({}).selected_node is None


def test_the_empty_selector_of_a_claim_takes_every_volume():
    assert claim(selector={}).selector.matches({})
    assert claim(selector={"matchExpressions": [{"key": "a", "operator": "?"}]}).selector.invalid


def test_a_controller_without_a_uid_is_none():
    owner = {"ownerReferences": [{"controller": True}]}
    assert claim(metadata=owner).controller_uid == ""


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        pytest.param(
            {
                "kind": "PersistentVolumeClaim",
                "metadata": NAMED,
                "spec": {"resources": {"requests": {"storage": "x"}}},
            },
            "PersistentVolumeClaim x",
            id="a claim's request",
        ),
        pytest.param(
            {"kind": "PersistentVolume", "metadata": NAMED, "spec": {"capacity": {"storage": "x"}}},
            "PersistentVolume x",
            id="a volume's capacity",
        ),
        pytest.param(
            {"kind": "CSIStorageCapacity", "metadata": NAMED, "capacity": "x"},
            "CSIStorageCapacity x",
            id="a free amount",
        ),
    ],
)
def test_an_amount_must_be_a_quantity(tree, sentence):
    with pytest.raises(ParseError, match=sentence):
        value(tree)


def volume(metadata=None, status=None, **spec):
    meta = {"name": "v", **(metadata or {})}
    return value({"kind": "PersistentVolume", "metadata": meta, "spec": spec, "status": status})


def test_a_volume():
    found = volume(
        metadata={"labels": {"zone": "z"}, "deletionTimestamp": "2026-01-01T00:00:00Z"},
        status={"phase": "Available"},
        capacity={"storage": "1k"},
        accessModes=["ReadWriteOnce"],
        storageClassName="slow",
        volumeMode="Block",
        volumeAttributesClassName="gold",
        nodeAffinity={"required": {"nodeSelectorTerms": [term("zone", "In", "z")]}},
        claimRef={"namespace": "n", "name": "c", "uid": "u"},
        csi={"driver": "x", "volumeHandle": "h"},
    )
    assert found == PersistentVolume(
        name="v",
        labels={"zone": "z"},
        capacity=1000 * 10**9,
        access_modes=frozenset({"ReadWriteOnce"}),
        storage_class="slow",
        volume_mode="Block",
        attributes_class="gold",
        phase="Available",
        deleting=True,
        node_affinity=NodeSelector((NodeSelectorTerm((one_of("zone", "z"),)),)),
        claim=ClaimRef("n", "c", "u"),
        driver="x",
        handle="h",
    )


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"spec": {}, "status": {}},
        {"spec": {"nodeAffinity": {}, "csi": None, "claimRef": None, "capacity": {}}},
        {"spec": {"nodeAffinity": {"required": None}, "local": {"path": "/x"}}},
    ],
)
def test_a_volume_that_says_little(tree):
    found = value({"kind": "PersistentVolume", "metadata": {"name": "v"}, **tree})
    assert found == PersistentVolume("v")


def test_a_volume_of_which_nothing_is_known():
    assert value({"kind": "PersistentVolume"}) == PersistentVolume("")


def test_a_reference_may_name_a_claim_only():
    assert volume(claimRef={"namespace": "n", "name": "c"}).claim == ClaimRef("n", "c")
    assert volume(claimRef={}).claim == ClaimRef("", "")


def test_an_affinity_without_terms_is_one():
    found = volume(nodeAffinity={"required": {"nodeSelectorTerms": []}})
    assert found.node_affinity == NodeSelector(())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param({"gcePersistentDisk": {"pdName": "d"}}, ("d", ""), id="GCE"),
        pytest.param({"awsElasticBlockStore": {"volumeID": "d"}}, ("d", ""), id="EBS"),
        pytest.param(
            {"azureDisk": {"diskName": "n", "diskURI": "/u", "kind": "Managed"}},
            ("/u", "Managed"),
            id="Azure",
        ),
        pytest.param({"cinder": {"volumeID": "d"}}, ("d", ""), id="Cinder"),
        pytest.param({"portworxVolume": {"volumeID": "d"}}, ("d", ""), id="Portworx"),
        pytest.param({"azureDisk": {}}, ("", ""), id="without a name"),
    ],
)
def test_an_in_tree_volume_is_known_by_its_field(source, expected):
    found = volume(**source)
    assert (found.in_tree, found.driver) == (next(iter(source)), "")
    assert (found.handle, found.disk_kind) == expected


@pytest.mark.parametrize("field", ["azureFile", "vsphereVolume", "nfs", "local"])
def test_no_other_source_is_read(field):
    assert volume(**{field: {"volumeID": "d"}}) == PersistentVolume("v")


def test_a_class():
    found = value(
        {
            "kind": "StorageClass",
            "metadata": NAMED,
            "provisioner": "p",
            "volumeBindingMode": "WaitForFirstConsumer",
            "allowedTopologies": [
                {
                    "matchLabelExpressions": [
                        {"key": "zone", "values": ["a", "b"]},
                        {"key": "rack", "values": ["r"]},
                    ]
                },
                {"matchLabelExpressions": [{}]},
                {},
            ],
        }
    )
    topologies = ((one_of("zone", "a", "b"), one_of("rack", "r")), (one_of(""),), ())
    assert found == StorageClass("x", "p", WAIT_FOR_FIRST_CONSUMER, topologies)


def test_a_class_binds_at_once_unless_it_says_otherwise():
    found = value({"kind": "StorageClass", "metadata": NAMED})
    assert found == StorageClass("x")
    assert found.binding_mode == IMMEDIATE == "Immediate"
    assert WAIT_FOR_FIRST_CONSUMER == "WaitForFirstConsumer"
    assert value({"kind": "StorageClass"}) == StorageClass("")


def test_a_csi_node():
    drivers = [
        {"name": "a", "allocatable": {"count": 3}},
        {"name": "b", "allocatable": {}},
        {"name": "c"},
        {"name": "d", "allocatable": {"count": 0}},
    ]
    annotations = {"storage.alpha.kubernetes.io/migrated-plugins": "p,q"}
    found = value(
        {
            "kind": "CSINode",
            "metadata": {**NAMED, "annotations": annotations},
            "spec": {"drivers": drivers},
        }
    )
    assert found == CSINode("x", frozenset("abcd"), {"a": 3, "d": 0}, frozenset({"p", "q"}))


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"spec": {}},
        {"spec": {"drivers": None}},
        {
            "metadata": {
                **NAMED,
                "annotations": {"storage.alpha.kubernetes.io/migrated-plugins": ""},
            }
        },
    ],
)
def test_a_csi_node_that_says_little(tree):
    assert value({"kind": "CSINode", "metadata": NAMED, **tree}) == CSINode("x")


def test_a_csi_node_of_which_little_is_known():
    assert value({"kind": "CSINode"}) == CSINode("")
    nameless = {"drivers": [{"allocatable": {"count": 1}}]}
    assert value({"kind": "CSINode", "spec": nameless}) == CSINode("", frozenset({""}), {"": 1})


@pytest.mark.parametrize(
    ("spec", "reports"),
    [
        ({"storageCapacity": True}, True),
        ({"storageCapacity": False}, False),
        ({"storageCapacity": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_driver_may_report_its_storage(spec, reports):
    found = value({"kind": "CSIDriver", "metadata": NAMED, "spec": spec})
    assert found == CSIDriver("x", storage_capacity=reports)
    assert value({"kind": "CSIDriver", "spec": spec}).name == ""


def test_a_capacity():
    found = value(
        {
            "kind": "CSIStorageCapacity",
            "metadata": {"name": "k", "namespace": "n"},
            "storageClassName": "slow",
            "nodeTopology": {"matchLabels": {"zone": "z"}},
            "capacity": "1500m",
            "maximumVolumeSize": "1",
        }
    )
    topology = LabelSelector((one_of("zone", "z"),))
    assert found == CSIStorageCapacity("n", "k", "slow", topology, 15 * 10**8, 10**9)


def test_a_capacity_that_says_nothing_is_of_no_node():
    nowhere = CSIStorageCapacity("default", "x", topology=LabelSelector(nothing=True))
    assert value({"kind": "CSIStorageCapacity", "metadata": NAMED}) == nowhere
    anywhere = {"kind": "CSIStorageCapacity", "nodeTopology": {}, "capacity": 0}
    assert value(anywhere) == CSIStorageCapacity("default", "", capacity=0)


def test_an_attachment():
    spec = {"attacher": "x", "nodeName": "a", "source": {"persistentVolumeName": "v"}}
    found = value({"kind": "VolumeAttachment", "metadata": {"name": "t"}, "spec": spec})
    assert found == VolumeAttachment("t", "x", "a", "v")


@pytest.mark.parametrize("spec", [None, {}, {"source": None}, {"source": {"inlineVolumeSpec": {}}}])
def test_an_attachment_that_says_little(spec):
    found = value({"kind": "VolumeAttachment", "metadata": {"name": "t"}, "spec": spec})
    assert found == VolumeAttachment("t")
    assert value({"kind": "VolumeAttachment", "spec": spec}) == VolumeAttachment("")
