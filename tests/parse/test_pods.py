"""Pods, nodes and namespaces from the wire, and the demands that nothing here judges."""

import pytest

from tests import builders
from webhook.objects import (
    Features,
    NodeInfo,
    PodInfo,
    SchedulingRules,
    Taint,
    Toleration,
    Version,
)
from webhook.objects.profile import Namespace
from webhook.parse import parse

OLD = Features.of(Version(1, 32))


def value(tree):
    return parse(tree, builders.FEATURES)


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


def test_a_pod_that_says_nothing_has_only_defaults():
    assert value({"kind": "Pod"}) == PodInfo("default", "")


def test_a_pod_is_read():
    owners = [{"uid": "o0"}, {"uid": "o1", "controller": True}, {"uid": "o2", "controller": True}]
    tree = {
        "kind": "Pod",
        "metadata": {
            "name": "p",
            "namespace": "red",
            "uid": "u1",
            "labels": {"app": "web"},
            "ownerReferences": owners,
        },
        "spec": {
            "nodeName": "n1",
            "nodeSelector": {"zone": "a"},
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"resources": {"requests": {"cpu": "1", "x": "1"}}}],
            "overhead": {"cpu": "1500u"},
            "priority": -5,
            "schedulerName": "other",
        },
        "status": {"phase": "Running", "nominatedNodeName": "n2"},
    }
    assert value(tree) == PodInfo(
        namespace="red",
        name="p",
        uid="u1",
        labels={"app": "web"},
        rules=SchedulingRules({"zone": "a"}, tolerations=(Toleration(operator="Exists"),)),
        requests={"cpu": 1002},
        usage={"cpu": 1002},
        node_name="n1",
        nominated_node_name="n2",
        phase="Running",
        priority=-5,
        scheduler_name="other",
        owner_uid="o1",
    )


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


def resized(containers=(), inits=(), statuses=(), init_statuses=(), conditions=()):
    """A pod that was resized in place; a number is an amount of memory."""

    def container(name, memory, **more):
        return {"name": name, "resources": {"requests": {"memory": memory}}, **more}

    return {
        "kind": "Pod",
        "spec": {
            "containers": [container(*each) for each in containers],
            "initContainers": [container(n, m, restartPolicy=policy) for n, m, policy in inits],
        },
        "status": {
            "containerStatuses": list(statuses),
            "initContainerStatuses": list(init_statuses),
            "conditions": list(conditions),
        },
    }


def status(name, actual=None, given=None):
    found = {"name": name}
    if actual is not None:
        found["resources"] = {"requests": {"memory": actual}}
    if given is not None:
        found["allocatedResources"] = {"memory": given}
    return found


INFEASIBLE = {"type": "PodResizePending", "reason": "Infeasible"}
DEFERRED = {"type": "PodResizePending", "reason": "Deferred"}
OTHER = {"type": "Ready", "reason": "Infeasible"}


@pytest.mark.parametrize(
    ("tree", "usage"),
    [
        pytest.param(resized([("a", 4)]), 4, id="no status"),
        pytest.param(resized([("a", 4)], statuses=[status("a", 6)]), 6, id="actual is more"),
        pytest.param(resized([("a", 4)], statuses=[status("a", 2)]), 4, id="wanted is more"),
        pytest.param(resized([("a", 4)], statuses=[status("a", 2, 5)]), 5, id="given is more"),
        pytest.param(
            resized([("a", 4)], statuses=[status("a", None, 5)]),
            4,
            id="given counts only beside actual resources",
        ),
        pytest.param(
            resized([("a", 4), ("b", 3)], statuses=[status("a", None, 5), status("b", 4)]),
            8,
            id="also in a pod of which another container has them",
        ),
        pytest.param(
            resized([("a", 4), ("b", 1)], statuses=[status("a", 6)]), 7, id="one without status"
        ),
        pytest.param(
            resized([("a", 9)], statuses=[status("a", 6, 5)], conditions=[INFEASIBLE]),
            6,
            id="an infeasible wish does not count",
        ),
        pytest.param(
            resized([("a", 9)], statuses=[status("a", 6, 5)], conditions=[DEFERRED, OTHER]),
            9,
            id="a deferred one does",
        ),
        pytest.param(
            resized([("a", 1)], [("i", 2, "Always")], init_statuses=[status("i", 7)]),
            8,
            id="a sidecar counts as a container does",
        ),
        pytest.param(
            resized([("a", 1)], [("i", 2, "Never")], init_statuses=[status("i", 7)]),
            2,
            id="a plain init container counts what it wants",
        ),
    ],
)
def test_a_pod_that_is_resized_takes_the_largest_of_its_amounts(tree, usage):
    assert value(tree).usage == {"memory": usage}


