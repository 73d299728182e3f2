"""KubeVirt's objects: their keys, and the hash of a placement."""

import hashlib

import pytest

from webhook.objects import KubeVirt, Migration, Placement, VirtualMachine, VirtualMachineInstance

A = "spec.template.spec.affinity"
S = "spec.template.spec.nodeSelector"


def test_the_hash_is_over_the_canonical_json_of_the_set_fields():
    body = f'{{"{A}":{{}},"{S}":{{"zone":"a"}}}}'
    placement = Placement({S: '{"zone":"a"}', A: "{}"})
    assert placement.hash == hashlib.sha256(body.encode()).hexdigest()[:16]


def test_an_empty_placement_has_the_hash_of_an_empty_object():
    assert Placement().hash == hashlib.sha256(b"{}").hexdigest()[:16]


def test_the_order_in_which_fields_were_read_does_not_matter():
    assert Placement({A: "1", S: "2"}).hash == Placement({S: "2", A: "1"}).hash


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Placement({A: "2"}), id="another value"),
        pytest.param(Placement({S: "1"}), id="another field"),
        pytest.param(Placement({A: "1", S: "1"}), id="one more field"),
    ],
)
def test_another_placement_has_another_hash(other):
    assert other.hash != Placement({A: "1"}).hash


def test_a_vm_its_instance_and_its_migration_are_keyed_by_namespace_and_name():
    keys = [
        VirtualMachine("ns", "vm").key,
        VirtualMachineInstance("ns", "vm").key,
        Migration("ns", "m1", "vm").key,
    ]
    assert keys == [("ns", "vm"), ("ns", "vm"), ("ns", "m1")]


def test_a_vm_names_what_it_refers_to():
    assert VirtualMachine("ns", "vm").references == ()
    assert VirtualMachine("ns", "vm", instancetype="u1").references == ("instancetype u1",)
    both = VirtualMachine("ns", "vm", instancetype="u1", preference="fedora")
    assert both.references == ("instancetype u1", "preference fedora")


def test_there_is_one_kubevirt():
    assert KubeVirt(version="v1.6.0").key == KubeVirt().key


@pytest.mark.parametrize(
    ("phase", "finished"),
    [("Succeeded", True), ("Failed", True), ("Running", False), ("", False)],
)
def test_a_migration_is_finished_when_it_succeeded_or_failed(phase, finished):
    assert Migration("ns", "m1", "vm", phase).finished is finished
