"""webhook.parse.expansion: a VM with its instancetype and preference in its template."""

from copy import deepcopy

import pytest

from tests import builders
from tests.builders import FEATURES, value
from webhook.objects.virtual_machine import ROLLOUT
from webhook.parse import ParseError
from webhook.parse.expansion import expanded

POD = "spec.template.spec"
DISKS, INTERFACES = f"{POD}.domain.devices.disks", f"{POD}.domain.devices.interfaces"
TYPED = {"instancetype": {"name": "u1"}, "preference": {"name": "fedora"}}
WRITTEN = builders.vm(
    spec=TYPED,
    annotations={"note": "x", ROLLOUT: "Manual"},
    status={"conditions": [{"type": "RestartRequired", "status": "True"}]},
    affinity={"nodeAffinity": {}},
    domain={"devices": {"disks": [{"name": "root", "disk": {}}]}},
)


def answer(**template):
    """Return the VM as KubeVirt expands it: without references, status and annotations."""
    return builders.vm(**template)


def test_the_template_is_the_answers_and_the_rest_is_the_vms_own():
    domain = {"cpu": {"sockets": 4, "model": "Skylake"}, "memory": {"guest": "8Gi"}}
    found = expanded(
        WRITTEN, answer(nodeSelector={"disk": "ssd"}, schedulerName="x", domain=domain), FEATURES
    )
    assert found.rules.node_selector == {"disk": "ssd"}
    assert (found.machine.vcpus, found.machine.guest_memory) == (4, 8 << 30)
    assert (found.machine.cpu_model, found.scheduler_name) == ("Skylake", "x")
    assert found.references == ()
    assert (found.key, found.uid) == (("default", "vm"), "vm-vm")
    assert (found.annotations, found.restart_required) == ({ROLLOUT: "Manual"}, True)


def test_the_placement_is_still_the_one_that_was_written():
    found = expanded(WRITTEN, answer(nodeSelector={"disk": "ssd"}), FEATURES)
    assert found.placement == value(WRITTEN).placement
    assert set(found.placement.fields) == {
        f"{POD}.affinity",
        "spec.instancetype",
        "spec.preference",
    }


def test_what_needs_a_restart_is_read_off_the_answer():
    domain = {"cpu": {"sockets": 2, "cores": 3}, "devices": {"tpm": {"persistent": True}}}
    found = expanded(builders.vm(spec=TYPED, domain={}), answer(domain=domain), FEATURES)
    assert found.other_fields == {
        f"{POD}.architecture": '"amd64"',
        f"{POD}.domain.cpu.cores": "3",
        f"{POD}.domain.devices.tpm": '{"persistent":true}',
    }


@pytest.mark.parametrize(
    ("written", "seen", "changed"),
    [
        pytest.param({}, {}, set(), id="none"),
        pytest.param({"disks": [1]}, {"disks": [1]}, set(), id="as written"),
        pytest.param({"disks": [1]}, {"disks": [2]}, {DISKS}, id="another disk"),
        pytest.param({}, {"interfaces": [1]}, {INTERFACES}, id="an interface more"),
        pytest.param(
            {"disks": [1], "interfaces": [1]},
            {"disks": [1], "interfaces": [2]},
            {INTERFACES},
            id="one of both",
        ),
    ],
)
def test_a_device_counts_if_the_expansion_changed_it(written, seen, changed):
    def devices(names):
        return {name: [{"name": str(n)} for n in numbers] for name, numbers in names.items()}

    old = builders.vm(spec=TYPED, domain={"devices": devices(written)})
    found = expanded(old, answer(domain={"devices": devices(seen)}), FEATURES)
    assert {DISKS, INTERFACES} & set(found.other_fields) == changed


def test_networks_volumes_sockets_and_guest_memory_never_count():
    template = {
        "domain": {"cpu": {"sockets": 2}, "memory": {"guest": "2Gi"}},
        "networks": [{"name": "default"}],
        "volumes": [{"name": "root"}],
    }
    found = expanded(builders.vm(spec=TYPED, domain={}), answer(**template), FEATURES)
    assert set(found.other_fields) == {f"{POD}.architecture"}


@pytest.mark.parametrize(
    ("spec", "field"), [(None, "spec.template"), ("x", "spec"), ({"template": {}}, "spec.template")]
)
def test_an_answer_that_is_no_vm_names_what_it_lacks(spec, field):
    with pytest.raises(ParseError, match=rf"VirtualMachine default/vm: {field}"):
        expanded(WRITTEN, {"spec": spec} if spec is not None else {}, FEATURES)


def test_neither_tree_is_changed():
    written, seen = deepcopy(WRITTEN), answer()
    expanded(WRITTEN, seen, FEATURES)
    assert (written, seen) == (WRITTEN, answer())