def test_a_pod_that_is_resized_asks_for_what_it_wants():
    assert value(resized([("a", 4)], statuses=[status("a", 6)])).requests == {"memory": 4}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"containers": [{"name": "a"}]}, id="only containers"),
        pytest.param({"initContainers": [{"name": "a"}]}, id="only init containers"),
    ],
)
@pytest.mark.parametrize("field", ["containerStatuses", "initContainerStatuses"])
def test_what_a_resized_pod_does_not_say_is_nothing(spec, field):
    tree = {"kind": "Pod", "spec": spec, "status": {field: [status("x", 5)]}}
    assert value(tree).usage == {}


def test_before_1_33_there_is_no_resize_in_place():
    pod = parse(resized([("a", 4)], statuses=[status("a", 6)]), OLD)
    assert isinstance(pod, PodInfo)
    assert pod.usage == {"memory": 4}


@pytest.mark.parametrize(
    ("spec", "demands"),
    [
        pytest.param({}, (), id="none"),
        pytest.param({"volumes": [{"name": "v", "emptyDir": {}}]}, (), id="a volume of the pod"),
        pytest.param(
            {"volumes": [{"emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "c"}}]},
            ("spec.volumes[1] (a volume claim)",),
            id="a volume claim",
        ),
        pytest.param(
            {"volumes": [{"ephemeral": {"volumeClaimTemplate": {}}}]},
            ("spec.volumes[0] (a volume claim)",),
            id="an ephemeral claim",
        ),
        *(
            pytest.param(
                {"volumes": [{kind: {"x": 1}}]},
                ("spec.volumes[0] (an inline disk)",),
                id=f"an inline {kind}",
            )
            for kind in (
                "gcePersistentDisk",
                "awsElasticBlockStore",
                "azureDisk",
                "azureFile",
                "cinder",
                "vsphereVolume",
                "portworxVolume",
                "iscsi",
                "rbd",
            )
        ),
        pytest.param(
            {"topologySpreadConstraints": [{"whenUnsatisfiable": "ScheduleAnyway"}, {}]},
            ("spec.topologySpreadConstraints[1]",),
            id="a spread constraint filters by default",
        ),
        pytest.param(
            {
                "topologySpreadConstraints": [
                    {"whenUnsatisfiable": "DoNotSchedule"},
                    {"whenUnsatisfiable": ""},
                ]
            },
            ("spec.topologySpreadConstraints[0]", "spec.topologySpreadConstraints[1]"),
            id="two spread constraints",
        ),
        pytest.param(
            {"containers": [{"ports": [{"containerPort": 1}, {"hostPort": 1}]}]},
            ("spec.containers[].ports[].hostPort",),
            id="a host port",
        ),
        pytest.param({"containers": [{"ports": [{"hostPort": 0}]}]}, (), id="host port 0 is none"),
        pytest.param(
            {"initContainers": [{"restartPolicy": "Always", "ports": [{"hostPort": 1}]}]},
            ("spec.containers[].ports[].hostPort",),
            id="a host port of a sidecar",
        ),
        pytest.param(
            {"initContainers": [{"ports": [{"hostPort": 1}]}]},
            (),
            id="an init container's host port is not looked at",
        ),
        pytest.param(
            {"resourceClaims": [{"name": "gpu"}]}, ("spec.resourceClaims",), id="a device claim"
        ),
        pytest.param({"resourceClaims": []}, (), id="no device claim"),
    ],
)
def test_what_no_predicate_judges_is_named(spec, demands):
    assert value({"kind": "Pod", "spec": spec}).unmodelled == demands
