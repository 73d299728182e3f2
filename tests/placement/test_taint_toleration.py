"""TaintToleration."""

import pytest

from tests import builders
from tests.placement.cases import Answer, answers, asking
from webhook.objects import Taint, Version
from webhook.placement.taint_toleration import passing, taint_toleration

UU = "UnschedulableAndUnresolvable"
REASON = "node(s) had untolerated taint(s)"


def taint(key="gpu", value="", effect="NoSchedule"):
    return {"key": key, "value": value, "effect": effect}


def tolerate(key="", effect=""):
    return {"key": key, "operator": "Exists", "effect": effect}


def refused(taints, tolerations=(), version=None):
    tree = builders.node("n1", taints=taints)
    index = builders.index(builders.node("n2"), tree, version=version or Version(1, 36))
    pod = asking(tolerations=list(tolerations))
    return answers(taint_toleration(pod, index), index)


FOR_GOOD: list[Answer] = [(["n1"], REASON, UU, ["n1"])]
FOR_NOW: list[Answer] = [(["n1"], REASON, UU, [])]
NOT_READY = taint("node.kubernetes.io/not-ready")


@pytest.mark.parametrize(
    ("taints", "tolerations", "refusals"),
    [
        pytest.param([], [], [], id="no taint"),
        pytest.param([taint()], [], FOR_GOOD, id="NoSchedule"),
        pytest.param([taint(effect="NoExecute")], [], FOR_GOOD, id="NoExecute"),
        pytest.param([taint(effect="PreferNoSchedule")], [], [], id="PreferNoSchedule never"),
        pytest.param([taint()], [tolerate("gpu")], [], id="a tolerated taint"),
        pytest.param([taint()], [tolerate("cpu")], FOR_GOOD, id="another one is tolerated"),
        pytest.param(
            [taint(), taint("cpu")], [tolerate("gpu")], FOR_GOOD, id="one of two is tolerated"
        ),
        pytest.param(
            [taint(), taint("cpu")], [tolerate("cpu"), tolerate("gpu")], [], id="each by another"
        ),
        pytest.param([NOT_READY], [], FOR_NOW, id="a state of the node passes"),
        pytest.param([NOT_READY, taint()], [], FOR_GOOD, id="a state and a property"),
        pytest.param(
            [NOT_READY, taint()], [tolerate("gpu")], FOR_NOW, id="the property is tolerated"
        ),
        pytest.param([NOT_READY, NOT_READY | {"value": "x"}], [], FOR_NOW, id="two states"),
    ],
)
def test_an_untolerated_taint_keeps_a_pod_out(taints, tolerations, refusals):
    assert refused(taints, tolerations) == refusals


@pytest.mark.parametrize(
    ("taints", "tolerations", "reason"),
    [
        pytest.param([taint("k", "v")], [], "node(s) had untolerated taint {k: v}", id="a value"),
        pytest.param([taint("k")], [], "node(s) had untolerated taint {k: }", id="no value"),
        pytest.param(
            [taint("a", effect="PreferNoSchedule"), taint("b"), taint("c"), taint("d")],
            [tolerate("b")],
            "node(s) had untolerated taint {c: }",
            id="the first one that filters",
        ),
    ],
)
def test_old_versions_name_the_first_untolerated_taint(taints, tolerations, reason):
    rows = refused(taints, tolerations, Version(1, 34, 1))
    assert rows == [(["n1"], reason, UU, ["n1"])]


def test_nodes_with_equal_taints_are_refused_together():
    index = builders.index(
        builders.node("n1", taints=[taint("a")]),
        builders.node("n2", taints=[taint("b")]),
        builders.node("n3", taints=[taint("a")]),
    )
    assert answers(taint_toleration(asking(), index), index) == [
        (["n1", "n3"], REASON, UU, ["n1", "n3"]),
        (["n2"], REASON, UU, ["n2"]),
    ]


@pytest.mark.parametrize(
    ("key", "passes"),
    [
        ("node.kubernetes.io/not-ready", True),
        ("node.kubernetes.io/disk-pressure", True),
        ("node.cloudprovider.kubernetes.io/uninitialized", True),
        ("startup-taint.cluster-autoscaler.kubernetes.io/x", True),
        ("status-taint.cluster-autoscaler.kubernetes.io/x", True),
        ("ignore-taint.cluster-autoscaler.kubernetes.io/x", True),
        ("ToBeDeletedByClusterAutoscaler", True),
        ("DeletionCandidateOfClusterAutoscaler", True),
        ("karpenter.sh/disrupted", True),
        ("kubevirt.io/drain", True),
        ("kubevirt.io/drained", False),
        ("node-role.kubernetes.io/control-plane", False),
        ("dedicated", False),
    ],
)
def test_states_of_a_node_pass_and_its_properties_stay(key, passes):
    assert passing(Taint(key)) is passes
