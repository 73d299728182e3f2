"""tests.torture.rendered.difference: two pods, field by field."""

from dataclasses import fields, replace

import pytest

from tests.torture.rendered.difference import NOT_COMPARED, differences
from webhook.objects import (
    Claim,
    LabelSelector,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
    SpreadConstraint,
    Toleration,
)
from webhook.objects.resources import Container, PodResources

RULES = SchedulingRules({"disk": "ssd"}, tolerations=(Toleration("a"), Toleration("b")))
SPREAD = SpreadConstraint("zone", 1, LabelSelector(), match_label_keys=("app",))
MERGED = LabelSelector((Requirement("app", Operator.IN, frozenset({"vm"})),))
POD = PodInfo(
    "default",
    "p",
    labels={"app": "vm"},
    rules=RULES,
    requests={"cpu": 1},
    spread=(SPREAD,),
    claims=(Claim("a"), Claim("b")),
    resources=PodResources((Container("compute", {"cpu": 1}),)),
)


def found(event="migration", **changed):
    """The fields in which a changed pod differs."""
    return [each.field for each in differences(POD, replace(POD, **changed), event)]


def test_only_known_fields_are_left_out():
    assert {field.name for field in fields(PodInfo)} >= NOT_COMPARED.keys()
    assert found(uid="u", name="q", node_name="n", phase="Running", owner_uid="o") == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"labels": {"app": "other"}}, "labels[app]"),
        ({"requests": {"cpu": 1, "memory": 1}}, "requests[memory]"),
        ({"usage": {"cpu": 1}}, "usage[cpu]"),
        ({"priority": 1}, "priority"),
        ({"claims": (Claim("a"),)}, "claims"),
        ({"rules": replace(RULES, node_selector={})}, "node_selector[disk]"),
        ({"rules": replace(RULES, tolerations=())}, "tolerations"),
        ({"resources": None}, "resources"),
        (
            {"resources": PodResources((Container("compute", {"cpu": 2}),))},
            "resources[compute request of cpu]",
        ),
        ({"spread": ()}, "spread"),
    ],
)
def test_a_difference_is_told_by_its_field(changed, field):
    assert field in found(**changed)


def test_what_means_the_same_is_no_difference():
    turned = replace(RULES, tolerations=tuple(reversed(RULES.tolerations)))
    assert found(rules=turned, claims=(Claim("b"), Claim("a"))) == []
    assert found(spread=(replace(SPREAD, selector=MERGED),)) == []


def test_uids_of_what_does_not_exist_yet_are_left_out():
    labels = {"app": "vm", "kubevirt.io/created-by": "x"}
    assert found("start", labels=labels) == []
    assert found(labels=labels) == ["labels[kubevirt.io/created-by]"]
    assert found(labels={"app": "vm", "kubevirt.io/migrationJobUID": "x"}) == []
