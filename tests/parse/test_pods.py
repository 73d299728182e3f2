"""Pods, nodes and namespaces from the wire, and the demands that nothing here judges."""

import pytest

from tests import builders
from webhook.objects import (
    Claim,
    Disk,
    Features,
    HostPort,
    LabelSelector,
    NodeInfo,
    PodInfo,
    SchedulingRules,
    SpreadConstraint,
    Taint,
    Toleration,
    Version,
)
from webhook.objects.profile import DeviceClass, Namespace
from webhook.parse import parse


def value(tree):
    return parse(tree, builders.FEATURES)


def of_version(minor, spec):
    """The pod of this spec as a server of 1.minor reads it."""
    pod = parse({"kind": "Pod", "spec": spec}, Features.of(Version(1, minor)))
    assert isinstance(pod, PodInfo)
    return pod


@pytest.mark.parametrize(
    ("tree", "node"),
    [
        pytest.param({}, NodeInfo(""), id="a node that says nothing"),
        pytest.param(
            {
                "metadata": {"name": "n1", "labels": {"zone": "a", "x": None}},
                "spec": {
                    "unschedulable": True,
                    "taints": [{"key": "k", "value": "v", "effect": "NoExecute"}, {}],
                },
                "status": {"allocatable": {"cpu": "1500m", "memory": "1Ki", "pods": "9", "x": 1}},
            },
            NodeInfo(
                "n1",
                {"zone": "a", "x": ""},
                True,
                (Taint("k", "v", "NoExecute"), Taint("", "", "")),
                {"cpu": 1500, "memory": 1024, "pods": 9},
            ),
            id="all that is read",
        ),
        pytest.param(
            {"metadata": {"name": "n1"}, "status": {"capacity": {"pods": 9}}},
            NodeInfo("n1", allocatable={"pods": 9}),
            id="capacity where allocatable was never set",
        ),
        pytest.param(
            {"metadata": {"name": "n1"}, "status": {"allocatable": {}, "capacity": {"pods": 9}}},
            NodeInfo("n1"),
            id="but not where it is empty",
        ),
    ],
)
def test_a_node_is_read(tree, node):
    assert value({"kind": "Node", **tree}) == node


@pytest.mark.parametrize(
    ("tree", "namespace"),
    [
        pytest.param({}, Namespace(""), id="one that says nothing"),
        pytest.param(
            {"metadata": {"name": "red", "labels": {"a": None}}},
            Namespace("red", {"a": ""}),
            id="name and labels",
        ),
    ],
)
def test_a_namespace_is_read(tree, namespace):
    assert value({"kind": "Namespace", **tree}) == namespace


@pytest.mark.parametrize(
    ("tree", "device_class"),
    [
        pytest.param({}, DeviceClass(""), id="one that says nothing"),
        pytest.param({"metadata": {"name": "gpu"}, "spec": {}}, DeviceClass("gpu"), id="a name"),
        pytest.param(
            {"metadata": {"name": "gpu"}, "spec": {"extendedResourceName": "example.com/gpu"}},
            DeviceClass("gpu", "example.com/gpu"),
            id="and an extended resource",
        ),
    ],
)
def test_a_device_class_is_read(tree, device_class):
    assert value({"kind": "DeviceClass", **tree}) == device_class


def test_a_pod_that_says_nothing_has_only_defaults():
    assert value({"kind": "Pod"}) == PodInfo("default", "")


OWNERS = [{"uid": "o0"}, {"uid": "o1", "controller": True}, {"uid": "o2", "controller": True}]
#: A pod that says everything that is read.
EVERYTHING = {
    "kind": "Pod",
    "metadata": {
        "name": "p",
        "namespace": "red",
        "uid": "u1",
        "labels": {"app": "web"},
        "ownerReferences": OWNERS,
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    },
    "spec": {
        "nodeName": "n1",
        "nodeSelector": {"zone": "a"},
        "tolerations": [{"operator": "Exists"}],
        "containers": [
            {"resources": {"requests": {"cpu": "1", "x": "1"}}, "ports": [{"hostPort": 80}]}
        ],
        "overhead": {"cpu": "1500u"},
        "priority": -5,
        "schedulerName": "other",
        "topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 2}],
        "volumes": [
            {"name": "v", "persistentVolumeClaim": {"claimName": "c"}},
            {"name": "w", "iscsi": {"iqn": "q"}},
            {"name": "e", "ephemeral": {}},
        ],
    },
    "status": {"phase": "Running", "nominatedNodeName": "n2"},
}


