"""webhook.parse.shared: what is equal is one value, and reads as it does anywhere else."""

import json

import msgspec
import pytest

from tests.builders import FEATURES, pod
from webhook.objects import SchedulingRules, Toleration
from webhook.parse import decode, shared

OWNERS = [{"uid": "a"}, {"uid": "b", "controller": True}]
TOLERATIONS = [{"operator": "Exists", "tolerationSeconds": 300}]
SPREAD = [{"topologyKey": "zone", "maxSkew": 1, "labelSelector": {"matchLabels": {"a": "b"}}}]


def raw(value):
    """JSON as it comes in."""
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("lower", "part"),
    [
        pytest.param(shared.labels, {"a": "b", "c": None}, id="labels"),
        pytest.param(shared.spread_constraints, SPREAD, id="spread constraints"),
    ],
)
def test_equal_bytes_are_one_value(lower, part):
    assert lower(raw(part)) is lower(raw(part))


def test_parts_are_read_by_the_rules_of_their_fields():
    assert shared.labels(raw({"a": "b", "c": None})) == {"a": "b", "c": ""}
    assert shared.spread_constraints(raw(SPREAD))[0].topology_key == "zone"
    rules = shared.scheduling_rules(b"null", raw({"zone": "a"}), raw(TOLERATIONS))
    assert rules == SchedulingRules({"zone": "a"}, tolerations=(Toleration("", "Exists"),))
    assert rules is shared.scheduling_rules(b"null", raw({"zone": "a"}), raw(TOLERATIONS))


def test_null_is_as_good_as_absent():
    assert shared.labels(b"null") == {}
    assert shared.spread_constraints(b"null") == ()
    assert shared.scheduling_rules(b"null", b"null", b"null") == SchedulingRules()


@pytest.mark.parametrize("part", [b"5", b'{"a": 5}', b"[5]", b"{"])
def test_what_is_no_such_part_is_refused(part):
    with pytest.raises(msgspec.DecodeError):
        shared.labels(part)


def test_equal_sets_of_words_are_one():
    first, second = "".join(("zone", "-a")), "".join(("zone", "-a"))
    words = shared.texts(["a", first])
    assert words == {"a", "zone-a"}
    assert shared.texts(["a", second]) is words
    assert shared.texts(None) == frozenset()


def test_the_pods_of_a_workload_share_all_that_does_not_differ():
    resources = {"requests": {"cpu": "100m"}, "limits": {"cpu": "1"}}
    spec = {"tolerations": TOLERATIONS, "topologySpreadConstraints": SPREAD}
    labels = {"app": "shared"}

    def replica(name, container):
        containers = [{"name": container, "resources": resources}]
        tree = pod(name, labels=labels, containers=containers, **spec)
        tree["metadata"]["ownerReferences"] = OWNERS
        return decode("Pod", raw(tree), FEATURES)

    first, second = replica("a", "c"), replica("b", "another")
    for field in ("namespace", "labels", "rules", "requests", "usage", "owner_uid", "spread"):
        assert getattr(first, field) is getattr(second, field), field
    assert first.name != second.name
