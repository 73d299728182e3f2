"""KubeVirt's objects from the wire."""

import pytest

from tests import builders
from webhook.objects import (
    Claim,
    LabelSelector,
    Migration,
    Placement,
    SchedulingRules,
    SpreadConstraint,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.machine import Machine, Resizing
from webhook.parse import ParseError, parse
from webhook.parse.fields import refers

POD = "spec.template.spec"
HOOKS = "hooks.kubevirt.io/hookSidecars"


CLAIMED = {"persistentVolumeClaimInfo": {"claimName": "s", "accessModes": ["ReadWriteOnce"]}}


def value(tree):
    return parse(tree, builders.FEATURES)


def test_a_vm_that_says_nothing_has_only_defaults():
    tree = {"kind": "VirtualMachine", "spec": {"template": {"spec": {}}}}
    assert value(tree) == VirtualMachine("default", "")


SAYS_ALL = {
    "kind": "VirtualMachine",
    "metadata": {
        "namespace": "red",
        "name": "vm",
        "uid": "u1",
        "annotations": {"a": "b", "vmaffinity.io/rollout": "Manual"},
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    },
    "spec": {
        "instancetype": {"name": "small"},
        "preference": {"name": "fedora"},
        "template": {
            "metadata": {
                "labels": {"app": "web"},
                "annotations": {"sidecar.istio.io/inject": "true", HOOKS: "[{}]"},
            },
            "spec": {
                "nodeSelector": {"zone": "a"},
                "schedulerName": "other",
                "architecture": "arm64",
                "hostname": "h",
                "priorityClassName": "high",
                "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone"}],
            },
        },
    },
    "status": {"conditions": [{"type": "RestartRequired", "status": "True"}]},
}


def test_a_vm_is_read():
    assert value(SAYS_ALL) == VirtualMachine(
        namespace="red",
        name="vm",
        uid="u1",
        deleting=True,
        annotations={"vmaffinity.io/rollout": "Manual"},
        placement=Placement(
            {
                f"{POD}.nodeSelector": '{"zone":"a"}',
                "spec.instancetype": '{"name":"small"}',
                "spec.preference": '{"name":"fedora"}',
            }
        ),
        rules=SchedulingRules({"zone": "a"}),
        other_fields={
            f"{POD}.schedulerName": '"other"',
            f"{POD}.architecture": '"arm64"',
            f"{POD}.hostname": '"h"',
            f"{POD}.priorityClassName": '"high"',
            f"{POD}.topologySpreadConstraints": '[{"maxSkew":1,"topologyKey":"zone"}]',
        },
        labels={"app": "web", "sidecar.istio.io/inject": "true"},
        hostname="h",
        machine=Machine(architecture="arm64", hooks=1),
        scheduler_name="other",
        priority_class="high",
        spread=(SpreadConstraint("zone", 1, LabelSelector(nothing=True)),),
        instancetype="small",
        preference="fedora",
        restart_required=True,
    )


@pytest.mark.parametrize(
    ("matcher", "name"),
    [
        (None, ""),
        ({}, ""),
        ({"name": "u1"}, "u1"),
        ({"inferFromVolume": "root"}, "of volume root"),
        ({"inferFromVolume": "root", "name": "u1"}, "u1"),
    ],
)
@pytest.mark.parametrize("kind", ["instancetype", "preference"])
def test_a_reference_has_a_name_or_a_volume_that_tells_it(kind, matcher, name):
    tree = builders.vm(spec={kind: matcher})
    assert getattr(value(tree), kind) == name
    assert refers(tree) is bool(name)