def test_a_pod_is_read():
    assert value(EVERYTHING) == PodInfo(
        namespace="red",
        name="p",
        uid="u1",
        labels={"app": "web"},
        rules=SchedulingRules({"zone": "a"}, tolerations=(Toleration(operator="Exists"),)),
        requests={"cpu": 1002},
        usage={"cpu": 1002},
        node_name="n1",
        phase="Running",
        priority=-5,
        scheduler_name="other",
        owner_uid="o1",
        deleting=True,
        host_ports=(HostPort(80),),
        spread=(SpreadConstraint("zone", 2, LabelSelector(nothing=True)),),
        claims=(Claim("c"), Claim("p-e", ephemeral=True)),
        disks=(Disk("iscsi", "q", volume="w"),),
    )


@pytest.mark.parametrize(
    ("spec", "nominated"),
    [
        pytest.param({}, "n2", id="as long as it stands nowhere"),
        pytest.param({"nodeName": "n1"}, "", id="but not on another node"),
        pytest.param({"nodeName": "n2"}, "", id="nor on that very node"),
    ],
)
def test_a_pod_is_nominated_to_a_node(spec, nominated):
    pod = value({"kind": "Pod", "spec": spec, "status": {"nominatedNodeName": "n2"}})
    assert (pod.nominated_node_name, pod.nominated) == (nominated, False)


@pytest.mark.parametrize(
    "owners",
    [
        pytest.param(None, id="no owner"),
        pytest.param([{"uid": "o1", "controller": False}], id="no controller"),
        pytest.param([{"controller": True}], id="a controller without uid"),
    ],
)
def test_a_pod_without_controller_belongs_to_nobody(owners):
    pod = value({"kind": "Pod", "metadata": {"ownerReferences": owners}})
    assert pod.owner_uid == ""


def ports(*given, **container):
    return {"ports": [*given], **container}


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        pytest.param({}, [], id="no container"),
        pytest.param({"containers": [{}], "initContainers": [{}]}, [], id="no port"),
        pytest.param({"containers": [ports({"containerPort": 80})]}, [], id="no host port"),
        pytest.param({"containers": [ports({"hostPort": 0})]}, [], id="0 is none"),
        pytest.param({"containers": [ports({"hostPort": 1})]}, [HostPort(1)], id="1 is one"),
        pytest.param(
            {"containers": [ports({"hostPort": 1, "hostIP": "", "protocol": ""})]},
            [HostPort(1, "TCP", "0.0.0.0")],  # noqa: S104
            id="what is empty is the default",
        ),
        pytest.param(
            {"containers": [ports({"hostPort": 1, "hostIP": "::", "protocol": "UDP"})]},
            [HostPort(1, "UDP", "::")],
            id="all that is read",
        ),
        pytest.param(
            {
                "initContainers": [ports({"hostPort": 9}, restartPolicy="Always")],
                "containers": [ports({"hostPort": 2}, {"hostPort": 3}), ports({"hostPort": 1})],
            },
            [HostPort(2), HostPort(3), HostPort(1), HostPort(9)],
            id="of every container and sidecar",
        ),
        pytest.param(
            {"initContainers": [ports({"hostPort": 1}), ports({"hostPort": 2}, restartPolicy="")]},
            [],
            id="an init container's are not looked at",
        ),
    ],
)
def test_host_ports_are_read(spec, taken):
    assert list(value({"kind": "Pod", "spec": spec}).host_ports) == taken


@pytest.mark.parametrize(("minor", "taken"), [(33, [1]), (34, [1, 2])])
def test_the_host_ports_of_sidecars_count_since_1_34(minor, taken):
    sidecar = ports({"hostPort": 2}, restartPolicy="Always")
    pod = of_version(minor, {"containers": [ports({"hostPort": 1})], "initContainers": [sidecar]})
    assert [port.port for port in pod.host_ports] == taken


@pytest.mark.parametrize(
    ("volumes", "claims"),
    [
        pytest.param([], [], id="no volume"),
        pytest.param([{"name": "v", "emptyDir": {}}], [], id="a volume of the pod's own"),
        pytest.param(
            [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}], [Claim("c")], id="a claim"
        ),
        pytest.param([{"persistentVolumeClaim": {}}], [Claim("")], id="a claim without name"),
        pytest.param(
            [{"name": "v", "ephemeral": {"volumeClaimTemplate": {}}}],
            [Claim("p-v", ephemeral=True)],
            id="an ephemeral one is named after pod and volume",
        ),
        pytest.param([{"ephemeral": {}}], [Claim("p-", ephemeral=True)], id="or after the pod"),
        pytest.param(
            [
                {"name": "v", "ephemeral": {}},
                {"persistentVolumeClaim": {"claimName": "b"}},
                {"persistentVolumeClaim": {"claimName": "a"}},
            ],
            [Claim("p-v", ephemeral=True), Claim("b"), Claim("a")],
            id="several keep their order",
        ),
    ],
)
def test_claims_are_read(volumes, claims):
    pod = value({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"volumes": volumes}})
    assert list(pod.claims) == claims


