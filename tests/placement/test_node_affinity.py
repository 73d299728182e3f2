"""NodeAffinity: nodeSelector, required node affinity, narrowing and the profile's own."""

import pytest

from tests import builders
from tests.placement.cases import answers, asking
from webhook.objects import Applied, Profile
from webhook.parse import wire
from webhook.parse.selectors import node_selector
from webhook.placement.framework import PreFilter
from webhook.placement.node_affinity import node_affinity, prefilter

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
REASON = "node(s) didn't match Pod's node affinity/selector"
ENFORCED = "node(s) didn't match scheduler-enforced node affinity"
UU = "UnschedulableAndUnresolvable"
EVERYONE = ["n1", "n2", "n3"]


@pytest.fixture(scope="module")
def index():
    """n1 in zone a with gen 2, n2 in zone b with an empty gen, n3 with neither."""
    return builders.index(
        builders.node("n1", {"zone": "a", "gen": "2"}),
        builders.node("n2", {"zone": "b", "gen": ""}),
        builders.node("n3"),
    )


def label(key, operator, *values):
    return {"key": key, "operator": operator, "values": list(values)}


def name(operator, *values):
    return label("metadata.name", operator, *values)


def term(*expressions, fields=()):
    return {"matchExpressions": list(expressions), "matchFields": list(fields)}


def affinity(*terms):
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}


ZONE_A, ZONE_B = label("zone", "In", "a"), label("zone", "In", "b")


@pytest.mark.parametrize(
    ("spec", "fit"),
    [
        pytest.param({}, EVERYONE, id="no rule"),
        pytest.param({"nodeSelector": {}}, EVERYONE, id="an empty nodeSelector"),
        pytest.param({"nodeSelector": {"zone": "a"}}, ["n1"], id="a nodeSelector"),
        pytest.param({"nodeSelector": {"gen": ""}}, ["n2"], id="an empty value needs the key"),
        pytest.param(
            {"nodeSelector": {"zone": "a", "gen": ""}}, [], id="both labels must be there"
        ),
        pytest.param({"nodeSelector": {"nope": "x"}}, [], id="a label that nobody has"),
        pytest.param({"affinity": affinity()}, [], id="no term matches no node"),
        pytest.param({"affinity": affinity(term())}, [], id="an empty term matches no node"),
        pytest.param(
            {"affinity": affinity(term(), term(ZONE_B))}, ["n2"], id="beside another term it does"
        ),
        pytest.param(
            {"affinity": affinity(term(ZONE_A), term(ZONE_B))}, ["n1", "n2"], id="terms are ORed"
        ),
        pytest.param(
            {"affinity": affinity(term(ZONE_A, label("gen", "In", "")))},
            [],
            id="requirements are ANDed",
        ),
        pytest.param(
            {"affinity": affinity(term(label("zone", "In", "a", "b", "c")))},
            ["n1", "n2"],
            id="In any of several",
        ),
        pytest.param(
            {"affinity": affinity(term(label("zone", "NotIn", "a", "x")))},
            ["n2", "n3"],
            id="NotIn holds for a missing key",
        ),
        pytest.param(
            {"affinity": affinity(term(label("gen", "NotIn", "")))},
            ["n1", "n3"],
            id="NotIn of the empty value",
        ),
        pytest.param(
            {"affinity": affinity(term(label("gen", "Exists")))}, ["n1", "n2"], id="Exists"
        ),
        pytest.param(
            {"affinity": affinity(term(label("gen", "DoesNotExist")))}, ["n3"], id="DoesNotExist"
        ),
        pytest.param({"affinity": affinity(term(label("gen", "Gt", "1")))}, ["n1"], id="Gt"),
        pytest.param({"affinity": affinity(term(label("gen", "Gt", "2")))}, [], id="Gt when equal"),
        pytest.param({"affinity": affinity(term(label("gen", "Lt", "3")))}, ["n1"], id="Lt"),
        pytest.param({"affinity": affinity(term(label("gen", "Lt", "2")))}, [], id="Lt when equal"),
        pytest.param(
            {"affinity": affinity(term(ZONE_A, label("zone", "Nope")), term(ZONE_B))},
            ["n2"],
            id="a requirement that does not parse kills its term only",
        ),
        pytest.param(
            {"affinity": affinity(term(label("zone", "Nope"), fields=[name("NotIn", "n1")]))},
            [],
            id="also where its fields do parse",
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("NotIn", "n1")]))},
            ["n2", "n3"],
            id="NotIn a name",
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("In", "n1")]))}, ["n1"], id="In a name"
        ),
        pytest.param(
            {"affinity": affinity(term(ZONE_B, fields=[name("In", "n1")]))},
            [],
            id="fields and expressions are ANDed",
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("In", "nowhere")]))}, [], id="no such node"
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("NotIn", "nowhere")]))},
            EVERYONE,
            id="NotIn no such node",
        ),
        pytest.param(
            {"nodeSelector": {"zone": "a"}, "affinity": affinity(term(ZONE_B))},
            [],
            id="nodeSelector and affinity are ANDed",
        ),
    ],
)
def test_nodes_are_refused_by_label_for_good(index, spec, fit):
    refused = [name for name in EVERYONE if name not in fit]
    expected = [(refused, REASON, UU, refused)] if refused else []
    assert answers(node_affinity(asking(**spec), index), index) == expected


