"""The nodes that a pod selects by label and name, and those whose taints it tolerates."""

import pytest

from webhook.objects import (
    NodeInfo,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
    SchedulingRules,
    Taint,
    Toleration,
)
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.selection import (
    carrying,
    matching,
    reaching,
    selected,
    tolerated,
    untolerated,
)

SCHEDULABLE = "kubevirt.io/schedulable"
EVERYONE = 0b111
GPU, DRAIN = Taint("gpu", "a100"), Taint("drain", effect="NoExecute")
SOFT = Taint("soft", effect="PreferNoSchedule")


@pytest.fixture(scope="module")
def nodes() -> NodeSets:
    """a and b in zone 1, a switched on and b off; c in zone 2 without that label."""
    found = NodeSets()
    found.add(NodeInfo("a", {"zone": "1", SCHEDULABLE: "true"}, taints=(GPU, SOFT)))
    found.add(NodeInfo("b", {"zone": "1", SCHEDULABLE: "false"}, taints=(GPU, DRAIN)))
    found.add(NodeInfo("c", {"zone": "2", "rack": ""}, taints=(SOFT,)))
    return found


def named(operator, *values):
    return Requirement("metadata.name", operator, frozenset(values))


def label(key, operator, *values):
    return Requirement(key, operator, frozenset(values))


ZONE_1, ZONE_2 = label("zone", Operator.IN, "1"), label("zone", Operator.IN, "2")


@pytest.mark.parametrize(
    ("selector", "off", "found"),
    [
        pytest.param({}, 0, EVERYONE, id="nothing is asked"),
        pytest.param({"zone": "1"}, 0, 0b011, id="a label"),
        pytest.param({"zone": "2", "rack": ""}, 0, 0b100, id="an empty value is a value"),
        pytest.param({"zone": "1", "rack": ""}, 0, 0, id="labels are ANDed"),
        pytest.param({SCHEDULABLE: "true"}, 0, 0b001, id="what is off is off"),
        pytest.param({SCHEDULABLE: "true"}, 0b010, 0b011, id="unless it counts as on"),
        pytest.param({SCHEDULABLE: "false"}, 0b100, 0b010, id="who wants it off gets no more"),
        pytest.param({"zone": "2"}, 0b011, 0b100, id="nor who asks for another label"),
        pytest.param({SCHEDULABLE: "true", "zone": "2"}, 0b110, 0b100, id="beside another label"),
    ],
)
def test_a_node_selector_wants_every_label(nodes, selector, off, found):
    assert selected(selector, nodes, off) == found


@pytest.mark.parametrize(
    ("terms", "off", "found"),
    [
        pytest.param([], 0, 0, id="no term matches no node"),
        pytest.param([NodeSelectorTerm()], 0, 0, id="nor does an empty one"),
        pytest.param([NodeSelectorTerm((ZONE_1,), invalid="why")], 0, 0, id="nor a bad one"),
        pytest.param(
            [NodeSelectorTerm((ZONE_2,), invalid="why"), NodeSelectorTerm((ZONE_1,))],
            0,
            0b011,
            id="which leaves the others alone",
        ),
        pytest.param(
            [NodeSelectorTerm((ZONE_1,)), NodeSelectorTerm((ZONE_2,))],
            0,
            EVERYONE,
            id="terms are ORed",
        ),
        pytest.param(
            [NodeSelectorTerm((ZONE_1, label(SCHEDULABLE, Operator.IN, "true")))],
            0,
            0b001,
            id="expressions are ANDed",
        ),
        pytest.param(
            [NodeSelectorTerm((ZONE_1,), (named(Operator.IN, "b"),))],
            0,
            0b010,
            id="a name beside an expression",
        ),
        pytest.param(
            [NodeSelectorTerm(fields=(named(Operator.IN, "c"),))], 0, 0b100, id="only a name"
        ),
        pytest.param(
            [NodeSelectorTerm(fields=(named(Operator.NOT_IN, "c"),))], 0, 0b011, id="not a name"
        ),
        pytest.param(
            [NodeSelectorTerm(fields=(named(Operator.NOT_IN, "a"), named(Operator.NOT_IN, "c")))],
            0,
            0b010,
            id="fields are ANDed",
        ),
        pytest.param(
            [NodeSelectorTerm(fields=(named(Operator.IN, "nowhere"),))], 0, 0, id="an unknown name"
        ),
        pytest.param(
            [NodeSelectorTerm((label(SCHEDULABLE, Operator.IN, "true"),))],
            0b010,
            0b011,
            id="what counts as on",
        ),
        pytest.param(
            [NodeSelectorTerm((label(SCHEDULABLE, Operator.NOT_IN, "true"),))],
            0b001,
            0b110,
            id="does not for who wants it off",
        ),
        pytest.param([NodeSelectorTerm((ZONE_2,))], 0b011, 0b100, id="nor for another label"),
        pytest.param(
            [NodeSelectorTerm((label("x", Operator.IN, "true"),))], 0b011, 0, id="of any value"
        ),
    ],
)
def test_any_term_may_match(nodes, terms, off, found):
    assert matching(NodeSelector(tuple(terms)), nodes, off) == found