def test_a_pod_without_name_has_claims_all_the_same():
    pod = value({"kind": "Pod", "spec": {"volumes": [{"name": "v", "ephemeral": {}}]}})
    assert pod.claims == (Claim("-v", ephemeral=True),)


@pytest.mark.parametrize(
    ("volume", "disk"),
    [
        pytest.param(
            {"gcePersistentDisk": {"pdName": "d"}}, Disk("gcePersistentDisk", "d"), id="GCE"
        ),
        pytest.param(
            {"awsElasticBlockStore": {"volumeID": "d"}}, Disk("awsElasticBlockStore", "d"), id="EBS"
        ),
        pytest.param(
            {"azureDisk": {"diskName": "n", "diskURI": "d", "kind": "Managed"}},
            Disk("azureDisk", "d", disk_kind="Managed"),
            id="Azure",
        ),
        pytest.param({"cinder": {"volumeID": "d"}}, Disk("cinder", "d"), id="Cinder"),
        pytest.param(
            {"portworxVolume": {"volumeID": "d"}}, Disk("portworxVolume", "d"), id="Portworx"
        ),
        pytest.param({"iscsi": {"iqn": "d"}}, Disk("iscsi", "d"), id="iSCSI"),
        pytest.param(
            {"rbd": {"pool": "p", "image": "d", "monitors": ["m", "n"]}},
            Disk("rbd", "p/d", monitors=frozenset("mn")),
            id="RBD",
        ),
        pytest.param({"rbd": {"image": "d"}}, Disk("rbd", "rbd/d"), id="RBD's own pool"),
        pytest.param(
            {"name": "v", "iscsi": {"iqn": "d", "readOnly": True}},
            Disk("iscsi", "d", read_only=True, volume="v"),
            id="read only",
        ),
        pytest.param(
            {"iscsi": {"iqn": "d", "readOnly": False}}, Disk("iscsi", "d"), id="not read only"
        ),
        *(
            pytest.param({kind: {}}, Disk(kind, name), id=f"{kind} that says nothing")
            for kind, name in (
                ("gcePersistentDisk", ""),
                ("awsElasticBlockStore", ""),
                ("azureDisk", ""),
                ("cinder", ""),
                ("portworxVolume", ""),
                ("iscsi", ""),
                ("rbd", "rbd/"),
            )
        ),
    ],
)
def test_inline_disks_are_read(volume, disk):
    assert value({"kind": "Pod", "spec": {"volumes": [volume]}}).disks == (disk,)


def test_several_disks_keep_their_order_and_other_volumes_are_none():
    volumes = [
        {"name": "b", "iscsi": {"iqn": "1"}},
        {"name": "c", "emptyDir": {}},
        {"name": "d", "persistentVolumeClaim": {"claimName": "c"}},
        {"name": "a", "rbd": {"image": "2"}},
    ]
    pod = value({"kind": "Pod", "spec": {"volumes": volumes}})
    assert [(disk.volume, disk.name) for disk in pod.disks] == [("b", "1"), ("a", "rbd/2")]


HOST_USERS = "spec.hostUsers (false, with hostNetwork)"
DECLARED = {"hostNetwork": True, "hostUsers": False}


@pytest.mark.parametrize(
    ("spec", "demands"),
    [
        pytest.param({}, (), id="none"),
        pytest.param(
            {"resourceClaims": [{"name": "gpu"}]}, ("spec.resourceClaims",), id="a device claim"
        ),
        pytest.param({"resourceClaims": []}, (), id="no device claim"),
        pytest.param(DECLARED, (HOST_USERS,), id="user namespaces on the host's network"),
        pytest.param({"hostNetwork": True}, (), id="only that network"),
        pytest.param({"hostNetwork": True, "hostUsers": True}, (), id="with the host's users"),
        pytest.param({"hostNetwork": False, "hostUsers": False}, (), id="only user namespaces"),
        pytest.param(
            {"resourceClaims": [{}], **DECLARED}, ("spec.resourceClaims", HOST_USERS), id="both"
        ),
        pytest.param(
            {
                "containers": [ports({"hostPort": 1})],
                "topologySpreadConstraints": [{}],
                "volumes": [{"rbd": {}}, {"ephemeral": {}}],
            },
            (),
            id="what the predicates judge",
        ),
    ],
)
def test_what_no_predicate_judges_is_named(spec, demands):
    assert value({"kind": "Pod", "spec": spec}).unmodelled == demands


@pytest.mark.parametrize(("minor", "demands"), [(35, ()), (36, (HOST_USERS,))])
def test_features_of_nodes_are_declared_since_1_36(minor, demands):
    assert of_version(minor, DECLARED).unmodelled == demands
