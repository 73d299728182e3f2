"""Affinity, nodeSelector, tolerations and topology spread from the wire."""

import msgspec
import pytest

from tests import builders
from webhook.objects import (
    AffinityTerm,
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
    SchedulingRules,
    SpreadConstraint,
    Toleration,
)
from webhook.parse import ParseError, wire
from webhook.parse.rules import scheduling_rules, spread_constraints

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
EXISTS = {"key": "zone", "operator": "Exists"}
ZONE = Requirement("zone", Operator.EXISTS)
NULL = LabelSelector(nothing=True)


@pytest.mark.parametrize(
    ("affinity", "rules"),
    [
        pytest.param(None, SchedulingRules(), id="no affinity"),
        pytest.param({}, SchedulingRules(), id="an empty affinity"),
        pytest.param({"nodeAffinity": {}, "podAffinity": {}}, SchedulingRules(), id="empty kinds"),
        pytest.param(
            {"nodeAffinity": {PREFERRED: [{"weight": 1}]}, "podAffinity": {PREFERRED: []}},
            SchedulingRules(),
            id="preferences never filter",
        ),
        pytest.param(
            {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [EXISTS]}]}}},
            SchedulingRules(node_affinity=NodeSelector((NodeSelectorTerm((ZONE,)),))),
            id="required node affinity",
        ),
        pytest.param(
            {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": []}}},
            SchedulingRules(node_affinity=NodeSelector()),
            id="required node affinity without terms matches no node",
        ),
        pytest.param(
            {"podAffinity": {REQUIRED: [{"topologyKey": "zone"}]}},
            SchedulingRules(pod_affinity=(AffinityTerm("zone", NULL),)),
            id="a pod affinity term without selectors",
        ),
        pytest.param(
            {
                "podAntiAffinity": {
                    REQUIRED: [
                        {
                            "topologyKey": "zone",
                            "labelSelector": {"matchExpressions": [EXISTS]},
                            "namespaces": ["red", "red"],
                            "namespaceSelector": {},
                            "matchLabelKeys": ["a"],
                            "mismatchLabelKeys": ["b"],
                        },
                        {},
                    ]
                }
            },
            SchedulingRules(
                pod_anti_affinity=(
                    AffinityTerm(
                        "zone",
                        LabelSelector((ZONE,)),
                        frozenset({"red"}),
                        LabelSelector(),
                        ("a",),
                        ("b",),
                    ),
                    AffinityTerm("", NULL),
                )
            ),
            id="everything that a pod anti-affinity term may say, and nothing",
        ),
    ],
)
def test_only_required_affinity_is_held(affinity, rules):
    raw = msgspec.convert(affinity, wire.Affinity | None)
    assert scheduling_rules(raw, None, None) == rules


def test_selectors_and_tolerations_are_taken_as_they_stand():
    raw = [
        wire.Toleration(),
        wire.Toleration("gpu", "Equal", "a100", "NoSchedule"),
    ]
    assert scheduling_rules(None, {"zone": "a", "rack": None}, raw) == SchedulingRules(
        node_selector={"zone": "a", "rack": ""},
        tolerations=(Toleration(), Toleration("gpu", "Equal", "a100", "NoSchedule")),
    )


HARD = {"topologyKey": "zone", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        pytest.param({}, SpreadConstraint("zone", 2, NULL), id="only what must be said"),
        pytest.param(
            {"labelSelector": {}}, SpreadConstraint("zone", 2, LabelSelector()), id="everything"
        ),
        pytest.param(
            {"labelSelector": {"matchExpressions": [EXISTS]}},
            SpreadConstraint("zone", 2, LabelSelector((ZONE,))),
            id="a selector",
        ),
        pytest.param(
            {"minDomains": 3}, SpreadConstraint("zone", 2, NULL, min_domains=3), id="minDomains"
        ),
        pytest.param(
            {"minDomains": 0}, SpreadConstraint("zone", 2, NULL, min_domains=0), id="0 is said"
        ),
        pytest.param(
            {"nodeAffinityPolicy": "Ignore", "nodeTaintsPolicy": "Ignore"},
            SpreadConstraint("zone", 2, NULL, honors_affinity=False),
            id="both policies Ignore",
        ),
        pytest.param(
            {"nodeAffinityPolicy": "Honor", "nodeTaintsPolicy": "Honor"},
            SpreadConstraint("zone", 2, NULL, honors_taints=True),
            id="both policies Honor",
        ),
        pytest.param(
            {"matchLabelKeys": ["b", "a"]},
            SpreadConstraint("zone", 2, NULL, match_label_keys=("b", "a")),
            id="label keys",
        ),
        pytest.param(
            {"topologyKey": None, "maxSkew": None},
            SpreadConstraint("", 0, NULL),
            id="not even what must be said",
        ),
    ],
)
def test_a_hard_spread_constraint_is_read_with_the_defaults(fields, constraint):
    raw = msgspec.convert({**HARD, **fields}, wire.TopologySpreadConstraint)
    assert spread_constraints([raw]) == (constraint,)


@pytest.mark.parametrize(
    ("action", "held"),
    [("DoNotSchedule", 1), ("ScheduleAnyway", 0), ("", 1), (None, 1), ("Other", 0)],
)
def test_only_constraints_that_filter_are_held(action, held):
    raw = wire.TopologySpreadConstraint(when_unsatisfiable=action)
    assert len(spread_constraints([raw])) == held


def test_spread_constraints_keep_their_order():
    raw = [
        wire.TopologySpreadConstraint(topology_key=key, when_unsatisfiable=action)
        for key, action in (("b", "DoNotSchedule"), ("x", "ScheduleAnyway"), ("a", None))
    ]
    assert [each.topology_key for each in spread_constraints(raw)] == ["b", "a"]


def test_no_spread_constraint_is_none():
    assert (spread_constraints(None), spread_constraints([])) == ((), ())


@pytest.mark.parametrize(
    "spec",
    [
        {"affinity": {"nodeAffinity": {PREFERRED: 5}}},
        {"affinity": {"podAntiAffinity": {PREFERRED: [{"weight": "much"}]}}},
        {"tolerations": [{"tolerationSeconds": "abc"}]},
    ],
)
def test_wrong_types_are_found_in_what_never_filters_too(spec):
    with pytest.raises(ParseError):
        builders.value(builders.vm(**spec))


@pytest.mark.parametrize("kind", ["podAffinity", "podAntiAffinity"])
@pytest.mark.parametrize(
    ("terms", "across"),
    [
        ([], False),
        ([{"weight": 1}], False),
        ([{"podAffinityTerm": {"topologyKey": "zone"}}], False),
        ([{"podAffinityTerm": {"namespaces": []}}], False),
        ([{"podAffinityTerm": {"namespaces": ["a"]}}], True),
        ([{"podAffinityTerm": {"namespaceSelector": {}}}], True),
        ([{"weight": 1}, {"podAffinityTerm": {"namespaces": ["a"]}}], True),
    ],
)
def test_of_preferred_terms_only_a_look_across_namespaces_is_kept(kind, terms, across):
    rules = builders.value(builders.pod(affinity={kind: {PREFERRED: terms}})).rules
    assert rules == SchedulingRules(prefers_across=across)