@pytest.mark.parametrize(
    ("spec", "refused", "permanent"),
    [
        pytest.param(
            {"nodeSelector": {"kubevirt.io/schedulable": "true"}},
            ["off", "other"],
            ["other"],
            id="a label that virt-handler switches off passes, one that is not there does not",
        ),
        pytest.param(
            {"nodeSelector": {"kubevirt.io/schedulable": "true", "zone": "a"}},
            ["off", "other"],
            ["other"],
            id="the others stay",
        ),
        pytest.param(
            {"affinity": affinity(term(label("kubevirt.io/schedulable", "In", "true")))},
            ["off", "other"],
            ["other"],
            id="in affinity, too",
        ),
        pytest.param(
            {"nodeSelector": {"kubevirt.io/schedulable": "soon"}},
            ["off", "on", "other"],
            ["off", "on", "other"],
            id="a value that virt-handler never writes",
        ),
        pytest.param(
            {"affinity": affinity(term(label("kubevirt.io/schedulable", "NotIn", "true")))},
            ["on"],
            ["on"],
            id="who wants it off",
        ),
        pytest.param(
            {
                "affinity": affinity(
                    term(label("kubevirt.io/schedulable", "In", "true"), ZONE_A), term()
                )
            },
            ["off", "other"],
            ["other"],
            id="beside another requirement",
        ),
    ],
)
def test_labels_that_come_and_go_refuse_for_now(spec, refused, permanent):
    index = builders.index(
        builders.node("on", {"kubevirt.io/schedulable": "true", "zone": "a"}),
        builders.node("off", {"kubevirt.io/schedulable": "false", "zone": "a"}),
        builders.node("other", {"zone": "b"}),
    )
    expected = [(refused, REASON, UU, permanent)]
    assert answers(node_affinity(asking(**spec), index), index) == expected


def enforcing(*terms):
    """The index with a profile that adds this affinity to every pod."""
    raw = [wire.NodeSelectorTerm([wire.Requirement(**expression)]) for expression in terms]
    index = builders.index(
        builders.node("n1", {"zone": "a", "gen": "2"}), builders.node("n2", {"zone": "b"})
    )
    index.apply(Applied(Profile(added_affinity=node_selector(wire.NodeSelector(raw)))))
    return index


def test_the_profile_speaks_before_the_pod():
    index = enforcing(ZONE_A)
    pod = asking(nodeSelector={"gen": "9"})
    assert answers(node_affinity(pod, index), index) == [
        (["n2"], ENFORCED, UU, ["n2"]),
        (["n1"], REASON, UU, ["n1", "n2"]),
    ]


@pytest.mark.parametrize(
    ("spec", "outcome"),
    [
        pytest.param({}, PreFilter(skip=True), id="no rule at all"),
        pytest.param({"nodeSelector": {"a": "b"}}, PreFilter(), id="a nodeSelector narrows not"),
        pytest.param({"affinity": affinity()}, PreFilter(), id="no term"),
        pytest.param({"affinity": affinity(term(ZONE_A))}, PreFilter(), id="a term without name"),
        pytest.param(
            {"affinity": affinity(term(fields=[name("In", "n2")]))},
            PreFilter(narrowed=0b10),
            id="a name",
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("NotIn", "n2")]))}, PreFilter(), id="NotIn"
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("In", "n2")]), term(ZONE_A))},
            PreFilter(),
            id="one term without name stops the narrowing",
        ),
        pytest.param(
            {"affinity": affinity(*(term(fields=[name("In", n)]) for n in ("n1", "n3", "n9")))},
            PreFilter(narrowed=0b101),
            id="the union over terms; unknown names are dropped",
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("In", "n1", "n2"), name("In", "n2", "n3")]))},
            PreFilter(narrowed=0b10),
            id="the intersection within a term",
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("In", "n1"), name("In", "n2")]))},
            PreFilter(refusal="pod affinity terms conflict", permanent=True),
            id="two different names in one term",
        ),
        pytest.param(
            {"affinity": affinity(term(fields=[name("In", "n9")]))},
            PreFilter(narrowed=0),
            id="only an unknown name",
        ),
    ],
)
def test_names_narrow_the_nodes_before_any_filter(index, spec, outcome):
    assert prefilter(asking(**spec), index) == outcome


def test_with_added_affinity_nobody_is_skipped():
    assert prefilter(asking(), enforcing(ZONE_A)) == PreFilter()
