"""webhook.changes: which placement and restart fields a request changes."""

import pytest

from tests.builders import required, term, value, vm
from webhook.changes import detect

SPEC = "spec.template.spec"


def changes(old, new):
    """Return what turns one tree into the other."""
    return detect(None if old is None else value(old), value(new))


def test_nothing_changes_between_equal_vms():
    found = changes(vm(nodeSelector={"a": "b"}), vm(nodeSelector={"a": "b"}))
    assert (found.placed_differently, found.placement, found.restart) == (False, (), ())


@pytest.mark.parametrize(
    ("field", "empty"), [("affinity", {}), ("nodeSelector", {}), ("tolerations", [])]
)
def test_absent_null_and_empty_placement_fields_are_the_same(field, empty):
    assert not changes(vm(), vm(**{field: None})).placed_differently
    assert not changes(vm(**{field: empty}), vm()).placed_differently
    assert not changes(vm(**{field: None}), vm(**{field: empty})).placed_differently


def test_deeper_than_the_field_nothing_is_normalised():
    null, empty = (
        {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term_]}}
        for term_ in ({"topologyKey": "zone"}, {"topologyKey": "zone", "labelSelector": {}})
    )
    assert changes(vm(affinity=null), vm(affinity=empty)).placement == (f"{SPEC}.affinity",)


def test_the_order_of_keys_does_not_matter_and_that_of_tolerations_does():
    found = changes(vm(nodeSelector={"a": "1", "b": "2"}), vm(nodeSelector={"b": "2", "a": "1"}))
    assert not found.placed_differently
    one, two = {"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}
    found = changes(vm(tolerations=[one, two]), vm(tolerations=[two, one]))
    assert found.placement == (f"{SPEC}.tolerations",)


def test_every_placement_field_is_named():
    new = vm(
        spec={"instancetype": {"name": "u1.small"}, "preference": {"name": "fedora"}},
        affinity=required(term("zone", "In", "a")),
        nodeSelector={"a": "b"},
        tolerations=[{"operator": "Exists"}],
    )
    found = changes(vm(), new)
    assert found.placement == (
        "spec.instancetype",
        "spec.preference",
        f"{SPEC}.affinity",
        f"{SPEC}.nodeSelector",
        f"{SPEC}.tolerations",
    )
    assert found.reference == ("spec.instancetype", "spec.preference")


def test_what_infers_the_reference_is_no_part_of_it():
    one = vm(spec={"instancetype": {"name": "u1", "inferFromVolume": "root"}})
    assert not changes(vm(spec={"instancetype": {"name": "u1"}}), one).placed_differently


def test_a_field_that_needs_a_restart_is_told_apart_from_the_placement():
    old, new = vm(), vm(terminationGracePeriodSeconds=5)
    new["spec"]["template"]["spec"]["domain"]["cpu"]["cores"] = 2
    found = changes(old, new)
    assert (found.placed_differently, found.placement) == (False, ())
    assert found.restart == (f"{SPEC}.domain.cpu.cores", f"{SPEC}.terminationGracePeriodSeconds")


def test_a_live_field_needs_no_restart():
    new = vm()
    new["spec"]["template"]["spec"]["domain"]["memory"]["guest"] = "2Gi"
    assert changes(vm(), new).restart == ()


def test_a_created_vm_is_always_placed_and_never_restarted():
    found = changes(None, vm())
    assert (found.created, found.placed_differently) == (True, True)
    assert (found.placement, found.restart) == ((), ())


def test_a_vm_that_is_being_deleted_leaves_nothing_to_judge():
    new = vm(nodeSelector={"a": "b"})
    new["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    found = changes(vm(), new)
    assert (found.deleting, found.placed_differently) == (True, False)
