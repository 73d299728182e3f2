"""decide(state, now) -> Plan: which running VMs should move now, and why others wait.

Level-based: the state is what the cluster shows, whatever happened before. The plan is
data; a dry run prints it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webhook.judge import Findings, Subject, World, judge
from webhook.objects import VirtualMachine
from webhook.objects.virtual_machine import ROLLOUT
from webhook.policy import messages


class Phase(StrEnum):
    """Where the rollout of one VM stands."""

    PENDING = "Pending"
    WAITING_CAPACITY = "WaitingCapacity"
    QUEUED = "Queued"
    MIGRATING = "Migrating"
    BLOCKED = "Blocked"


@dataclass(frozen=True, slots=True)
class Due:
    """A running VM whose pod has other rules than the VM, on a node that breaks the new ones."""

    namespace: str
    name: str
    instance_uid: str
    source_node: str
    hash: str
    propagated: bool = True
    blocked: str = ""
    feasible: tuple[str, ...] = ()
    summary: str = ""
    migrating: bool = False


@dataclass(frozen=True, slots=True)
class RolloutState:
    """All VMs that are due, and what the cluster's budgets leave.

    `per_cluster` and `per_node` count migrations that we may have under way at once;
    `running` those that are, by source node.
    """

    due: tuple[Due, ...] = ()
    per_cluster: int = 1
    per_node: int = 1
    running: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateMigration:
    """Create a VirtualMachineInstanceMigration of this name for the VMI."""

    namespace: str
    name: str
    instance_name: str


@dataclass(frozen=True, slots=True)
class Step:
    """What the plan says of one VM."""

    namespace: str
    name: str
    phase: Phase
    message: str
    action: CreateMigration | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps by (namespace, name), and the moment they were decided for."""

    steps: tuple[Step, ...]
    now: datetime


def decide(state: RolloutState, now: datetime) -> Plan:
    """The plan for this state; the first VMs by (namespace, name) get the free slots."""
    steps: list[Step] = []
    started = list(state.running)
    for due in sorted(state.due, key=lambda d: (d.namespace, d.name)):
        step = _waiting(due)
        if step is None:
            step = _queued(due, state, started)
        if step is None:
            step = _migrate(due)
            started.append(due.source_node)
        steps.append(step)
    return Plan(tuple(steps), now)


def _waiting(due: Due) -> Step | None:
    def step(phase: Phase, message: str) -> Step:
        return Step(due.namespace, due.name, phase, message)

    if due.migrating:
        return step(Phase.QUEUED, "another migration of this VM is under way")
    if not due.propagated:
        return step(Phase.PENDING, "KubeVirt has not copied the new rules to the VMI yet")
    if due.blocked:
        return step(Phase.BLOCKED, due.blocked)
    if not due.feasible:
        return step(Phase.WAITING_CAPACITY, due.summary)
    return None


def _queued(due: Due, state: RolloutState, started: list[str]) -> Step | None:
    if len(started) >= state.per_cluster:
        text = f"{len(started)} of {state.per_cluster} migrations of the cluster are under way"
    elif started.count(due.source_node) >= state.per_node:
        text = f"{due.source_node} already sends {state.per_node} of its VMs away"
    else:
        return None
    return Step(due.namespace, due.name, Phase.QUEUED, text)


def _migrate(due: Due) -> Step:
    name = f"vma-{due.instance_uid[:8]}-{due.hash[:10]}-1"
    nodes = messages.listed(due.feasible, 5)
    return Step(
        due.namespace,
        due.name,
        Phase.MIGRATING,
        f"from {due.source_node} to one of {nodes}",
        CreateMigration(due.namespace, name, due.name),
    )


def observe(world: World) -> RolloutState:
    """The state of all rollouts as the world shows it."""
    found = [due for vm in world.virtual_machines() if (due := _due(vm, world)) is not None]
    kubevirt = world.kubevirt
    sources = [
        instance.node_name
        for migration in world.unfinished_migrations()
        if (instance := world.instance((migration.namespace, migration.instance_name)))
    ]
    return RolloutState(
        due=tuple(found),
        per_cluster=max(1, kubevirt.parallel_migrations_per_cluster - 1),
        per_node=max(1, kubevirt.parallel_outbound_migrations_per_node - 1),
        running=tuple(sources),
    )


def _due(vm: VirtualMachine, world: World) -> Due | None:
    """Whether a rollout is due: facts only, annotations of ours are never read."""
    findings = judge(Subject(vm, vm), world)
    instance, source = findings.instance, findings.source
    if instance is None or source is None or findings.at_restart or vm.deleting:
        return None
    if findings.stays or findings.back_to_source:
        return None
    diagnosis = findings.diagnosis
    return Due(
        namespace=vm.namespace,
        name=vm.name,
        instance_uid=instance.uid,
        source_node=source.node_name,
        hash=vm.placement.hash,
        propagated=instance.rules == findings.rules,
        blocked=_blocked(findings),
        feasible=tuple(sorted(diagnosis.name_of(diagnosis.feasible | diagnosis.unknown))),
        summary=diagnosis.summary,
        migrating=findings.migrating,
    )


def _blocked(findings: Findings) -> str:
    """What only a person can change."""
    if findings.instance is not None and findings.instance.not_migratable:
        return (
            f"not live-migratable: {findings.instance.not_migratable}; annotate the VM with "
            f"{ROLLOUT}: OnRestart, or remove what blocks its migration"
        )
    if findings.diagnosis.permanent == findings.diagnosis.nodes:
        return f"no node can ever take it: {findings.diagnosis.summary}"
    return ""
