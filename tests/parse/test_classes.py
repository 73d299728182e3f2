"""webhook.parse.classes: what names stand for."""

import pytest

from tests import builders
from webhook.objects import Toleration
from webhook.objects.classes import NetworkAttachment, PriorityClass, RuntimeClass
from webhook.parse import ParseError, parse
from webhook.parse.quantities import NANO


def value(kind, **fields):
    """The value of an object of this kind."""
    return parse({"kind": kind, **fields}, builders.FEATURES)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("PriorityClass", PriorityClass("")),
        ("RuntimeClass", RuntimeClass("")),
        ("NetworkAttachmentDefinition", NetworkAttachment("default", "")),
    ],
)
def test_one_that_says_nothing_is_a_name(kind, expected):
    assert value(kind) == expected


def test_a_priority_class_has_a_value_and_may_be_the_default():
    metadata = {"name": "high"}
    found = value("PriorityClass", metadata=metadata, value=7, globalDefault=True)
    assert found == PriorityClass("high", 7, is_default=True)


def test_a_runtime_class_has_overhead_and_rules():
    found = value(
        "RuntimeClass",
        metadata={"name": "kata"},
        overhead={"podFixed": {"cpu": "1m", "memory": "1Ki"}},
        scheduling={"nodeSelector": {"a": "b"}, "tolerations": [{"key": "k"}]},
    )
    overhead = {"cpu": NANO // 1000, "memory": 1024 * NANO}
    assert found == RuntimeClass("kata", overhead, {"a": "b"}, (Toleration("k"),))
    assert value("RuntimeClass", overhead={}, scheduling={}) == RuntimeClass("")
    with pytest.raises(ParseError, match="'much' is not a quantity"):
        value("RuntimeClass", overhead={"podFixed": {"cpu": "much"}})


def test_a_network_names_its_resource_in_an_annotation():
    notes = {"k8s.v1.cni.cncf.io/resourceName": "a.com/b"}
    metadata = {"namespace": "red", "name": "fast", "annotations": notes}
    found = value("NetworkAttachmentDefinition", metadata=metadata)
    assert found == NetworkAttachment("red", "fast", "a.com/b")
