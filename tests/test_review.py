"""webhook.review: AdmissionReview v1 in and out, and the patch of single annotations."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpatch import apply_patch

from tests.builders import FEATURES, admission_review, vm
from webhook.parse import ParseError
from webhook.policy import Decision
from webhook.review import BadReview, annotation_patch, decode, mutated, validated


def changed(**request):
    """Return a review of an UPDATE with some fields of its request replaced."""
    return admission_review(vm(), vm(), **request)


def test_a_request_is_decoded():
    asked = decode(admission_review(vm(nodeSelector={"a": "b"}), vm(), username="dev"))
    assert (asked.uid, asked.operation, asked.username) == ("42", "UPDATE", "dev")
    old, new = asked.subject(FEATURES)
    assert old is not None
    assert (old.rules.node_selector, new.rules.node_selector) == ({}, {"a": "b"})


def test_a_created_vm_has_no_old_version_even_if_one_is_sent():
    assert decode(admission_review(vm())).subject(FEATURES)[0] is None
    asked = decode(admission_review(vm(), vm(), operation="CREATE"))
    assert asked.subject(FEATURES)[0] is None


def test_a_request_without_user_is_nobodys():
    assert decode(changed(userInfo={})).username == ""


def test_a_deletion_carries_only_the_old_object():
    asked = decode(admission_review(None, vm(), operation="DELETE"))
    assert asked.operation == "DELETE"
    with pytest.raises(ParseError, match=r"request\.object is missing"):
        asked.subject(FEATURES)


def test_an_object_that_cannot_be_read_names_its_field():
    broken = vm(nodeSelector={"a": 1})
    with pytest.raises(ParseError, match=r"spec\.template\.spec\.nodeSelector"):
        decode(admission_review(broken)).subject(FEATURES)


def test_the_versions_are_read_once():
    asked = decode(changed())
    assert asked.subject(FEATURES) is asked.subject(FEATURES)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"no JSON", "not an AdmissionReview"),
        (b"\xff\xfe", "not an AdmissionReview"),
        (b'"\\ud800"', "not an AdmissionReview"),
        (b"[" * 100_000, "not an AdmissionReview"),
        (b"[]", "not an AdmissionReview"),
        (b"{}", "got no kind of no apiVersion"),
        (b'{"kind": "Pod", "apiVersion": "v1"}', "got Pod of v1"),
        (
            b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1beta1"}',
            "got AdmissionReview of admission.k8s.io/v1beta1",
        ),
        (
            b'{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}',
            "request is missing",
        ),
        (changed(uid=1), "uid"),
        (changed(object=[]), "object"),
        (changed(kind={}), "request.kind is no kind of group core"),
        (changed(kind={"kind": "Pod", "version": "v1"}), "request.kind is Pod of group core"),
        (changed(object=None), "request.object is missing; UPDATE carries one"),
        (changed(oldObject=None), "request.oldObject is missing"),
        (admission_review(None, operation="CREATE"), "request.object is missing; CREATE"),
        (changed(object={}), "request.object is a thing without kind of no apiVersion"),
        (
            changed(object={"kind": "Pod", "apiVersion": "v1"}),
            "request.object is a Pod of v1, but request.kind declares VirtualMachine",
        ),
        (
            changed(oldObject={"kind": "VirtualMachine", "apiVersion": "evil.io/v1"}),
            "request.oldObject is a VirtualMachine of evil.io/v1",
        ),
    ],
)
def test_what_is_no_review_of_ours_is_named_in_one_sentence(body, sentence):
    with pytest.raises(BadReview) as raised:
        decode(body)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=200))
def test_noise_is_a_bad_review_and_nothing_worse(body):
    with pytest.raises(BadReview):
        decode(body)


@pytest.mark.parametrize(
    ("new", "old", "operation", "differs"),
    [
        (vm(), None, None, True),
        (vm(), vm(hostname="x"), None, False),
        (vm(nodeSelector=None), vm(nodeSelector={}), None, False),
        (vm(nodeSelector={"a": "b"}), vm(), None, True),
        (vm(nodeSelector={"a": 1}), vm(nodeSelector={"a": 1}), None, False),
    ],
)
def test_whether_there_is_anything_to_decide_shows_before_parsing(new, old, operation, differs):
    assert decode(admission_review(new, old, operation)).placed_differently is differs


def test_a_vm_that_is_being_deleted_leaves_nothing_to_decide():
    new = vm(nodeSelector={"a": "b"})
    new["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert not decode(admission_review(new, vm())).placed_differently
    new["metadata"] = None
    assert decode(admission_review(new, vm())).placed_differently


@pytest.mark.parametrize("kind", ["instancetype", "preference"])
def test_whether_a_version_refers_to_anything_shows_before_parsing(kind):
    plain, typed = vm(nodeSelector={"a": 1}), vm(spec={kind: {"name": "u1"}})
    assert not decode(admission_review(plain, plain)).refers
    assert decode(admission_review(plain, typed)).refers
    assert decode(admission_review(typed, plain)).refers
    assert decode(admission_review(typed)).refers
    assert not decode(admission_review(plain)).refers


def response(body):
    """Return the response in an encoded review."""
    review = json.loads(body)
    assert (review["apiVersion"], review["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    return review["response"]


def test_an_allowed_request_is_answered_with_its_uid_and_no_more():
    assert response(validated("42", Decision(allowed=True))) == {"uid": "42", "allowed": True}


def test_a_refusal_is_403_forbidden_and_carries_warnings_and_the_code_for_the_audit():
    decision = Decision(allowed=False, code="VMA-101", message="no", warnings=("careful",))
    assert response(validated("42", decision)) == {
        "uid": "42",
        "allowed": False,
        "status": {"code": 403, "reason": "Forbidden", "message": "no"},
        "warnings": ["careful"],
        "auditAnnotations": {"code": "VMA-101"},
    }


def test_a_patch_and_its_type_come_together_or_not_at_all():
    assert response(mutated("42", [])) == {"uid": "42", "allowed": True}
    operations = [{"op": "add", "path": "/metadata/annotations", "value": {}}]
    found = response(mutated("42", operations))
    assert found["patchType"] == "JSONPatch"
    assert json.loads(base64.b64decode(found["patch"])) == operations


def test_annotations_are_set_one_by_one_under_escaped_names():
    assert annotation_patch({"x": "1"}, True, {"a/b": "2", "a~c": "3"}) == [
        {"op": "add", "path": "/metadata/annotations/a~1b", "value": "2"},
        {"op": "add", "path": "/metadata/annotations/a~0c", "value": "3"},
    ]


def test_a_missing_map_is_made_first_but_only_if_something_goes_in():
    assert annotation_patch({}, False, {"a": None}) == []
    first, second = annotation_patch({}, False, {"a": "1"})
    assert first == {"op": "add", "path": "/metadata/annotations", "value": {}}
    assert second["path"] == "/metadata/annotations/a"


keys = st.text(alphabet="ab/~. é", min_size=1, max_size=5)


@given(
    st.dictionaries(keys, st.text(max_size=3)),
    st.dictionaries(keys, st.none() | st.text(max_size=3)),
)
def test_a_patch_makes_just_the_wanted_changes_and_none_a_second_time(annotations, wanted):
    tree = {"metadata": {"annotations": annotations}}
    patched = apply_patch(tree, annotation_patch(annotations, True, wanted))
    found = patched["metadata"]["annotations"]
    expected = {**annotations, **wanted}
    assert found == {key: text for key, text in expected.items() if text is not None}
    assert annotation_patch(found, True, wanted) == []


def broken(field):
    """Return a review of an UPDATE in which a field holds what no JSON text can be."""
    new = vm(affinity={"a": "HERE"}) if field == "affinity" else vm(status={"a": "HERE"})
    return decode(changed(object=new).replace(b"HERE", b"\xff"))


def test_a_placement_that_cannot_be_compared_is_left_to_whoever_reads_it():
    asked = broken("affinity")
    assert asked.placed_differently
    with pytest.raises(ParseError, match="VirtualMachine: the object is not JSON"):
        asked.subject(FEATURES)


def test_what_is_read_by_nobody_is_not_looked_at():
    asked = broken("status")
    assert not asked.placed_differently
    assert asked.subject(FEATURES)[1].name == "vm"
    assert asked.object is not None
    with pytest.raises(ParseError, match="VirtualMachine: the object is not JSON"):
        _ = asked.object.whole
