"""webhook.parse.quota: quotas and limit ranges from the wire."""

import pytest

from tests.builders import value
from webhook.objects import Operator, Requirement
from webhook.objects.quota import Bounds, LimitRange, ResourceQuota
from webhook.parse import ParseError

NANO = 10**9
GIB = NANO << 30


def quota(status=None, namespace="shop", **spec):
    """Return a ResourceQuota."""
    metadata = {"name": "q", **({"namespace": namespace} if namespace else {})}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def limits(*items, namespace="shop"):
    """Return a LimitRange."""
    metadata = {"name": "r", **({"namespace": namespace} if namespace else {})}
    spec = {"limits": list(items)} if items else None
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": spec}


def test_a_quota_is_what_its_status_says_and_its_spec_names():
    status = {"hard": {"pods": "4", "limits.cpu": "1500m"}, "used": {"pods": 1}}
    found = value(quota(status, hard={"pods": "5", "limits.memory": "1Gi"}))
    assert found == ResourceQuota(
        "shop",
        "q",
        hard={"pods": 4 * NANO, "limits.cpu": 1_500_000_000},
        used={"pods": NANO},
        named=frozenset({"pods", "limits.memory"}),
    )
    assert found.key == ("shop", "q")


def test_scopes_and_the_scope_selector_all_have_to_hold():
    expressions = [
        {"scopeName": "PriorityClass", "operator": "In", "values": ["high", "low"]},
        {"scopeName": "PriorityClass", "operator": "NotIn", "values": ["x"]},
        {"scopeName": "PriorityClass", "operator": "DoesNotExist"},
        {"scopeName": "Terminating", "operator": "Exists"},
        {},
    ]
    found = value(quota(scopes=["BestEffort"], scopeSelector={"matchExpressions": expressions}))
    assert found.scopes == (
        Requirement("BestEffort", Operator.EXISTS),
        Requirement("PriorityClass", Operator.IN, frozenset({"high", "low"})),
        Requirement("PriorityClass", Operator.NOT_IN, frozenset({"x"})),
        Requirement("PriorityClass", Operator.DOES_NOT_EXIST),
        Requirement("Terminating", Operator.EXISTS),
        Requirement("", Operator.EXISTS),
    )
    assert value(quota(scopeSelector={})).scopes == ()


def test_an_empty_quota_and_limit_range_are_of_the_default_namespace_and_say_nothing():
    for kind in ("ResourceQuota", "LimitRange"):
        found = value({"apiVersion": "v1", "kind": kind})
        assert found.key == ("default", "")
    assert value(quota(namespace="")) == ResourceQuota("default", "q")
    assert value(limits(namespace="")) == LimitRange("default", "r")


def test_a_limit_range_keeps_its_items_in_their_order():
    ratio = {"type": "Pod", "maxLimitRequestRatio": {"cpu": "1500m"}}
    found = value(limits(ratio, {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}}, {}))
    assert found == LimitRange(
        "shop",
        "r",
        (
            Bounds("Pod", max_ratio={"cpu": 1_500_000_000}),
            Bounds("PersistentVolumeClaim", min={"storage": GIB}),
            Bounds(""),
        ),
    )
    assert found.key == ("shop", "r")


def test_what_containers_are_given_is_filled_in_as_the_api_server_does():
    bounds = {
        "min": {"memory": "1Gi", "cpu": "1"},
        "max": {"memory": "4Gi", "cpu": "4", "ephemeral-storage": "5Gi"},
        "default": {"memory": "3Gi"},
        "defaultRequest": {"ephemeral-storage": "2Gi"},
    }
    (found,) = value(limits({"type": "Container", **bounds})).limits
    assert found.min == {"memory": GIB, "cpu": NANO}
    assert found.max == {"memory": 4 * GIB, "cpu": 4 * NANO, "ephemeral-storage": 5 * GIB}
    assert found.default == {"memory": 3 * GIB, "cpu": 4 * NANO, "ephemeral-storage": 5 * GIB}
    assert found.default_request == {
        "memory": 3 * GIB,
        "cpu": 4 * NANO,
        "ephemeral-storage": 2 * GIB,
    }
    (least,) = value(limits({"type": "Container", "min": {"cpu": "1"}})).limits
    assert (least.default, least.default_request) == ({}, {"cpu": NANO})
    (whole,) = value(limits({"type": "Pod", **bounds})).limits
    assert (whole.default, whole.default_request) == (
        {"memory": 3 * GIB},
        {"ephemeral-storage": 2 * GIB},
    )


def test_what_is_no_quantity_is_said():
    with pytest.raises(ParseError, match="ResourceQuota shop/q: pods: 'x' is not a quantity"):
        value(quota({"hard": {"pods": "x"}}))
    with pytest.raises(ParseError, match="LimitRange shop/r: cpu: 'y' is not a quantity"):
        value(limits({"max": {"cpu": "y"}}))
