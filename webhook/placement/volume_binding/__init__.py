"""VolumeBinding: bound volumes must be reachable, unbound claims must be satisfiable.

Mirrors `plugins/volumebinding/{volume_binding,binder}.go`. A claim of a class with
WaitForFirstConsumer takes an existing volume (`static`) or gets a new one
(`provisioning`); any other claim must have been bound before.
"""

from collections.abc import Iterator

from webhook.objects import Claim, PodInfo
from webhook.objects.storage import WAIT_FOR_FIRST_CONSUMER, PersistentVolumeClaim
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.storage import foreign
from webhook.placement.volume_binding import bound, provisioning, static

REASON_AFFINITY = "node(s) didn't match PersistentVolume's node affinity"
#: Up to 1.32.
REASON_AFFINITY_OLD = "node(s) had volume node affinity conflict"
REASON_UNSATISFIED = "node(s) didn't find available persistent volumes to bind"
REASON_FULL = "node(s) did not have enough free storage"
REASON_MISSING = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
REASON_IMMEDIATE = "pod has unbound immediate PersistentVolumeClaims"


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Refuses a pod with a claim that is not ready; skips one without claims."""
    for claim in pod.claims:
        refusal = _unusable(pod, claim, index)
        if refusal:
            return PreFilter(refusal=refusal)
    claims = [index.storage.claims[pod.namespace, claim.name] for claim in pod.claims]
    if not all(claim.bound or _waits_for_a_node(claim, index) for claim in claims):
        return PreFilter(refusal=REASON_IMMEDIATE)
    return skipping(not claims)


def _unusable(pod: PodInfo, claim: Claim, index: ClusterIndex) -> str:
    found = index.storage.claim(pod, claim)
    if found is None and claim.ephemeral:
        return (
            "waiting for ephemeral volume controller to create the persistentvolumeclaim "
            f'"{claim.name}"'
        )
    if found is None:
        return f'persistentvolumeclaim "{claim.name}" not found'
    if found.phase == "Lost":
        return (
            f'persistentvolumeclaim "{found.name}" bound to non-existent persistentvolume '
            f'"{found.volume_name}"'
        )
    if found.deleting:
        return f'persistentvolumeclaim "{found.name}" is being deleted'
    return foreign(pod, found) if claim.ephemeral else ""


def _waits_for_a_node(claim: PersistentVolumeClaim, index: ClusterIndex) -> bool:
    """Whether the scheduler chooses the volume; not if the user has, or the class is gone."""
    storage_class = index.storage.classes.get(claim.storage_class)
    waits = storage_class is not None and storage_class.binding_mode == WAIT_FOR_FIRST_CONSUMER
    return waits and not claim.volume_name


def volume_binding(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses nodes for bound volumes, then for unbound claims; a node may fail by both.

    An Error of the one or the other is yielded before all reasons.
    """
    claims = [index.storage.claims[pod.namespace, claim.name] for claim in pod.claims]
    errors, there = bound.reach([claim for claim in claims if claim.bound], index)
    yield from errors
    unbound = [claim for claim in claims if not claim.bound]
    unsatisfied = never = full = 0
    if unbound:
        here = _chosen(unbound, index)
        elsewhere = index.nodes.all & ~here
        waiting = [claim for claim in unbound if claim.selected_node is None]
        fault = static.fault(waiting, index)
        if fault:
            yield Rejection(here, fault, Code.ERROR)
            here = 0  # no more is asked there
        outcome = _provided(unbound, waiting, here, index)
        unsatisfied, never, full = elsewhere | outcome.unsatisfied, outcome.never, outcome.full
    reworded = index.features.volume_affinity_reworded
    affinity = REASON_AFFINITY if reworded else REASON_AFFINITY_OLD
    yield Rejection(there.excluded, affinity, permanent=there.never)
    yield Rejection(unsatisfied, REASON_UNSATISFIED, permanent=never)
    yield Rejection(full, REASON_FULL)
    yield Rejection(there.missing, REASON_MISSING)


def _provided(
    unbound: list[PersistentVolumeClaim],
    waiting: list[PersistentVolumeClaim],
    nodes: int,
    index: ClusterIndex,
) -> provisioning.Outcome:
    """Where on these nodes a claim gets neither a volume that is there nor a new one."""
    unmatched = static.unmatched(waiting, nodes, index)
    provisioned = [(claim, nodes) for claim in unbound if claim.selected_node is not None]
    return provisioning.check([*provisioned, *unmatched], nodes, index)


def _chosen(claims: list[PersistentVolumeClaim], index: ClusterIndex) -> int:
    """The nodes that no claim excludes by having been given to another node already."""
    nodes = index.nodes.all
    for claim in claims:
        if claim.selected_node is not None:
            nodes &= index.nodes.bit(claim.selected_node)
    return nodes


PLUGIN = Plugin("VolumeBinding", volume_binding, prefilter)
