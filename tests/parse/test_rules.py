"""Affinity, nodeSelector and tolerations from the wire."""

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
    Toleration,
)
from webhook.parse import ParseError, wire
from webhook.parse.rules import scheduling_rules, string_map

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


@pytest.mark.parametrize(
    ("raw", "mapped"),
    [
        pytest.param(None, {}, id="null is empty"),
        pytest.param({}, {}, id="empty is empty"),
        pytest.param({"a": None, "b": "x"}, {"a": "", "b": "x"}, id="a null value is empty"),
    ],
)
def test_a_map_of_strings_is_read_as_the_api_reads_it(raw, mapped):
    assert string_map(raw) == mapped


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