def test_a_node_that_is_off_counts_as_off_unless_told_otherwise():
    nodes = NodeSets()
    nodes.add(NodeInfo("a", {SCHEDULABLE: "false"}))
    term = NodeSelectorTerm((label(SCHEDULABLE, Operator.IN, "true"),))
    assert selected({SCHEDULABLE: "true"}, nodes) == 0
    assert matching(NodeSelector((term,)), nodes) == 0


def test_no_affinity_constrains_nothing(nodes):
    assert matching(None, nodes) == EVERYONE


@pytest.mark.parametrize(
    ("requirements", "found"),
    [
        pytest.param([], EVERYONE, id="nothing is asked"),
        pytest.param([ZONE_1], 0b011, id="a label"),
        pytest.param([ZONE_1, label(SCHEDULABLE, Operator.IN, "true")], 0b001, id="two labels"),
        pytest.param([ZONE_1, ZONE_2], 0, id="two that no node has together"),
    ],
)
def test_nodes_carry_all_labels(nodes, requirements, found):
    assert carrying(requirements, nodes) == found


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        pytest.param([], 0, id="no term reaches no node"),
        pytest.param([NodeSelectorTerm()], 0, id="nor does an empty one"),
        pytest.param([NodeSelectorTerm((ZONE_1,), invalid="why")], 0, id="nor a bad one"),
        pytest.param([NodeSelectorTerm((ZONE_1,)), NodeSelectorTerm()], 0b011, id="beside another"),
        pytest.param(
            [NodeSelectorTerm((ZONE_1,)), NodeSelectorTerm((ZONE_2,))], EVERYONE, id="ORed"
        ),
        pytest.param(
            [NodeSelectorTerm((ZONE_1,), (named(Operator.IN, "c"),))], 0b011, id="not by name"
        ),
        pytest.param(
            [NodeSelectorTerm(fields=(named(Operator.IN, "c"),))], EVERYONE, id="only by name"
        ),
    ],
)
def test_a_volume_is_reached_by_label_alone(nodes, terms, found):
    assert reaching(NodeSelector(tuple(terms)), nodes) == found


def test_a_volume_without_affinity_is_reached_from_everywhere(nodes):
    assert reaching(None, nodes) == EVERYONE


def tolerating(*keys):
    return SchedulingRules(tolerations=tuple(Toleration(key, "Exists") for key in keys))


@pytest.mark.parametrize(
    ("rules", "against", "nodes_left"),
    [
        pytest.param(tolerating(), [GPU, DRAIN], 0b100, id="none"),
        pytest.param(tolerating("gpu"), [DRAIN], 0b101, id="one of two"),
        pytest.param(tolerating("drain"), [GPU], 0b100, id="the other"),
        pytest.param(tolerating("drain", "gpu"), [], EVERYONE, id="both"),
        pytest.param(tolerating(""), [], EVERYONE, id="every taint"),
    ],
)
def test_taints_that_filter_must_be_tolerated(nodes, rules, against, nodes_left):
    assert untolerated(rules, (SOFT, GPU, SOFT, DRAIN)) == against
    assert tolerated(rules, nodes) == nodes_left
