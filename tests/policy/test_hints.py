"""webhook.policy.hints: the requirement that a person wants to read about."""

import pytest

from tests.builders import inventory, kubevirt_node, launcher, required, term, value, vm, vmi
from webhook.judge import Subject, judge
from webhook.policy.hints import unmet

MODEL = "host-model-cpu.node.kubevirt.io/Skylake"
CARRIES = "cpu-model-migration.node.kubevirt.io/Skylake"
NODES = [
    kubevirt_node("n1", {"disk": "ssd", MODEL: "true", CARRIES: "true"}),
    kubevirt_node("n2", {"disk": "hdd", "rack": "r2"}),
]


def hint(**placement):
    """Return the hint for a VM that runs on n1 and gets this placement."""
    subject = Subject(value(vm(**placement)), value(vm()))
    with inventory(*NODES, vm(), vmi(), launcher()).reading() as world:
        return unmet(judge(subject, world))


@pytest.mark.parametrize(
    ("placement", "expected"),
    [
        pytest.param(
            {"nodeSelector": {"disk": "nvme", "rack": "r2"}},
            "no node is labelled disk=nvme",
            id="a label that no node has",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd", "rack": "r2"}},
            "no node has all that nodeSelector and required node affinity ask for together",
            id="labels that no node has together",
        ),
        pytest.param(
            {"affinity": required(term("zone", "In", "b", "a"))},
            "no node satisfies zone In (a, b)",
            id="a requirement that no node satisfies",
        ),
        pytest.param(
            {"affinity": required(term("zone", "Exists"))},
            "no node satisfies zone Exists",
            id="a requirement without values",
        ),
        pytest.param(
            {"affinity": required({})},
            "an empty nodeSelectorTerm matches no node",
            id="an empty term",
        ),
        pytest.param(
            {"affinity": required(term("disk", "Gt", "many"))},
            "a nodeSelectorTerm cannot be parsed: values: for 'Gt', 'Lt' operators, the value "
            "must be an integer",
            id="a term that does not parse",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "hdd"}},
            "no node that matches is labelled cpu-model-migration.node.kubevirt.io/Skylake=true, "
            "as KubeVirt requires here",
            id="a CPU that the nodes do not have",
        ),
        pytest.param({"nodeSelector": {"disk": "ssd"}}, "", id="nothing of the sort"),
    ],
)
def test_what_no_node_meets_is_named(placement, expected):
    assert hint(**placement) == expected


def test_requirements_that_only_together_match_nothing_are_not_singled_out():
    both = {
        "matchExpressions": [
            {"key": "disk", "operator": "In", "values": ["ssd"]},
            {"key": "rack", "operator": "In", "values": ["r2"]},
        ]
    }
    assert hint(affinity=required(both)) == "no node satisfies the required node affinity"
