"""RolloutState, and observe(world): what the cluster shows of every VM's rollout."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from webhook.judge import Findings, Subject, World, judge
from webhook.objects import Migration, VirtualMachine
from webhook.objects.rollout import Action, Attempt, CreateMigration, Phase, RolloutRecord
from webhook.objects.virtual_machine import RETRY_NONCE, ROLLOUT, TARGET_HASH
from webhook.policy import messages
from webhook.quota import rationed

#: A VM has its source and its target pod while it moves.
_PODS_MOVING = 2


@dataclass(frozen=True, slots=True)
class VmState:
    """One VM. `due`: its pod was rendered from other rules and its node breaks the new ones.

    `admitted` says that the webhook stamped just this placement. `blocked` is what only a
    person can change. `quota` says why its namespace has no room for a second pod, `rationed`
    whether that can change by other pods. `feasible` are the nodes that can take it now,
    `summary` says why the others cannot.
    """

    namespace: str
    name: str
    uid: str
    hash: str
    admitted: bool = True
    annotations: Mapping[str, str] = field(default_factory=dict)
    record: RolloutRecord | None = None
    migrations: tuple[Migration, ...] = ()
    running: bool = True
    at_restart: str = ""
    instance_uid: str = ""
    node: str = ""
    stays: bool = False
    due: bool = False
    propagated: bool = True
    blocked: str = ""
    quota: str = ""
    rationed: bool = False
    feasible: tuple[str, ...] = ()
    summary: str = ""
    evacuating: bool = False

    @property
    def retry_nonce(self) -> str:
        """The user's "try again"; another value starts the attempts anew."""
        return self.annotations.get(RETRY_NONCE, "")

    def step(
        self,
        phase: Phase,
        message: str,
        attempts: tuple[Attempt, ...] = (),
        *actions: Action,
    ) -> "Step":
        """A step of this VM."""
        return Step(self.namespace, self.name, phase, message, attempts, actions)


@dataclass(frozen=True, slots=True)
class Step:
    """What the plan says of one VM: its phase, why, and the actions in their order."""

    namespace: str
    name: str
    phase: Phase
    message: str
    attempts: tuple[Attempt, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def creates(self) -> CreateMigration | None:
        """The migration that this step starts."""
        found = [a for a in self.actions if isinstance(a, CreateMigration)]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps by (namespace, name), and the moment they were decided for."""

    steps: tuple[Step, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """How many migrations may be under way at once, all of them counted."""

    per_cluster: int = 4
    per_node: int = 1


@dataclass(frozen=True, slots=True)
class RolloutState:
    """All VMs that have or may need a rollout, and the source nodes that are busy.

    In a namespace that is `awaited`, a migration under way has not made its target pod yet, so
    no quota counts that pod.
    """

    vms: tuple[VmState, ...] = ()
    limits: Limits = Limits()
    busy_nodes: tuple[str, ...] = ()
    awaited: frozenset[str] = frozenset()


@dataclass(slots=True)
class Slots:
    """The budget while a plan is made: one entry of `busy` per migration, by source node.

    `awaited` are the namespaces in which a target pod is still to come.
    """

    limits: Limits
    busy: list[str]
    awaited: set[str] = field(default_factory=set)

    def refusal(self, vm: VmState) -> str:
        """Why no migration of this VM may start; empty if one may."""
        if len(self.busy) >= self.limits.per_cluster:
            return f"{self.limits.per_cluster} migrations are under way in the cluster"
        if self.busy.count(vm.node) >= self.limits.per_node:
            return f"{vm.node} already sends away as many of its VMs as it may"
        if vm.rationed and vm.namespace in self.awaited:
            return "another migration has yet to take its share of the namespace's quota"
        return ""

    def take(self, vm: VmState) -> None:
        """Count a migration that this plan starts."""
        self.busy.append(vm.node)
        self.awaited.add(vm.namespace)


def observe(world: World, *, stamped_only: bool = True) -> RolloutState:
    """The state of all rollouts. Without a webhook (files), `stamped_only` is off."""
    kubevirt = world.kubevirt
    leaving = [
        instance
        for migration in world.unfinished_migrations()
        if (instance := world.instance((migration.namespace, migration.instance_name)))
    ]
    vms = (_vm_state(vm, world, stamped_only) for vm in world.virtual_machines())
    return RolloutState(
        vms=tuple(vm for vm in vms if vm is not None),
        limits=Limits(
            max(1, kubevirt.parallel_migrations_per_cluster - 1),
            max(1, kubevirt.parallel_outbound_migrations_per_node - 1),
        ),
        busy_nodes=tuple(instance.node_name for instance in leaving),
        awaited=frozenset(i.namespace for i in leaving if len(world.launchers(i)) < _PODS_MOVING),
    )


def _vm_state(vm: VirtualMachine, world: World, stamped_only: bool) -> VmState | None:
    if vm.deleting:
        return None
    findings = judge(Subject(vm, vm), world)
    state = VmState(
        namespace=vm.namespace,
        name=vm.name,
        uid=vm.uid,
        hash=vm.placement.hash,
        admitted=not stamped_only or vm.annotations.get(TARGET_HASH) == vm.placement.hash,
        annotations=vm.annotations,
        record=world.record(vm.key),
        migrations=tuple(world.migrations(vm.key)),
        running=findings.running,
        at_restart=findings.at_restart,
        stays=findings.stays,
    )
    if findings.instance is None or findings.source is None:
        return replace(state, running=False)
    state = replace(
        state,
        instance_uid=findings.instance.uid,
        node=findings.instance.node_name,
        evacuating=bool(findings.instance.evacuation_node_name),
    )
    if findings.at_restart or findings.stays or findings.back_to_source:
        return state
    return _due(state, findings)


def _due(state: VmState, findings: Findings) -> VmState:
    diagnosis, instance = findings.diagnosis, findings.instance
    return replace(
        state,
        due=True,
        propagated=instance is not None and instance.rules == findings.rules,
        blocked=_blocked(findings),
        quota=_quota(findings),
        rationed=rationed(findings.pod, findings.world.quotas(state.namespace)),
        feasible=tuple(sorted(diagnosis.name_of(diagnosis.feasible | diagnosis.unknown))),
        summary=diagnosis.summary,
    )


def _quota(findings: Findings) -> str:
    if not findings.quota:
        return ""
    return messages.warning("VMA-203", messages.second_pod(findings.quota))


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
