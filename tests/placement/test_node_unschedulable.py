"""NodeUnschedulable."""

import pytest

from tests import builders
from tests.placement.cases import Answer, answers, asking
from webhook.placement.node_unschedulable import node_unschedulable

KEY = "node.kubernetes.io/unschedulable"
REFUSED: list[Answer] = [
    (["cordoned"], "node(s) were unschedulable", "UnschedulableAndUnresolvable", [])
]


@pytest.mark.parametrize(
    ("tolerations", "refusals"),
    [
        pytest.param([], REFUSED, id="a cordoned node is refused, for now"),
        pytest.param([{"operator": "Exists"}], [], id="unless everything is tolerated"),
        pytest.param([{"key": KEY, "operator": "Exists"}], [], id="or the cordon's taint is"),
        pytest.param([{"key": KEY}], [], id="with its empty value"),
        pytest.param([{"key": KEY, "value": "x"}], REFUSED, id="but not with another value"),
        pytest.param(
            [{"key": KEY, "operator": "Exists", "effect": "NoSchedule"}], [], id="with its effect"
        ),
        pytest.param(
            [{"key": KEY, "operator": "Exists", "effect": "NoExecute"}],
            REFUSED,
            id="but not with another effect",
        ),
    ],
)
def test_a_cordoned_node_takes_who_tolerates_the_cordon(tolerations, refusals):
    index = builders.index(
        builders.node("free"),
        builders.node("cordoned", unschedulable=True),
        builders.node("tainted", taints=[{"key": KEY, "effect": "NoSchedule"}]),
    )
    pod = asking(tolerations=tolerations)
    assert answers(node_unschedulable(pod, index), index) == refusals
