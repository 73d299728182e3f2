"""webhook.parse.machines: `actual` is the machine type of the running guest."""

from webhook.parse import kubevirt_wire as kv
from webhook.parse.machines import machine

SPEC = kv.InstanceSpec(domain=kv.Domain(machine=kv.MachineType(type="q35")))


def test_the_machine_type_of_a_running_guest_counts_before_the_wanted_one():
    assert machine(SPEC, kv.MachineType(type="pc-q35-rhel9.6.0")).machine_type == "pc-q35-rhel9.6.0"
    assert machine(SPEC, kv.MachineType()).machine_type == "q35"
    assert machine(SPEC, None).machine_type == "q35"
