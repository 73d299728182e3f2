"""One VM's state for the tests of its rollout, and the one step that follows from it."""

from dataclasses import replace

from tests.rollout.model import NEW, START
from webhook.objects import Migration
from webhook.rollout import RolloutState, VmState, decide


def vm(**facts) -> VmState:
    """A VM that is due and could move from a to b."""
    base = VmState("ns", "vm", "uid", NEW, instance_uid="12345678-x", node="a", due=True)
    return replace(base, **{"feasible": ("b",), **facts})


def only(state_vm: VmState, now=START):
    """The one step for this VM."""
    (step,) = decide(RolloutState((state_vm,)), now).steps
    return step


def other(**facts) -> Migration:
    """A migration that is not ours."""
    return replace(Migration("ns", "drain-1", "vm", phase="Running", uid="u"), **facts)
