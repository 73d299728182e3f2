"""What is said of a field of a wrong type."""

import msgspec
import pytest

from webhook.parse import pod_wire
from webhook.parse.sentences import quantity_sentence, sentence


def said(tree, type_=pod_wire.Pod):
    """The sentence about the tree as this type."""
    with pytest.raises(msgspec.ValidationError) as refusal:
        msgspec.convert(tree, type_)
    return sentence(str(refusal.value), tree)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"spec": "x"}, 'spec: expected an object, got "x"'),
        ({"spec": {"nodeName": 5}}, "spec.nodeName: expected text, got 5"),
        ({"spec": {"nodeName": True}}, "spec.nodeName: expected text, got true"),
        ({"spec": {"nodeName": 1.5}}, "spec.nodeName: expected text, got 1.5"),
        ({"spec": {"nodeName": {}}}, "spec.nodeName: expected text, got {}"),
        ({"spec": {"nodeName": {"a": 1}}}, "spec.nodeName: expected text, got an object"),
        ({"spec": {"containers": {}}}, "spec.containers: expected a list, got {}"),
        ({"spec": {"containers": [{}, []]}}, "spec.containers[1]: expected an object, got []"),
        ({"spec": {"containers": [None]}}, "spec.containers[0]: expected an object, got null"),
        ({"spec": {"priority": "1"}}, 'spec.priority: expected a whole number, got "1"'),
        ({"spec": {"hostNetwork": 1}}, "spec.hostNetwork: expected true or false, got 1"),
        ({"spec": {"nodeName": list("abc")}}, "spec.nodeName: expected text, got a list"),
    ],
)
def test_a_field_is_named_with_what_it_should_be_and_what_it_is(tree, expected):
    assert said(tree) == expected


def test_the_entry_of_a_map_is_found_by_its_wrong_type():
    labels = {"a": "x", "b.example.org/c": 5, "d": True}
    found = said({"metadata": {"labels": labels}})
    assert found == "metadata.labels.b.example.org/c: expected text, got 5"


def test_a_long_value_is_cut():
    found = said({"spec": "x" * 100})
    assert found == f'spec: expected an object, got "{"x" * 59}…'


def test_an_object_of_a_wrong_type_has_no_path():
    assert said([], pod_wire.Pod) == "expected an object, got []"


def test_other_messages_are_passed_on():
    assert sentence("Object missing required field `uid` - at `$.request`", {}) == (
        "Object missing required field uid"
    )


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"spec": {"overhead": {"cpu": "12 GiB"}}}, "spec.overhead.cpu"),
        ({"status": {"allocatable": {"cpu": 1, "memory": "12 GiB"}}}, "status.allocatable.memory"),
        ({"a": {"memory": {"guest": "12 GiB"}}}, "a.memory.guest"),
        (
            {"containers": [{}, {"resources": {"requests": {"a/b": "12 GiB"}}}]},
            "containers[1].resources.requests.a/b",
        ),
        ({"guest": None, "limits": {"a": [], "b": True, "c": "12 GiB"}}, "limits.c"),
        ({"guest": {"requests": "x"}, "limits": {"c": "12 GiB"}}, "limits.c"),
    ],
)
def test_the_quantity_that_is_none_is_found(tree, path):
    problem = "'12 GiB' is not a quantity: unknown suffix ' GiB'"
    assert quantity_sentence(tree, "") == f"{path}: {problem}; write it as 500m or 4Gi"


def test_where_every_quantity_is_one_the_other_words_stand():
    assert quantity_sentence({"spec": {"overhead": {"cpu": "1"}}}, "as it was") == "as it was"