@pytest.mark.parametrize(
    ("condition", "required"),
    [
        pytest.param({"type": "RestartRequired", "status": "False"}, False, id="not any more"),
        pytest.param({"type": "Ready", "status": "True"}, False, id="another condition"),
        pytest.param({"type": "RestartRequired", "status": "True"}, True, id="required"),
    ],
)
def test_a_restart_is_required_by_condition(condition, required):
    vm = value(builders.vm(status={"conditions": [{"type": "A"}, condition]}))
    assert vm.restart_required is required


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param(None, "spec.template", id="no spec"),
        pytest.param({}, "spec.template", id="no template"),
        pytest.param({"template": {}}, "spec.template.spec", id="a template without spec"),
    ],
)
def test_a_vm_without_template_is_refused(spec, field):
    with pytest.raises(ParseError, match=f": {field} is missing; a VirtualMachine needs one$"):
        value({"kind": "VirtualMachine", "spec": spec})


@pytest.mark.parametrize(
    ("pod_spec", "demands"),
    [
        pytest.param({"volumes": [{"name": "a"}]}, (), id="a volume without claim"),
        pytest.param({"resourceClaims": [{}]}, (f"{POD}.resourceClaims",), id="a device claim"),
    ],
)
def test_what_no_predicate_judges_is_named(pod_spec, demands):
    assert value(builders.vm(**pod_spec)).unmodelled == demands


def test_claims_are_told_by_whether_the_launcher_pod_mounts_them():
    volumes = [
        {"name": "none"},
        {"dataVolume": {"name": "d"}},
        {"persistentVolumeClaim": {"claimName": "c"}},
        {"ephemeral": {"persistentVolumeClaim": {"claimName": "e"}}},
        {"ephemeral": {}},
        {"persistentVolumeClaim": {"claimName": "h", "hotpluggable": True}},
        {"dataVolume": {"hotpluggable": True}},
    ]
    vm = value(builders.vm(volumes=volumes))
    assert vm.claims == (Claim("d"), Claim("c"), Claim("e"))
    assert vm.hotplugged == (Claim("h"), Claim(""))
    assert value(builders.vmi(volumes=volumes)).hotplugged == vm.hotplugged


def test_a_vmi_that_says_nothing_has_only_defaults():
    assert value({"kind": "VirtualMachineInstance"}) == VirtualMachineInstance("default", "")


def test_a_vmi_says_how_far_its_guest_was_resized_and_may_be():
    cpu = {"cores": 2, "sockets": 3, "maxSockets": 4, "threads": 1}
    memory = {"guest": "2Gi", "maxGuest": "8Gi"}
    status = {
        "currentCPUTopology": {"cores": 2, "sockets": 1, "threads": 1},
        "memory": {"guestAtBoot": "1Ki", "guestCurrent": "2Ki", "guestRequested": "3Ki"},
    }
    found = value(builders.vmi(status=status, domain={"cpu": cpu, "memory": memory}))
    assert found.resizing == Resizing(
        vcpus=2,
        max_vcpus=8,
        guest_requested=3072,
        guest_current=2048,
        guest_at_boot=1024,
        max_guest=8 << 30,
    )
    assert value(builders.vmi(domain={"cpu": {"cores": 2}})).resizing == Resizing()


@pytest.mark.parametrize(
    ("volumes", "claim"),
    [
        pytest.param([], None, id="none"),
        pytest.param([{"name": "root"}, {"name": "vm-state"}], None, id="without a claim"),
        pytest.param(
            [{"name": "root", "persistentVolumeClaimInfo": {"claimName": "r"}}], None, id="another"
        ),
        pytest.param(
            [{"persistentVolumeClaimInfo": {}}, {"name": "vm-state", **CLAIMED}],
            Claim("s"),
            id="one",
        ),
        pytest.param([{"name": "persistent-state-for-vm", **CLAIMED}], Claim("s"), id="of before"),
        pytest.param(
            [{"name": "vm-state", "persistentVolumeClaimInfo": {}}], Claim(""), id="of no name"
        ),
        pytest.param(
            [{"name": "vm-state", "persistentVolumeClaimInfo": {"accessModes": ["ReadWriteMany"]}}],
            None,
            id="one that two can mount",
        ),
    ],
)
def test_a_migration_replaces_the_claim_of_a_state_that_one_node_mounts(volumes, claim):
    assert value(builders.vmi(status={"volumeStatus": volumes})).replaced == claim


