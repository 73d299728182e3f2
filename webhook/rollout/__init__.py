"""decide(state, now) -> Plan: which running VMs should move now, and why others wait.

Level-based: the state is what the cluster shows, whatever happened before, so that a
restart between any two writes changes nothing. The plan is data; a dry run prints it.
"""

from datetime import datetime

from webhook.objects.rollout import Phase
from webhook.rollout.attempts import Attempts
from webhook.rollout.report import reported
from webhook.rollout.start import started
from webhook.rollout.state import Plan, RolloutState, Slots, Step, VmState, observe

__all__ = ["Phase", "Plan", "RolloutState", "Step", "VmState", "decide", "observe"]


def decide(state: RolloutState, now: datetime) -> Plan:
    """The plan for this state; the first VMs by (namespace, name) get the free slots."""
    slots = Slots(state.limits, list(state.busy_nodes), set(state.awaited))
    steps = []
    for vm in sorted(state.vms, key=lambda vm: (vm.namespace, vm.name)):
        step = _step(vm, now, slots)
        if step is not None:
            steps.append(reported(vm, step, now))
    return Plan(tuple(steps), now)


def _step(vm: VmState, now: datetime, slots: Slots) -> Step | None:
    """What there is to do for one VM; None where it never was our business."""
    attempts = Attempts.of(vm)
    if not vm.admitted:
        return _held(vm)
    following = attempts.following(vm, now)
    if following is not None:
        return following
    if not vm.running:
        return vm.step(Phase.NOT_NEEDED, "the VM does not run; the rules apply at its start")
    if vm.at_restart:
        return vm.step(Phase.NOT_NEEDED, f"effective at the next restart: {vm.at_restart}")
    if vm.due:
        return started(vm, attempts, now, slots)
    return _arrived(vm, attempts)


def _held(vm: VmState) -> Step | None:
    """Rules that changed past the webhook, or before it was there, move nothing."""
    if not vm.due:
        return None
    return vm.step(
        Phase.SUSPENDED,
        "its rules were changed without the webhook; change them again to have it moved",
    )


def _arrived(vm: VmState, attempts: Attempts) -> Step:
    if not vm.stays:
        text = f"{vm.node} no longer satisfies the rules it was chosen by; it is not moved for that"
    else:
        text = f"runs on {vm.node}, which satisfies its rules"
    return vm.step(Phase.SUCCEEDED if attempts.made else Phase.NOT_NEEDED, text, attempts.made)
