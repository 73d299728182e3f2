"""The pod that the scheduler will see: source pod (or VM) plus the new placement.

Mirrors KubeVirt's `pkg/virt-controller/services/template.go` as far as scheduling goes,
and the terms that its migration controller adds. The source pod is the ground truth for
requests and volumes.

defaulting       what KubeVirt's webhook fills in of a VM
node_selector    the labels of nodes that machine and migration ask for
labels           the pod's own labels
estimate         the containers of a first pod: compute, the guest's, with its overhead
hotplug          what a running pod gets of a change of CPU, memory or networks
"""

from dataclasses import replace

from webhook.launcher import labels, node_selector
from webhook.launcher.compute import network_resources
from webhook.launcher.defaulting import defaulted
from webhook.launcher.estimate import estimated, fetched, requests_of
from webhook.launcher.hotplug import UNKNOWN_NETWORK
from webhook.launcher.labels import CREATED_BY, RESERVED
from webhook.launcher.node_selector import FEATURE, HOST_MODEL
from webhook.launcher.surroundings import Surroundings
from webhook.objects import (
    AffinityTerm,
    Features,
    KubeVirt,
    LabelSelector,
    NodeInfo,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
    Toleration,
    Version,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.machine import Machine
from webhook.parse.defaults import admitted

_OBSOLETE = Requirement("node-labeller.kubevirt.io/obsolete-host-model", Operator.DOES_NOT_EXIST)
_DOMAIN = "spec.template.spec.domain"


def target(
    source: PodInfo,
    rules: SchedulingRules,
    instance: VirtualMachineInstance,
    kubevirt: KubeVirt,
    source_node: NodeInfo | None,
    features: Features,
) -> PodInfo:
    """The target pod of a live migration under new rules."""
    machine, own = instance.machine, labels.of_target(source, instance)
    selector = node_selector.of_migration(
        node_selector.rendered(rules.node_selector, machine, kubevirt),
        source.rules.node_selector,
        machine,
        source_node.labels if source_node is not None else {},
    )
    apart = AffinityTerm(
        "kubernetes.io/hostname",
        LabelSelector((Requirement(CREATED_BY, Operator.IN, frozenset((instance.uid,))),)),
    )
    rules = admitted(_rendered(rules, machine, kubevirt, selector), own, features)
    others = (*rules.pod_anti_affinity, *_reserving(source.rules))
    rules = replace(rules, pod_anti_affinity=(*others, apart))
    found = _unplaced(fetched(source, machine, kubevirt), own, rules, f"{source.name}-target")
    if instance.replaced is None:
        return found
    return replace(
        found,
        claims=tuple(claim for claim in source.claims if claim != instance.replaced),
        unmodelled=(*source.unmodelled, f"{_DOMAIN} (a new claim for the state of its devices)"),
    )


def _unplaced(source: PodInfo, own: labels.Labels, rules: SchedulingRules, name: str) -> PodInfo:
    return replace(
        source,
        uid="",
        name=name,
        labels=own,
        rules=rules,
        usage=source.requests,
        node_name="",
        nominated_node_name="",
        phase="Pending",
    )


def restarted(
    source: PodInfo,
    vm: VirtualMachine,
    instance: VirtualMachineInstance,
    kubevirt: KubeVirt,
    features: Features,
) -> PodInfo:
    """The pod as a restart would render it: nothing of a migration, the VM's machine type."""
    wanted = defaulted(vm.machine, kubevirt)
    machine = replace(instance.machine, machine_type=wanted.machine_type)
    own = labels.of_restart(source, instance, vm)
    rules = admitted(_rendered(vm.rules, machine, kubevirt), own, features)
    others = (*rules.pod_anti_affinity, *_reserving(source.rules))
    rules = replace(rules, pod_anti_affinity=others)
    return _unplaced(source, own, rules, f"{source.name}-restarted")


def _rendered(
    rules: SchedulingRules,
    machine: Machine,
    kubevirt: KubeVirt,
    selector: node_selector.Selector | None = None,
) -> SchedulingRules:
    """The user's rules with what KubeVirt adds for this machine; with this selector, if given."""
    if selector is None:
        selector = node_selector.rendered(rules.node_selector, machine, kubevirt)
    return replace(
        rules,
        node_selector=selector,
        node_affinity=node_affinity(rules, machine),
        tolerations=_tolerations(rules, kubevirt),
    )


def _tolerations(rules: SchedulingRules, kubevirt: KubeVirt) -> tuple[Toleration, ...]:
    """The API server adds those of the pod's runtime class."""
    added = kubevirt.runtime.tolerations if kubevirt.runtime else ()
    return (*rules.tolerations, *(each for each in added if each not in rules.tolerations))


def node_affinity(
    rules: SchedulingRules, machine: Machine, *, literally: bool = False
) -> NodeSelector | None:
    """Required node affinity with KubeVirt's requirements AND-ed into every term.

    KubeVirt adds them to an empty term too, which then matches nearly every node although
    the user's term matches none; unless asked for literally what KubeVirt writes, we hold to
    the user's rule (docs/decisions/0003).
    """
    extra = tuple(
        Requirement(f"{FEATURE}{name}", Operator.DOES_NOT_EXIST)
        for name in machine.forbidden_features
    )
    if machine.cpu_model in ("", HOST_MODEL):
        extra = (_OBSOLETE, *extra)
    if not extra:
        return rules.node_affinity
    if rules.node_affinity is None:
        return NodeSelector((NodeSelectorTerm(extra),))
    return NodeSelector(
        tuple(
            [
                term
                if term.invalid or (term.empty and not literally)
                else NodeSelectorTerm((*term.expressions, *extra), term.fields, term.named)
                for term in rules.node_affinity.terms
            ]
        )
    )


def rendered_from(
    source: PodInfo,
    rules: SchedulingRules,
    instance: VirtualMachineInstance,
    kubevirt: KubeVirt,
    features: Features,
) -> bool:
    """Whether the source pod carries just these rules (preferences aside)."""
    machine, actual = instance.machine, source.rules
    if actual.node_affinity != node_affinity(rules, machine, literally=True):
        return False
    if not node_selector.is_rendered(actual.node_selector, rules.node_selector, machine, kubevirt):
        return False
    expected = _rendered(rules, machine, kubevirt, actual.node_selector)
    expected = admitted(expected, labels.of_target(source, instance), features)
    return (
        actual.pod_affinity == expected.pod_affinity
        and _users(actual.pod_anti_affinity) == expected.pod_anti_affinity
        and frozenset(actual.tolerations) == frozenset(expected.tolerations)
    )


def _reserving(rules: SchedulingRules) -> tuple[AffinityTerm, ...]:
    """What keeps guests apart that reserve the same disk for themselves (KubeVirt 1.9)."""
    return tuple(term for term in rules.pod_anti_affinity if _speaks_of(term, RESERVED))


def _users(terms: tuple[AffinityTerm, ...]) -> tuple[AffinityTerm, ...]:
    return tuple(term for term in terms if not _speaks_of(term, (CREATED_BY, RESERVED)))


def _speaks_of(term: AffinityTerm, prefix: str | tuple[str, ...]) -> bool:
    return any(each.key.startswith(prefix) for each in term.selector.requirements)


def fresh(
    vm: VirtualMachine,
    kubevirt: KubeVirt,
    features: Features,
    around: Surroundings,
) -> PodInfo:
    """The first launcher pod of a VM that does not run, with estimated requests."""
    machine = defaulted(vm.machine, kubevirt)
    machine = replace(machine, tsc_frequency=kubevirt.tsc_frequency or around.tsc_frequency)
    own, resources = labels.of_start(vm), estimated(machine, kubevirt, around)
    amounts = requests_of(resources)
    return PodInfo(
        namespace=vm.namespace,
        name=f"virt-launcher-{vm.name}",
        labels=own,
        rules=admitted(_rendered(vm.rules, machine, kubevirt), own, features),
        requests=amounts,
        usage=amounts,
        phase="Pending",
        priority=around.priority,
        scheduler_name=vm.scheduler_name,
        spread=vm.spread,
        claims=vm.claims,
        resources=resources,
        unmodelled=(*vm.unmodelled, *_unknown(machine, kubevirt, around)),
    )


def _unknown(machine: Machine, kubevirt: KubeVirt, around: Surroundings) -> list[str]:
    """What a first pod will have that nothing tells before there is one."""
    unknown = []
    if machine.persistent_state:
        unknown.append(f"{_DOMAIN} (a claim for the state of its devices)")
    if None in network_resources(machine, kubevirt, around):
        unknown.append(UNKNOWN_NETWORK)
    version = Version.parse(kubevirt.version)
    if machine.persistent_reservation and (version is None or version >= Version(1, 9)):
        unknown.append(f"{_DOMAIN} (what keeps it from others that reserve its disk)")
    if kubevirt.runtime_class and kubevirt.runtime is None:
        unknown.append(f"runtime class {kubevirt.runtime_class} (its overhead)")
    return unknown