def test_a_vmi_is_read():
    tree = {
        "kind": "VirtualMachineInstance",
        "metadata": {
            "namespace": "red",
            "name": "vm",
            "uid": "u1",
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app": "web"},
            "annotations": {"sidecar.istio.io/inject": "false", HOOKS: "[{}]"},
        },
        "spec": {"nodeSelector": {"zone": "a"}},
        "status": {
            "phase": "Running",
            "nodeName": "n1",
            "evacuationNodeName": "n1",
            "machine": {"type": "pc-q35-9.2"},
            "migrationState": {"startTimestamp": "2026-01-01T00:00:00Z"},
        },
    }
    assert value(tree) == VirtualMachineInstance(
        namespace="red",
        name="vm",
        uid="u1",
        phase="Running",
        node_name="n1",
        deleting=True,
        labels={"app": "web", "sidecar.istio.io/inject": "false"},
        rules=SchedulingRules({"zone": "a"}),
        machine=Machine(machine_type="pc-q35-9.2", hooks=1),
        evacuation_node_name="n1",
        migrating=True,
    )


@pytest.mark.parametrize(
    ("state", "migrating"),
    [
        pytest.param(None, False, id="never"),
        pytest.param({}, False, id="not started"),
        pytest.param({"startTimestamp": "t"}, True, id="started"),
        pytest.param({"startTimestamp": "t", "endTimestamp": "t"}, False, id="over"),
    ],
)
def test_a_vmi_migrates_between_start_and_end(state, migrating):
    vmi = value(builders.vmi(status={"migrationState": state}))
    assert vmi.migrating is migrating


def migratable(status, **fields):
    return {"type": "LiveMigratable", "status": status, **fields}


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        pytest.param(None, "", id="no condition"),
        pytest.param([migratable("True", reason="X")], "", id="it is"),
        pytest.param(
            [{"type": "Ready", "status": "False", "reason": "X"}], "", id="another condition"
        ),
        pytest.param(
            [{"type": "Ready"}, migratable("False", reason="DisksNotLiveMigratable")],
            "DisksNotLiveMigratable",
            id="a reason",
        ),
        pytest.param(
            [migratable("False", reason="R", message="m")], "R: m", id="a reason and a message"
        ),
        pytest.param([migratable("False", message="m")], "m", id="a message"),
        pytest.param([migratable("False")], "LiveMigratable is False", id="neither"),
    ],
)
def test_a_vmi_says_why_it_cannot_migrate(conditions, reason):
    vmi = value(builders.vmi(status={"conditions": conditions}))
    assert vmi.not_migratable == reason


@pytest.mark.parametrize(
    ("tree", "migration"),
    [
        pytest.param({}, Migration("default", "", ""), id="one that says nothing"),
        pytest.param(
            {
                "metadata": {"namespace": "red", "name": "m"},
                "spec": {"vmiName": "vm"},
                "status": {"phase": "Running"},
            },
            Migration("red", "m", "vm", "Running"),
            id="all that is read",
        ),
    ],
)
def test_a_migration_is_read(tree, migration):
    assert value({"kind": "VirtualMachineInstanceMigration", **tree}) == migration


def test_equal_parts_of_vms_and_vmis_are_one_value():
    rules = {"affinity": builders.apart({"app": "web"}), "nodeSelector": {"zone": "a"}}
    one, other = (value(builders.vm(name, **rules)) for name in ("one", "other"))
    guest = value(builders.vmi("one", **rules))
    assert one.machine is other.machine
    assert one.rules is other.rules is guest.rules
    assert one.placement == other.placement
    assert value(builders.vmi("other", **rules)).machine is guest.machine


def test_a_name_of_any_length_is_read():
    assert value(builders.vm(hostname="h" * 300)).hostname == "h" * 300
