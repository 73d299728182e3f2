"""judge(subject, world) -> Findings: the only verdict path of everything above.

Findings answer the questions of the design lazily: *move* (source pod present, KubeVirt's
migration terms added), *without source* (the same, source removed, terms left out),
*stay* (the user's own rules against the current node) and *place* (no source at all).
They read the World, so they must be used while it is open.
"""

from dataclasses import dataclass, replace
from functools import cached_property

from webhook import launcher
from webhook.changes import Changes, detect
from webhook.judge import rendering, room
from webhook.judge.staying import stays
from webhook.judge.world import World
from webhook.launcher.hotplug import plugged, refusal
from webhook.objects import (
    KubeVirt,
    PodInfo,
    SchedulingRules,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.virtual_machine import ROLLOUT
from webhook.placement import Diagnosis, evaluate

__all__ = ["Findings", "Subject", "World", "judge"]

_FINAL = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Subject:
    """A VM as it is to become, and as it was; `old` is None when it is being created.

    `unexpanded` says why KubeVirt could not expand what the two refer to.
    """

    new: VirtualMachine
    old: VirtualMachine | None = None
    unexpanded: str = ""

    @property
    def changes(self) -> Changes:
        """What the request changes."""
        return detect(self.old, self.new)


def judge(subject: Subject, world: World) -> "Findings":
    """The findings about a subject in this world; nothing is evaluated yet."""
    return Findings(subject, world)


class Findings:
    """Answers about one VM in one world, each evaluated once and only if asked for."""

    def __init__(self, subject: Subject, world: World) -> None:
        self.subject = subject
        self.world = world
        self.vm = subject.new

    @cached_property
    def changes(self) -> Changes:
        """What the request changes."""
        return self.subject.changes

    @cached_property
    def instance(self) -> VirtualMachineInstance | None:
        """The VMI as far as it stands for a guest that runs or will."""
        found = self.world.instance(self.vm.key)
        if self.subject.old is None or found is None:
            return None
        return None if found.deleting or found.phase in _FINAL else found

    @property
    def running(self) -> bool:
        """Whether there is a guest that would have to move."""
        return self.instance is not None and self.instance.phase == "Running"

    @cached_property
    def source(self) -> PodInfo | None:
        """The launcher pod in which the guest runs."""
        if self.instance is None or not self.running:
            return None
        pods = self._pods
        return pods[0] if pods and pods[0].node_name == self.instance.node_name else None

    @cached_property
    def rules(self) -> SchedulingRules:
        """The VM's own rules, with the nodeSelector that its instancetype contributes.

        An instancetype and the template never both set nodeSelector, so the VMI's is the
        instancetype's where neither version of the template has one.
        """
        rules, old = self.vm.rules, self.subject.old
        if not self.vm.instancetype or self.instance is None or old is None:
            return rules
        if rules.node_selector or old.rules.node_selector:
            return rules
        return replace(rules, node_selector=self.instance.rules.node_selector)

    @cached_property
    def at_restart(self) -> str:
        """Why a running VM takes the change over only with a restart; empty if it does not."""
        if not self.running:
            return ""
        if not self._kubevirt.live_update:
            return "KubeVirt's vmRolloutStrategy is Stage"
        if self._restart_required:
            return "the VM has the condition RestartRequired"
        if restart := self.changes.restart:
            return f"the same change touches {restart[0]}, which needs a restart"
        if self.instance is not None and (why := refusal(self.instance, self.vm.machine)):
            return f"the same change {why}, which needs a restart"
        if self.vm.annotations.get(ROLLOUT) == "OnRestart":
            return f"the VM's annotation {ROLLOUT} is OnRestart"
        return ""

    @property
    def moves(self) -> bool:
        """Whether the change is for the guest that runs, not for its next start."""
        return self.running and not self.at_restart

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The references of the VM whose contribution only KubeVirt can tell.

        A VMI shows what its own references contribute. It does not show what others would, nor
        a start that renders more anew than the VMI's pod shows.
        """
        if not self.changes.reference and (self.moves or not self.estimated):
            return ()
        before = self.subject.old if self.instance is not None else None
        return self.vm.references or (before.references if before is not None else ())

    @property
    def question(self) -> str:
        """The question that `diagnosis` answers: move or place."""
        return "move" if self.source is not None and not self.at_restart else "place"

    @property
    def estimated(self) -> bool:
        """Whether the requests of `pod` are estimated, as no pod of the VM shows them."""
        return self.question == "place" and (not self._pods or self._restart_changes)

    @cached_property
    def migrating(self) -> bool:
        """Whether a migration of this VM is under way."""
        if self.instance is None:
            return False
        migrations = self.world.migrations(self.instance.key)
        return self.instance.migrating or any(not m.finished for m in migrations)

    @cached_property
    def stays(self) -> bool:
        """*stay*: whether the current node satisfies the user's own rules."""
        return self.instance is not None and stays(self.vm, self.rules, self.instance, self.world)

    @cached_property
    def back_to_source(self) -> bool:
        """Whether these are the rules that the source pod was rendered from."""
        if self.source is None or self.instance is None:
            return False
        return launcher.rendered_from(
            self.source, self.rules, self.instance, self._kubevirt, self.world.features
        )

    @cached_property
    def pod(self) -> PodInfo:
        """The pod that `diagnosis` is about: a migration target, or the pod of a start."""
        source, instance = self.source, self.instance
        if source is None or instance is None or self.at_restart:
            return self._started()
        return rendering.target(self._vm, instance, source, self.world)

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """*move* for a VM that runs, *place* for one that does not or that restarts."""
        gone = self._pods if self.question == "place" else []
        return self._evaluated(self.pod, gone)

    @cached_property
    def without_source(self) -> Diagnosis:
        """*without source*: the move with the source pod gone, its own node left out."""
        source, instance = self.source, self.instance
        if source is None or instance is None:
            return self.diagnosis
        target = self.pod
        rules = replace(target.rules, pod_anti_affinity=target.rules.pod_anti_affinity[:-1])
        return self._evaluated(replace(target, rules=rules), [source])

    @cached_property
    def quota(self) -> tuple[str, ...]:
        """*quota*: why the namespace does not let `pod` in, beside the source if it moves."""
        if not room.is_limited(self.vm.namespace, self.world):
            return ()
        pod, beside = self.pod, self.question == "move"
        if self.instance is not None and not self.estimated:
            machine = plugged(self.instance, self.vm.machine, self._kubevirt)
            pod = room.limited_in(pod, machine, self.world)
        return room.refusals(pod, self._pods, self.world, beside=beside)

    def _evaluated(self, pod: PodInfo, gone: list[PodInfo]) -> Diagnosis:
        """The verdict on the pod and on what is mounted beside it, with these pods gone.

        Hotplugged volumes are mounted by a pod that must run on the same node, so their claims
        count as the pod's own (docs/decisions/0007).
        """
        mounted = self.vm if self.instance is None or self.question == "place" else self.instance
        if mounted.hotplugged:
            pod = replace(pod, claims=(*pod.claims, *mounted.hotplugged))
        index = self.world.index
        attachments = [each for launcher_pod in gone for each in index.owned(launcher_pod.uid)]
        with index.assuming(gone=[*gone, *attachments]):
            return evaluate(pod, index)

    @cached_property
    def _kubevirt(self) -> KubeVirt:
        return self.world.kubevirt

    @cached_property
    def _pods(self) -> list[PodInfo]:
        return self.world.launchers(self.instance) if self.instance is not None else []

    @property
    def _vm(self) -> VirtualMachine:
        return self.vm if self.rules is self.vm.rules else replace(self.vm, rules=self.rules)

    def _started(self) -> PodInfo:
        """The pod of a start with none of the VM's pods left.

        Its pod tells what it will request, unless the VM has changed more than its pod shows.
        """
        if self.instance is None or self.estimated:
            return rendering.first(self._vm, self.world)
        return rendering.restarted(self._vm, self.instance, self._pods[0], self.world)

    @property
    def _restart_required(self) -> bool:
        """Whether the VM already waits for a restart; status is the same in both versions."""
        old = self.subject.old
        return self.vm.restart_required or (old is not None and old.restart_required)

    @property
    def _restart_changes(self) -> bool:
        return bool(self.changes.restart) or self._restart_required
