"""The verdict of kube-scheduler's Filter phase: PLUGINS and evaluate.

Mirrors `scheduler/framework/runtime/framework.go` with the default profile's order.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from webhook.objects import PodInfo, Profile
from webhook.placement import (
    inter_pod_affinity,
    node_affinity,
    node_name,
    node_ports,
    node_resources_fit,
    node_unschedulable,
    node_volume_limits,
    pod_topology_spread,
    taint_toleration,
    volume_binding,
    volume_restrictions,
    volume_zone,
)
from webhook.placement.framework import (
    NOT_IN_PREFILTER_SET,
    Code,
    Diagnosis,
    NodeVerdict,
    Plugin,
    PreFilter,
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
    node_ports.PLUGIN,
    node_resources_fit.PLUGIN,
    volume_restrictions.PLUGIN,
    node_volume_limits.PLUGIN,
    volume_binding.PLUGIN,
    volume_zone.PLUGIN,
    pod_topology_spread.PLUGIN,
    inter_pod_affinity.PLUGIN,
)


@lru_cache(maxsize=8)
def _running(profile: Profile) -> tuple[tuple[Plugin, bool], ...]:
    """The plugins that the profile runs, and whether each of them also looks at nodes."""
    return tuple((p, profile.filters(p.name)) for p in PLUGINS if profile.runs(p.name))


def evaluate(pod: PodInfo, index: ClusterIndex) -> Diagnosis:
    """Which nodes can take the pod, and why the others cannot.

    Every plugin looks at every node, so that a permanent reason is found behind a passing
    one. A node that passes is Unknown where the pod makes demands that nothing here judges.
    """
    everyone = narrowed = index.nodes.all
    active, narrowing, refusing = [], [], None
    for plugin, filters in _running(index.profile):
        outcome = plugin.prefilter(pod, index)
        if outcome.narrowed is not None:
            narrowing.append(plugin.name)
            narrowed &= outcome.narrowed
        if outcome.refusal:
            refusing = refusing or (plugin.name, outcome)
        elif filters and not outcome.skip:
            active.append(plugin)
    refused, permanent = _filtered(pod, index, active, narrowed)
    if refusing is None:
        refused = _with_nominated(pod, index, active, narrowed, refused)
        refusing = next(_errors(refused), None)
    if refusing is not None:
        return _refused_everywhere(*refusing, permanent, index)
    absent = Rejection(everyone & ~narrowed, NOT_IN_PREFILTER_SET.format(" ".join(narrowing)))
    if absent.nodes:
        refused = (Refused(None, (absent,)), *refused)
    passed = everyone & ~_nodes(refused)
    unknown, unmodelled = _unmodelled(pod, index, passed)
    return Diagnosis(
        names=index.nodes.names,
        nodes=everyone,
        feasible=passed & ~unknown,
        refused=refused,
        permanent=permanent,
        unknown=unknown,
        unmodelled=unmodelled,
    )


def _unmodelled(pod: PodInfo, index: ClusterIndex, passed: int) -> tuple[int, tuple[str, ...]]:
    """The passing nodes on which a demand stays that no plugin of ours judges, and which."""
    demands = list(pod.unmodelled)
    if index.profile.default_spread and not pod.spread:
        demands.append("the spread constraints that the scheduler's profile gives to every pod")
    if demands:
        return passed, tuple(demands)
    if not index.device_classes:
        return 0, ()
    asked = sorted(resource for resource, amount in pod.requests.items() if amount)
    devices = {resource: passed & index.delegated(resource) for resource in asked}
    devices = {resource: nodes for resource, nodes in devices.items() if nodes}
    return union(devices.values()), tuple(f"{each} (from a DeviceClass)" for each in devices)


def _refused_everywhere(
    plugin: str, outcome: PreFilter, permanent: int, index: ClusterIndex
) -> Diagnosis:
    everyone = index.nodes.all
    rejection = Rejection(everyone, outcome.refusal, outcome.code)
    return Diagnosis(
        names=index.nodes.names,
        nodes=everyone,
        feasible=0,
        refused=(Refused(plugin, (rejection,)),),
        permanent=everyone if outcome.permanent else permanent,
        prefilter=outcome.refusal,
    )


def _errors(refused: tuple[Refused, ...]) -> Iterator[tuple[str, PreFilter]]:
    """The errors that stand on any node: the scheduler gives up the pod over the first."""
    for each in refused:
        for rejection in each.rejections:
            if rejection.code is Code.ERROR and rejection.nodes:
                yield each.plugin or "", PreFilter(refusal=rejection.reason, code=Code.ERROR)


def _filtered(
    pod: PodInfo, index: ClusterIndex, active: list[Plugin], within: int
) -> tuple[tuple[Refused, ...], int]:
    """Run the filters on these nodes: first refusals, and all permanent ones."""
    refused, permanent, remaining = [], 0, within
    for plugin in active:
        standing, left = [], remaining
        for rejection in plugin.filter(pod, index):
            permanent |= rejection.permanent
            nodes = rejection.nodes & remaining
            if nodes:
                left &= ~nodes
                standing.append(rejection.on(nodes))
        if standing:
            refused.append(Refused(plugin.name, tuple(standing)))
            remaining = left
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
        Refused(each.plugin, tuple(r.on(r.nodes & ~node) for r in each.rejections))
        for each in refused
    )


def _nodes(refused: tuple[Refused, ...]) -> int:
    return union(r.nodes for each in refused for r in each.rejections)
