"""The verdict of kube-scheduler's Filter phase: PLUGINS and evaluate.

Mirrors `scheduler/framework/runtime/framework.go` with the default profile's order.
"""

from dataclasses import replace

from webhook.objects import PodInfo
from webhook.placement import (
    inter_pod_affinity,
    node_affinity,
    node_name,
    node_resources_fit,
    node_unschedulable,
    taint_toleration,
)
from webhook.placement.framework import (
    NOT_IN_PREFILTER_SET,
    Code,
    Diagnosis,
    NodeVerdict,
    Plugin,
    Refused,
    Rejection,
)
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import union

__all__ = ["PLUGINS", "ClusterIndex", "Code", "Diagnosis", "NodeVerdict", "evaluate"]

#: In the order of the default profile; the first plugin to refuse a node speaks for it.
PLUGINS: tuple[Plugin, ...] = (
    node_unschedulable.PLUGIN,
    node_name.PLUGIN,
    taint_toleration.PLUGIN,
    node_affinity.PLUGIN,
    node_resources_fit.PLUGIN,
    inter_pod_affinity.PLUGIN,
)


def evaluate(pod: PodInfo, index: ClusterIndex) -> Diagnosis:
    """Which nodes can take the pod, and why the others cannot.

    Every plugin looks at every node, so that a permanent reason is found behind a passing
    one. A node that passes is Unknown where the pod makes demands that nothing here judges.
    """
    everyone = index.nodes.all
    narrowed, narrowing, active = everyone, [], []
    for plugin in (each for each in PLUGINS if index.profile.runs(each.name)):
        outcome = plugin.prefilter(pod, index)
        if outcome.refusal:
            return _refused_everywhere(plugin, outcome.refusal, pod, index)
        if outcome.narrowed is not None:
            narrowed &= outcome.narrowed
            narrowing.append(plugin.name)
        if not outcome.skip:
            active.append(plugin)
    absent = Rejection(everyone & ~narrowed, NOT_IN_PREFILTER_SET.format(" ".join(narrowing)))
    refused, permanent = _filtered(pod, index, active, narrowed)
    refused = _with_nominated(pod, index, active, narrowed, refused)
    if absent.nodes:
        refused = (Refused(None, (absent,)), *refused)
    passed = everyone & ~_nodes(refused)
    return Diagnosis(
        names=index.nodes.names,
        nodes=everyone,
        feasible=0 if pod.unmodelled else passed,
        refused=refused,
        permanent=permanent,
        unknown=passed if pod.unmodelled else 0,
        unmodelled=pod.unmodelled,
    )


def _refused_everywhere(
    plugin: Plugin, reason: str, pod: PodInfo, index: ClusterIndex
) -> Diagnosis:
    everyone = index.nodes.all
    rejection = Rejection(everyone, reason)
    return Diagnosis(
        names=index.nodes.names,
        nodes=everyone,
        feasible=0,
        refused=(Refused(plugin.name, (rejection,)),),
        permanent=everyone,
        prefilter=reason,
    )


def _filtered(
    pod: PodInfo, index: ClusterIndex, active: list[Plugin], within: int
) -> tuple[tuple[Refused, ...], int]:
    """Run the filters on these nodes: first refusals, and all permanent ones."""
    refused, permanent, remaining = [], 0, within
    for plugin in active:
        rejections = tuple(plugin.filter(pod, index))
        permanent |= union(rejection.permanent for rejection in rejections)
        standing = tuple(
            replace(rejection, nodes=rejection.nodes & remaining)
            for rejection in rejections
            if rejection.nodes & remaining
        )
        if standing:
            refused.append(Refused(plugin.name, standing))
            remaining &= ~union(rejection.nodes for rejection in standing)
    return tuple(refused), permanent


def _with_nominated(
    pod: PodInfo,
    index: ClusterIndex,
    active: list[Plugin],
    narrowed: int,
    refused: tuple[Refused, ...],
) -> tuple[Refused, ...]:
    """A node to which pods are nominated must also take the pod beside those.

    Mirrors RunFilterPluginsWithNominatedPods: that refusal is the one reported.
    """
    for node, pods in index.nominated(pod):
        if not node & narrowed:
            continue
        placed = [replace(p, node_name=p.nominated_node_name) for p in pods]
        with index.assuming(here=placed):
            crowded, _ = _filtered(pod, index, active, node)
        if crowded:
            refused = (*_without(refused, node), *crowded)
    return refused


def _without(refused: tuple[Refused, ...], node: int) -> tuple[Refused, ...]:
    return tuple(
        Refused(each.plugin, tuple(replace(r, nodes=r.nodes & ~node) for r in each.rejections))
        for each in refused
    )


def _nodes(refused: tuple[Refused, ...]) -> int:
    return union(r.nodes for each in refused for r in each.rejections)
