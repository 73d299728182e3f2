"""webhook.parse.stream: pages and lines, whose objects may be of any shape."""

import json

import msgspec
import pytest

from tests.builders import FEATURES, node, pod, value, vm
from webhook.parse import ParseError
from webhook.parse.identity import Identity
from webhook.parse.stream import UNREADABLE, Reader


def page(*trees, **metadata):
    """A page of a list."""
    return json.dumps({"metadata": metadata, "items": trees}).encode()


def line(tree, type_="ADDED"):
    """A line of a watch."""
    return json.dumps({"type": type_, "object": tree}).encode()


def told(tree, version="7"):
    """The object as the API server gives it."""
    metadata = {**tree["metadata"], "resourceVersion": version}
    return {k: v for k, v in {**tree, "metadata": metadata}.items() if k != "kind"}


def items(reader, *trees):
    """The objects of a page."""
    return list(reader.page(page(*trees)).items or ())


@pytest.mark.parametrize("tree", [node(), pod(), vm()], ids=["a node", "a pod", "a plain kind"])
def test_objects_of_pages_and_lines_are_values_with_an_identity(tree):
    reader = Reader(tree["kind"])
    found = reader.page(page(told(tree), told(tree), resourceVersion="9", **{"continue": "t"}))
    assert (found.metadata.resource_version, found.metadata.continue_) == ("9", "t")
    said = reader.line(line(told(tree)))
    assert said.type == "ADDED"
    for item in (*(found.items or ()), said.object):
        assert reader.value(item, FEATURES) == value(tree)
        assert reader.version(item) == "7"
        who = reader.identity(item)
        assert who is not None
        assert who.key == value(tree).key


@pytest.mark.parametrize("tree", [node(), pod(), vm()], ids=["a node", "a pod", "a plain kind"])
def test_what_is_gone_is_known_by_its_metadata_whatever_else_it_says(tree):
    reader = Reader(tree["kind"])
    gone = b'{"type":"DELETED","object":%s}' % json.dumps({**told(tree), "spec": 5}).encode()
    said = reader.line(gone)
    assert said.type == "DELETED"
    assert reader.version(said.object) == "7"
    assert reader.identity(said.object) == reader.identity(reader.line(line(told(tree))).object)


@pytest.mark.parametrize("tree", [5, {}, {"metadata": None}, {"metadata": 5}])
def test_what_is_gone_without_metadata_is_nobody(tree):
    reader = Reader("Pod")
    gone = reader.line(b'{"type":"DELETED","object":%s}' % json.dumps(tree).encode()).object
    assert reader.identity(gone) is None
    assert reader.version(gone) == ""


def test_a_page_may_be_empty():
    found = Reader("Pod").page(b'{"metadata": {"resourceVersion": "1"}, "items": null}')
    assert found.items is None


def test_one_object_of_another_shape_does_not_hide_the_others():
    reader = Reader("Node")
    bad = {"metadata": {"name": "bad", "resourceVersion": "8"}, "spec": {"taints": 5}}
    good, found = items(reader, told(node()), bad)
    assert reader.value(good, FEATURES) == value(node())
    assert reader.version(good) == "7"
    assert reader.identity(found) == Identity("bad", "8", "Node bad")
    assert reader.version(found) == "8"
    with pytest.raises(ParseError, match=r"Node bad: spec\.taints: expected a list, got 5"):
        reader.value(found, FEATURES)


@pytest.mark.parametrize(
    "spec", [{"priority": "high"}, {"affinity": 5}, {"overhead": {"cpu": "x"}}]
)
def test_what_cannot_be_read_is_told_with_its_field(spec):
    reader, tree = Reader("Pod"), told(pod("p", namespace="n", **spec))
    (field,) = spec
    with pytest.raises(ParseError, match=rf"Pod n/p: spec\.{field}"):
        reader.value(reader.line(line(tree)).object, FEATURES)


@pytest.mark.parametrize("kind", ["Pod", "Node", "VirtualMachine"])
@pytest.mark.parametrize("tree", [5, {}, {"metadata": None}, {"metadata": 5}])
def test_what_has_no_metadata_is_nobody(kind, tree):
    reader = Reader(kind)
    found = reader.line(line(tree)).object
    assert reader.identity(found) is None
    assert reader.version(found) == ""


@pytest.mark.parametrize("kind", ["Pod", "Node", "VirtualMachine"])
def test_a_refusal_is_a_line_of_any_kind(kind):
    status = {"kind": "Status", "metadata": {}, "status": "Failure", "code": 410}
    assert Reader(kind).line(line(status, "ERROR")).type == "ERROR"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"5", b'{"type": 5}', b"\xff"])
def test_what_is_no_page_and_no_line_is_unreadable(content):
    reader = Reader("Pod")
    with pytest.raises(UNREADABLE):
        reader.page(content)
    with pytest.raises(UNREADABLE):
        reader.line(content)


def test_items_stay_alive_on_their_own():
    """A value never holds on to the page that it came in."""
    reader = Reader("Pod")
    (item,) = items(reader, told(pod(labels={"a": "b"})))
    read = reader.value(item, FEATURES)
    assert not any(isinstance(getattr(read, name), msgspec.Raw) for name in type(read).__slots__)
