"""The pod that the scheduler will see: source pod (or VM) plus the new placement.

Mirrors KubeVirt's `pkg/virt-controller/services/template.go` as far as scheduling goes,
and the terms that its migration controller adds. The source pod is the ground truth for
requests and volumes; what a RuntimeClass adds to a pod is not known here and not carried
over.
"""

from collections.abc import Mapping
from dataclasses import replace

from webhook.launcher import node_selector
from webhook.launcher.estimate import estimated_requests
from webhook.launcher.node_selector import FEATURE, HOST_MODELS, Selector
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
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.virtual_machine import Machine
from webhook.parse.defaults import admitted

CREATED_BY = "kubevirt.io/created-by"
_TOPOLOGY = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
_OBSOLETE = Requirement("node-labeller.kubevirt.io/obsolete-host-model", Operator.DOES_NOT_EXIST)


def target(
    source: PodInfo,
    rules: SchedulingRules,
    instance: VirtualMachineInstance,
    kubevirt: KubeVirt,
    source_node: NodeInfo | None,
    features: Features,
) -> PodInfo:
    """The target pod of a live migration under new rules."""
    forced = node_selector.kept(source.rules.node_selector, instance.machine)
    rendered = _rendered(source, rules, instance.machine, kubevirt, features, forced)
    selector = rendered.node_selector
    if source_node is not None:
        copied = node_selector.host_model(source.rules.node_selector, instance.machine, source_node)
        selector = {**copied, **selector}
    apart = AffinityTerm(
        "kubernetes.io/hostname",
        LabelSelector((Requirement(CREATED_BY, Operator.IN, frozenset((instance.uid,))),)),
    )
    rules = replace(
        rendered,
        node_selector=selector,
        pod_anti_affinity=(*rendered.pod_anti_affinity, apart),
    )
    return _unplaced(source, rules, f"{source.name}-target")


def _unplaced(source: PodInfo, rules: SchedulingRules, name: str) -> PodInfo:
    return replace(
        source,
        uid="",
        name=name,
        labels=unbound(source.labels),
        rules=rules,
        usage=source.requests,
        node_name="",
        nominated_node_name="",
        phase="Pending",
    )


def unbound(labels: Mapping[str, str]) -> Mapping[str, str]:
    """A pod's labels before it is bound: binding copies topology labels of the node.

    Mirrors the PodTopologyLabels admission plugin (Kubernetes 1.35). A target carries those
    of its own node, so pod (anti-)affinity must not see the source's on it.
    """
    return {key: value for key, value in labels.items() if not key.startswith(_TOPOLOGY)}


def restarted(
    source: PodInfo,
    vm: VirtualMachine,
    instance: VirtualMachineInstance,
    kubevirt: KubeVirt,
    features: Features,
) -> PodInfo:
    """The pod as a restart would render it: nothing of a migration, the VM's machine type."""
    machine = replace(instance.machine, machine_type=vm.machine.machine_type)
    forced = node_selector.kept(source.rules.node_selector, machine)
    forced = node_selector.without_migration_labels(forced, machine)
    rules = _rendered(source, vm.rules, machine, kubevirt, features, forced)
    return _unplaced(source, rules, f"{source.name}-restarted")


def _rendered(
    source: PodInfo,
    rules: SchedulingRules,
    machine: Machine,
    kubevirt: KubeVirt,
    features: Features,
    forced: Selector,
) -> SchedulingRules:
    """The user's rules with what KubeVirt and the API server add for this VM."""
    selector = node_selector.rendered(rules.node_selector, forced, machine, kubevirt)
    return admitted(
        replace(rules, node_selector=selector, node_affinity=node_affinity(rules, machine)),
        unbound(source.labels),
        features,
    )


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
    if machine.cpu_model in HOST_MODELS:
        extra = (_OBSOLETE, *extra)
    if not extra:
        return rules.node_affinity
    if rules.node_affinity is None:
        return NodeSelector((NodeSelectorTerm(extra),))
    return NodeSelector(
        tuple(
            term
            if term.invalid or (term.empty and not literally)
            else replace(term, expressions=(*term.expressions, *extra))
            for term in rules.node_affinity.terms
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
    machine, actual, user = instance.machine, source.rules, rules.node_selector
    forced = node_selector.kept(actual.node_selector, machine)
    expected = _rendered(source, rules, machine, kubevirt, features, forced)
    return (
        node_selector.own(actual.node_selector, user, kubevirt)
        == node_selector.own(expected.node_selector, user, kubevirt)
        and actual.node_affinity == node_affinity(rules, machine, literally=True)
        and actual.pod_affinity == expected.pod_affinity
        and _without_migration_term(actual) == expected.pod_anti_affinity
        and frozenset(actual.tolerations) == frozenset(expected.tolerations)
    )


def _without_migration_term(rules: SchedulingRules) -> tuple[AffinityTerm, ...]:
    return tuple(
        term
        for term in rules.pod_anti_affinity
        if not any(r.key == CREATED_BY for r in term.selector.requirements)
    )


def fresh(vm: VirtualMachine, kubevirt: KubeVirt, features: Features) -> PodInfo:
    """The first launcher pod of a VM that does not run, with estimated requests."""
    machine = node_selector.with_default_model(vm.machine, kubevirt)
    labels = {**vm.labels, "kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": vm.name}
    forced = node_selector.for_start(machine)
    rules = replace(
        vm.rules,
        node_selector=node_selector.rendered(vm.rules.node_selector, forced, machine, kubevirt),
        node_affinity=node_affinity(vm.rules, machine),
    )
    amounts = estimated_requests(machine, kubevirt)
    return PodInfo(
        namespace=vm.namespace,
        name=f"virt-launcher-{vm.name}",
        labels=labels,
        rules=admitted(rules, labels, features),
        requests=amounts,
        usage=amounts,
        phase="Pending",
        scheduler_name=vm.scheduler_name,
        unmodelled=vm.unmodelled,
    )
