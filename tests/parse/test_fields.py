"""A VM's fields as they stand in its JSON, in plain trees and in shallow ones."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recorded import items
from webhook.objects import Placement
from webhook.parse.fields import (
    DEVICES,
    LIVE,
    BadField,
    canonical,
    other_fields,
    placed_alike,
    placement,
    plain,
    refers,
    shallow,
)

POD = "spec.template.spec"


def streamed(tree):
    """The tree of the same VM as it is read off its bytes."""
    return shallow(json.dumps(tree).encode())


def test_canonical_json_has_sorted_keys_and_no_blanks():
    assert canonical({"b": [1, {"d": None, "c": "ä"}], "a": True}) == (
        '{"a":true,"b":[1,{"c":"ä","d":null}]}'
    )


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({1: "a", "b": "c"}, id="keys that cannot be sorted"),
        pytest.param({"a": {1, 2}}, id="a set"),
        pytest.param({"a": b"x"}, id="bytes"),
    ],
)
def test_what_json_cannot_say_is_refused(given):
    with pytest.raises(BadField, match="holds a value that is not JSON: "):
        canonical(given)


def test_a_tree_that_holds_itself_is_refused():
    tree: dict = {}
    tree["a"] = tree
    with pytest.raises(BadField, match="holds a value that is not JSON: "):
        canonical(tree)


def template(**pod_spec):
    return {"template": {"spec": pod_spec}}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        pytest.param(None, {}, id="no spec"),
        pytest.param("x", {}, id="a spec of a wrong type"),
        pytest.param({"template": None, "instancetype": None}, {}, id="nothing set"),
        pytest.param(
            template(affinity={}, nodeSelector=None, tolerations=[]), {}, id="absent, null or empty"
        ),
        pytest.param(
            template(affinity={"nodeAffinity": {}}),
            {f"{POD}.affinity": '{"nodeAffinity":{}}'},
            id="nothing deeper is normalised",
        ),
        pytest.param(
            template(
                nodeSelector={"b": "1", "a": "2"}, tolerations=[{"key": "k"}], schedulerName="x"
            ),
            {
                f"{POD}.nodeSelector": '{"a":"2","b":"1"}',
                f"{POD}.tolerations": '[{"key":"k"}]',
            },
            id="placement fields only",
        ),
        pytest.param(
            {
                "instancetype": {"kind": "X", "name": "n", "revisionName": "r", "inferFrom": "v"},
                "preference": {"name": "p", "kind": ""},
            },
            {
                "spec.instancetype": '{"kind":"X","name":"n","revisionName":"r"}',
                "spec.preference": '{"name":"p"}',
            },
            id="references by kind, name and revision",
        ),
        pytest.param({"instancetype": {"kind": None}}, {}, id="an empty reference"),
    ],
)
def test_the_placement_is_taken_raw(spec, fields):
    tree = {"spec": spec}
    for read in (tree, streamed(tree)):
        assert placement(read) == Placement(fields)
    assert placed_alike(tree, streamed(tree))


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            template(affinity={"x": 1}, nodeSelector={"a": "b"}, tolerations=[1]),
            {},
            id="the placement is not among them",
        ),
        pytest.param(
            template(volumes=[1], networks=[1], domain={"devices": {"disks": [1]}}),
            {},
            id="nor is what goes live",
        ),
        pytest.param(
            template(
                domain={
                    "cpu": {"sockets": 2, "cores": 3},
                    "memory": {"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}},
                    "devices": {"interfaces": [1], "rng": {}, "tpm": {"persistent": True}},
                    "machine": {"type": "q35"},
                }
            ),
            {
                f"{POD}.domain.cpu.cores": "3",
                f"{POD}.domain.memory.hugepages": '{"pageSize":"2Mi"}',
                f"{POD}.domain.devices.tpm": '{"persistent":true}',
                f"{POD}.domain.machine": '{"type":"q35"}',
            },
            id="the domain by its groups",
        ),
        pytest.param(
            template(
                hostname="h", subdomain="", evictionStrategy=None, dnsConfig={}, hooks=[], n=0
            ),
            {f"{POD}.hostname": '"h"', f"{POD}.n": "0"},
            id="only what is set",
        ),
        pytest.param(
            template(domain={"cpu": "x"}), {f"{POD}.domain.cpu": '"x"'}, id="a wrong type"
        ),
        pytest.param(template(hostname=False), {f"{POD}.hostname": "false"}, id="false is set"),
    ],
)
def test_the_fields_that_only_a_restart_applies(spec, fields):
    for read in ({"spec": spec}, streamed({"spec": spec})):
        assert other_fields(read) == fields


@pytest.mark.parametrize("spec", [None, [], "instancetype", {"instancetype": {}}])
def test_what_refers_to_nothing_does_not_refer(spec):
    assert not refers({"spec": spec})
    assert not refers(streamed({"spec": spec}))


def test_fields_are_read_off_the_bytes_as_off_a_tree():
    for tree in items("VirtualMachine"):
        read = streamed(tree)
        assert read != tree
        assert placement(read) == placement(tree)
        assert other_fields(read) == other_fields(tree)
        assert other_fields(read, LIVE - DEVICES) == other_fields(tree, LIVE - DEVICES)
        assert plain(json.dumps(tree).encode()) == tree


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({"nodeSelector": {"a": "1", "b": "2"}}, {"nodeSelector": {"b": "2", "a": "1"}}, True),
        ({"nodeSelector": {}, "affinity": None}, {"tolerations": [], "hostname": "x"}, True),
        ({"nodeSelector": {"a": "1"}}, {"nodeSelector": {"a": "2"}}, False),
        ({"affinity": {"nodeAffinity": {}}}, {"affinity": {}}, False),
        ({"tolerations": [{"key": "a"}]}, {}, False),
    ],
)
def test_versions_are_placed_alike_where_their_placements_are_equal(one, other, alike):
    first, second = ({"spec": template(**each)} for each in (one, other))
    for read in (first, streamed(first)):
        assert placed_alike(read, second) is alike
        assert placed_alike(streamed(second), read) is alike
    assert (placement(first) == placement(second)) is alike


def test_another_reference_is_another_placement():
    first, second = ({"spec": {"instancetype": {"name": name}}} for name in ("u1", "u2"))
    assert placed_alike(first, streamed(first))
    assert not placed_alike(first, second)


def test_long_texts_are_read_as_well():
    tree = {"spec": template(nodeSelector={"a": "x" * 5000}, domain={"firmware": "y" * 5000})}
    assert placement(streamed(tree)) == placement(tree)
    assert other_fields(streamed(tree)) == other_fields(tree)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(json_values.filter(lambda value: "Infinity" not in json.dumps(value)), st.booleans())
def test_the_text_of_a_value_does_not_depend_on_how_it_came_in(value, escaped):
    raw = json.dumps(value, ensure_ascii=escaped, indent=1).encode(errors="surrogatepass")
    assert canonical(msgspec.Raw(raw)) == canonical(msgspec.json.decode(raw))
    assert canonical(msgspec.json.decode(raw)) == json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


@pytest.mark.parametrize(
    "raw",
    [b'"\xff"', b"[" * 5000 + b"]" * 5000, b"1e999"],
    ids=["no text", "deep", "a huge number"],
)
def test_bytes_that_cannot_be_read_are_refused(raw):
    with pytest.raises(BadField, match="holds a value that is not JSON: "):
        canonical(msgspec.Raw(raw))


def test_a_group_of_the_domain_that_cannot_be_read_is_refused():
    raw = b'{"spec":{"template":{"spec":{"domain":{"cpu":"HERE"}}}}}'.replace(b"HERE", b"\xff")
    with pytest.raises(BadField, match="holds a value that is not JSON: "):
        other_fields(shallow(raw))
