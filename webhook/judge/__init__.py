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
from webhook.judge.world import World
from webhook.launcher.estimate import resized
from webhook.objects import (
    PodInfo,
    SchedulingRules,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.virtual_machine import ROLLOUT
from webhook.parse.defaults import admitted
from webhook.placement import Diagnosis, evaluate
from webhook.placement.inter_pod_affinity import affinity, anti_affinity
from webhook.placement.node_affinity import matching, selected

__all__ = ["Findings", "Subject", "World", "judge"]

_FINAL = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Subject:
    """A VM as it is to become, and as it was; `old` is None when it is being created."""

    new: VirtualMachine
    old: VirtualMachine | None = None

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
        pods = self.world.launchers(self.instance)
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
        if not self.world.kubevirt.live_update:
            return "KubeVirt's vmRolloutStrategy is Stage"
        if self._restart_required:
            return "the VM has the condition RestartRequired"
        if restart := self.subject.changes.restart:
            return f"the same change touches {restart[0]}, which needs a restart"
        if self.vm.annotations.get(ROLLOUT) == "OnRestart":
            return f"the VM's annotation {ROLLOUT} is OnRestart"
        return ""

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
        key = self.instance.key
        unfinished = self.world.unfinished_migrations()
        return self.instance.migrating or any(
            (m.namespace, m.instance_name) == key for m in unfinished
        )

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
            self.source, self.rules, self.instance, self.world.kubevirt, self.world.features
        )

    @cached_property
    def pod(self) -> PodInfo:
        """The pod that `diagnosis` is about: a migration target, or the pod of a start."""
        source, instance = self.source, self.instance
        if source is None or instance is None or self.at_restart:
            return self._started()
        return self._target(source, instance)

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """*move* for a VM that runs, *place* for one that does not or that restarts."""
        pod, gone = self.pod, self._pods if self.question == "place" else []
        with self.world.index.assuming(gone=gone):
            return evaluate(pod, self.world.index)

    @cached_property
    def without_source(self) -> Diagnosis:
        """*without source*: the move with the source pod gone, its own node left out."""
        source, instance = self.source, self.instance
        if source is None or instance is None:
            return self.diagnosis
        target = self.pod
        rules = replace(target.rules, pod_anti_affinity=target.rules.pod_anti_affinity[:-1])
        with self.world.index.assuming(gone=[source]):
            return evaluate(replace(target, rules=rules), self.world.index)

    def _target(self, source: PodInfo, instance: VirtualMachineInstance) -> PodInfo:
        world = self.world
        node = world.index.nodes.infos.get(source.node_name)
        source = self._resized(source)
        return launcher.target(source, self.rules, instance, world.kubevirt, node, world.features)

    def _resized(self, source: PodInfo) -> PodInfo:
        """The source pod with what the same change hotplugs: sockets and guest memory."""
        before, wanted = (self.subject.old or self.vm).machine, self.vm.machine
        after = replace(before, vcpus=wanted.vcpus, guest_memory=wanted.guest_memory)
        requests = resized(source.requests, before, after, self.world.kubevirt)
        return replace(source, requests=requests)

    @property
    def _pods(self) -> list[PodInfo]:
        return self.world.launchers(self.instance) if self.instance is not None else []

    def _started(self) -> PodInfo:
        """The pod of a start with none of the VM's pods left.

        Its pod tells what it will request, unless the VM has changed more than its pod shows.
        """
        world, instance, pods = self.world, self.instance, self._pods
        vm = replace(self.vm, rules=self.rules)
        if instance is None or self.estimated:
            return launcher.fresh(vm, world.kubevirt, world.features)
        source = self._resized(pods[0])
        return launcher.restarted(source, vm, instance, world.kubevirt, world.features)

    @property
    def _restart_required(self) -> bool:
        """Whether the VM already waits for a restart; status is the same in both versions."""
        old = self.subject.old
        return self.vm.restart_required or (old is not None and old.restart_required)

    @property
    def _restart_changes(self) -> bool:
        return bool(self.subject.changes.restart) or self._restart_required


def stays(
    vm: VirtualMachine, rules: SchedulingRules, instance: VirtualMachineInstance, world: World
) -> bool:
    """Whether the instance's node satisfies the rules, by nothing but the user's own.

    Not by cordon, NoSchedule, resources, volumes, or labels that KubeVirt injects. The
    VM's own pods do not count as neighbours; NoExecute taints do.
    """
    index = world.index
    node, info = index.nodes.bit(instance.node_name), index.nodes.infos.get(instance.node_name)
    if info is None:
        return False
    pods = world.launchers(instance)
    labels = pods[0].labels if pods else vm.labels
    pod = PodInfo(vm.namespace, vm.name, labels=labels, rules=rules)
    pod = replace(pod, rules=admitted(rules, labels, index.features))
    if any(t.effect == "NoExecute" and not pod.rules.tolerate(t) for t in info.taints):
        return False
    if not node & selected(rules.node_selector, index.nodes):
        return False
    if not node & matching(rules.node_affinity, index.nodes):
        return False
    with index.assuming(gone=pods):
        keyless, unmet = affinity(pod, index)
        return not node & (keyless | unmet | anti_affinity(pod, index))
