"""webhook.admission: say what to expand, admit a request, stamp an object."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpatch import apply_patch

from tests.builders import (
    FEATURES,
    admission_review,
    inventory,
    kubevirt_node,
    launcher,
    value,
    vm,
    vmi,
)
from webhook.admission import Expansion, admit, stamp, to_expand
from webhook.inventory import Inventory
from webhook.objects.virtual_machine import REQUESTED_BY, TARGET_HASH
from webhook.review import decode

PLACED = vm(nodeSelector={"disk": "ssd"})
HASH = value(PLACED).placement.hash
STAMP = {TARGET_HASH: HASH, REQUESTED_BY: "dev"}


def decided(new, old=None, operation=None, cluster=None):
    """Return the decision on a request, by default in a cluster of one node with an SSD."""
    asked = decode(admission_review(new, old, operation))
    filled = cluster or inventory(kubevirt_node("n1", {"disk": "ssd"}))
    with filled.reading() as world:
        return admit(asked, world)


def patch(new, old=None, operation=None, username="dev"):
    """Return the patch that stamps a request."""
    return stamp(decode(admission_review(new, old, operation, username)), FEATURES)


def stamped(new, old=None, username="dev"):
    """Return the annotations of the object after its stamp."""
    return apply_patch(new, patch(new, old, username=username))["metadata"].get("annotations")


def annotated(tree, annotations):
    """Return the tree with these annotations; an Ellipsis leaves them out altogether."""
    tree = deepcopy(tree)
    tree["metadata"]["annotations"] = annotations
    if annotations is ...:
        del tree["metadata"]["annotations"]
    return tree


def deleting(tree):
    """Return the tree as it is while the VM is being deleted."""
    tree = deepcopy(tree)
    tree["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    return tree


def test_a_change_is_judged():
    assert decided(PLACED, vm()).allowed
    refused = decided(vm(nodeSelector={"disk": "tape"}), vm())
    assert (refused.allowed, refused.code) == (False, "VMA-101")


def test_a_creation_is_judged_as_a_start():
    assert decided(PLACED).question == "place"
    assert decided(vm(nodeSelector={"disk": "tape"})).code == "VMA-101"


@pytest.mark.parametrize("operation", ["DELETE", "CONNECT"])
def test_other_operations_pass(operation):
    assert decided(None, vm(), operation).allowed
    assert patch(None, vm(), operation) == []


BROKEN = vm(nodeSelector={"disk": 1})


def test_an_object_that_cannot_be_read_is_refused():
    for new, old in ((BROKEN, vm()), (vm(), BROKEN), (BROKEN, None)):
        refused = decided(new, old)
        assert (refused.allowed, refused.code) == (False, "VMA-501")
        assert "VirtualMachine default/vm: spec.template.spec.nodeSelector" in refused.message
        assert patch(new, old) == []


def test_an_object_that_cannot_be_read_passes_where_there_is_nothing_to_decide():
    other = deepcopy(BROKEN)
    other["metadata"]["finalizers"] = []
    assert decided(other, BROKEN).allowed
    assert decided(deleting(BROKEN), vm()).allowed


def test_before_the_cluster_is_read_only_a_change_of_placement_is_refused():
    assert decided(PLACED, vm(), cluster=Inventory()).code == "VMA-501"
    assert decided(vm(hostname="x"), vm(), cluster=Inventory()).allowed


# What KubeVirt is asked for.

U1, U2 = ({"spec": {"instancetype": {"name": name}}} for name in ("u1", "u2"))
TYPED, OTHER, GUEST = vm(**U1), vm(**U2), (vmi(), launcher())
PICKY = vm(**U1, nodeSelector={"disk": "ssd"})


def asked_of_kubevirt(new, old=None, *trees, cluster=None, operation=None):
    """Return what has to be expanded for a request."""
    filled = cluster or inventory(kubevirt_node("n1", {"disk": "ssd"}), *trees)
    with filled.reading() as world:
        return to_expand(decode(admission_review(new, old, operation)), world)


def test_a_start_is_expanded_as_it_is_to_become():
    assert asked_of_kubevirt(TYPED) == Expansion(new=TYPED)
    assert asked_of_kubevirt(PICKY, TYPED) == Expansion(new=PICKY)
    assert asked_of_kubevirt(OTHER, TYPED) == Expansion(new=OTHER)


def test_beside_a_guest_both_versions_are_expanded():
    assert asked_of_kubevirt(OTHER, TYPED, *GUEST) == Expansion(OTHER, TYPED)
    assert asked_of_kubevirt(vm(), TYPED, *GUEST) == Expansion(None, TYPED)
    assert asked_of_kubevirt(TYPED, vm(), *GUEST) == Expansion(TYPED, None)
    renamed = vm(**U1, nodeSelector={"disk": "ssd"}, hostname="x")
    assert asked_of_kubevirt(renamed, TYPED, *GUEST) == Expansion(renamed, TYPED)


@pytest.mark.parametrize(
    ("new", "old", "trees"),
    [
        pytest.param(PLACED, vm(), (), id="no reference"),
        pytest.param(vm(), TYPED, (), id="none any more"),
        pytest.param(vm(**U1, hostname="x"), TYPED, (), id="the same placement"),
        pytest.param(deleting(OTHER), TYPED, GUEST, id="being deleted"),
        pytest.param(PICKY, TYPED, GUEST, id="a guest under the same reference"),
        pytest.param({**OTHER, "spec": {**OTHER["spec"], "template": 1}}, TYPED, (), id="broken"),
    ],
)
def test_nothing_is_expanded_where_nothing_depends_on_it(new, old, trees):
    assert asked_of_kubevirt(new, old, *trees) is None


def test_nothing_is_expanded_before_the_cluster_is_read_or_for_another_operation():
    assert asked_of_kubevirt(TYPED, cluster=Inventory()) is None
    assert asked_of_kubevirt(None, TYPED, operation="DELETE") is None


def expanded(new, old, expansion, *trees):
    """Return the decision on a request with what KubeVirt answered."""
    asked = decode(admission_review(new, old))
    with inventory(kubevirt_node("n1", {"disk": "ssd"}), *trees).reading() as world:
        return admit(asked, world, expansion)


def sized(cores=1, **spec):
    """Return the VM as KubeVirt expands it."""
    return vm(domain={"cpu": {"cores": cores}, "memory": {"guest": "1Gi"}}, **spec)


def test_a_start_is_judged_by_what_its_references_contribute():
    assert expanded(TYPED, None, Expansion(new=vm(nodeSelector={"disk": "ssd"}))).code is None
    refused = expanded(TYPED, None, Expansion(new=vm(nodeSelector={"disk": "tape"})))
    assert (refused.allowed, refused.code) == (False, "VMA-101")
    assert "no node is labelled disk=tape" in refused.message
    huge = vm(domain={"memory": {"guest": "4Ti"}})
    assert expanded(TYPED, None, Expansion(new=huge)).code == "VMA-101"


def test_another_instancetype_that_is_taken_over_live_is_a_move():
    tape = vm(nodeSelector={"disk": "tape"})
    decision = expanded(OTHER, TYPED, Expansion(tape, vm()), *GUEST)
    assert (decision.code, decision.question, decision.warnings) == ("VMA-101", "move", ())
    stays = expanded(OTHER, TYPED, Expansion(PLACED, vm()), *GUEST)
    assert stays.code == "VMA-001"
    assert expanded(vm(), TYPED, Expansion(None, PLACED), *GUEST).code == "VMA-001"


def test_another_instancetype_that_needs_a_restart_is_judged_as_one():
    decision = expanded(OTHER, TYPED, Expansion(sized(cores=2), sized()), *GUEST)
    assert (decision.allowed, decision.code, decision.question) == (True, None, "place")
    (note,) = decision.warnings
    assert note.startswith("[VMA-010]")
    assert "domain.cpu.cores, which needs a restart" in note


def test_why_it_was_not_expanded_is_passed_on():
    decision = expanded(TYPED, None, Expansion(failure="it is too late"))
    assert (decision.allowed, decision.code) == (True, "VMA-502")
    assert decision.message.endswith("could not expand instancetype u1: it is too late.")


def test_an_answer_that_cannot_be_read_is_a_failure_to_expand():
    broken = {**vm(), "spec": {"template": {"spec": {"nodeSelector": {"disk": 1}}}}}
    for expansion in (Expansion(broken, vm()), Expansion(vm(), broken)):
        decision = expanded(OTHER, TYPED, expansion, *GUEST)
        assert (decision.allowed, decision.code) == (True, "VMA-502")
        assert "could not expand instancetype u2: its answer cannot be read" in decision.message


def test_a_guest_that_came_up_meanwhile_is_not_guessed_at():
    assert expanded(OTHER, TYPED, Expansion(new=vm()), *GUEST).code == "VMA-502"


# The stamp.


def test_a_changed_placement_is_stamped_with_its_hash_and_its_user():
    assert stamped(PLACED, vm()) == STAMP
    assert stamped(PLACED) == STAMP
    assert stamped(vm(), annotated(PLACED, STAMP)) == {
        TARGET_HASH: value(vm()).placement.hash,
        REQUESTED_BY: "dev",
    }


@pytest.mark.parametrize("annotations", [..., None, {}, {"other": "x"}])
def test_the_patch_applies_to_whatever_annotations_there_are(annotations):
    new = annotated(PLACED, annotations)
    others = annotations if isinstance(annotations, dict) else {}
    assert stamped(new, vm()) == {**others, **STAMP}


def test_nothing_is_patched_where_neither_placement_nor_stamp_changed():
    assert patch(vm(hostname="x"), vm()) == []
    kept = annotated(PLACED, STAMP)
    assert patch(kept, kept, username="other") == []
    assert patch(vm()) == []


def test_another_user_who_leaves_the_placement_alone_leaves_the_stamp_alone():
    old = annotated(PLACED, STAMP)
    new = annotated(PLACED, {**STAMP, "note": "x"})
    assert patch(new, old, username="other") == []


@pytest.mark.parametrize(
    "tampered",
    [
        {TARGET_HASH: "evil", REQUESTED_BY: "dev"},
        {TARGET_HASH: HASH, REQUESTED_BY: "admin"},
        {TARGET_HASH: HASH},
        {REQUESTED_BY: "dev"},
        {},
        None,
        ...,
    ],
)
def test_a_stamp_that_was_tampered_with_or_dropped_is_put_right(tampered):
    old = annotated(PLACED, STAMP)
    assert stamped(annotated(PLACED, tampered), old, username="other") == STAMP


@pytest.mark.parametrize("tampered", [{}, {TARGET_HASH: HASH}, {TARGET_HASH: "x"}])
def test_a_stamp_of_earlier_rules_cannot_be_turned_into_one_of_these(tampered):
    slipped_past = {TARGET_HASH: "0" * 16, REQUESTED_BY: "dev"}
    old = annotated(PLACED, slipped_past)
    assert stamped(annotated(PLACED, tampered), old) == slipped_past


def test_a_forged_stamp_where_there_was_none_is_removed():
    forged = annotated(PLACED, {**STAMP, "note": "x"})
    assert stamped(forged, PLACED) == {"note": "x"}
    assert stamped(annotated(vm(), STAMP)) == {}
    assert stamped(annotated(PLACED, {REQUESTED_BY: "admin"}), PLACED) == {}


def test_half_a_stamp_is_not_completed_by_guessing():
    old = annotated(PLACED, {TARGET_HASH: HASH})
    assert stamped(annotated(PLACED, STAMP), old) == {TARGET_HASH: HASH}


def test_a_forged_stamp_on_a_change_is_overwritten():
    assert stamped(annotated(PLACED, {TARGET_HASH: "x", REQUESTED_BY: "y"}), vm()) == STAMP


def test_a_vm_that_is_being_deleted_is_left_alone():
    assert patch(deleting(PLACED), vm()) == []
    assert patch(deleting(PLACED), annotated(PLACED, STAMP)) == []


def test_the_stamp_is_the_same_however_the_placement_is_spelled():
    spelled = vm(nodeSelector={"disk": "ssd"}, affinity=None, tolerations=[])
    assert stamped(spelled, vm()) == STAMP


placements = st.fixed_dictionaries(
    {},
    optional={
        "nodeSelector": st.none() | st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy")),
        "tolerations": st.none() | st.lists(st.just({"operator": "Exists"}), max_size=1),
        "affinity": st.none() | st.just({}) | st.just({"nodeAffinity": None}),
    },
)
annotation_maps = (
    st.none()
    | st.just(...)
    | st.dictionaries(
        st.sampled_from([TARGET_HASH, REQUESTED_BY, "note"]), st.sampled_from(["", "x", HASH])
    )
)
vms = st.builds(lambda spec, notes: annotated(vm(**spec), notes), placements, annotation_maps)


@given(st.none() | vms, vms, st.sampled_from(["", "dev", 'sys:"quoted"']))
def test_stamping_is_pure_and_twice_is_once(old, new, username):
    before = deepcopy((old, new))
    first = patch(new, old, username=username)
    assert (old, new) == before
    assert patch(new, old, username=username) == first
    once = apply_patch(new, first)
    assert patch(once, old, username=username) == []
    assert all(step["path"].startswith("/metadata/annotations") for step in first)
    assert admission_review(once)  # still JSON
