"""webhook.parse.decode: straight from the bytes, and the same as through the tree."""

import json

import pytest

from tests.builders import FEATURES, kubevirt_node, launcher, namespace, node, pod, value, vm, vmi
from webhook.parse import ParseError, decode, parse

TREES = [
    node(taints=[{"key": "a", "effect": "NoSchedule"}]),
    kubevirt_node(),
    pod(requests={"cpu": "100m"}),
    launcher(),
    namespace(labels={"a": "b"}),
    vm(nodeSelector={"a": "b"}, tolerations=[{"operator": "Exists"}]),
    vmi(),
]


@pytest.mark.parametrize("tree", TREES)
def test_bytes_give_the_value_of_their_tree(tree):
    bare = {k: v for k, v in tree.items() if k not in ("kind", "apiVersion")}
    assert decode(tree["kind"], json.dumps(bare).encode(), FEATURES) == value(tree)


@pytest.mark.parametrize(
    "tree",
    [
        {**node(), "spec": {"unschedulable": "maybe"}},
        {**node(), "status": {"allocatable": {"cpu": "much"}}},
        {**vm(), "spec": {}},
        {**vm(), "metadata": 5},
    ],
)
def test_what_cannot_be_read_is_told_as_of_its_tree(tree):
    with pytest.raises(ParseError) as of_tree:
        parse(tree, FEATURES)
    with pytest.raises(ParseError) as of_bytes:
        decode(tree["kind"], json.dumps(tree).encode(), FEATURES)
    assert str(of_bytes.value) == str(of_tree.value)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"5", b"[]", b"\xff", b'{"metadata": {"name": "\xff"}}']
)
def test_what_is_no_json_object_is_told(raw):
    with pytest.raises(ParseError, match="Node: the object is not JSON"):
        decode("Node", raw, FEATURES)


@pytest.mark.parametrize("field", ["extra", "spec"])
def test_what_is_nested_too_deeply_is_told(field):
    raw = b'{"%s": %s}' % (field.encode(), b"[" * 5000 + b"]" * 5000)
    with pytest.raises(ParseError, match="VirtualMachine: the object is nested too deeply"):
        decode("VirtualMachine", raw, FEATURES)
