"""Every reason that the Filter phase of the default profile knows, and whether it can be heard.

A run has to hear each reachable one often enough; what it hears beside them is a finding.
"""

import re
from collections import Counter
from collections.abc import Mapping

from tests.torture.differential.comparison import before_post_filter
from tests.torture.differential.extender import REFUSAL

HITS = 50
"""In the texts of so many pods a reachable reason has to occur."""

REACHABLE = (
    # NodeUnschedulable, TaintToleration
    "node(s) were unschedulable",
    "node(s) had untolerated taint(s)",
    # NodeAffinity
    "pod affinity terms conflict",
    "node(s) didn't satisfy plugin(s) [NodeAffinity]",
    "node(s) didn't match scheduler-enforced node affinity",
    "node(s) didn't match Pod's node affinity/selector",
    # NodePorts
    "node(s) didn't have free ports for the requested pod ports",
    # NodeResourcesFit
    "Too many pods",
    "Insufficient cpu",
    "Insufficient memory",
    "Insufficient ephemeral-storage",
    "Insufficient hugepages-2Mi",
    "Insufficient example.com/gpu",
    "Insufficient devices.kubevirt.io/kvm",
    # VolumeRestrictions
    'persistentvolumeclaim "…" not found',
    "node(s) had no available disk",
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already "
    "in-use by another pod",
    # NodeVolumeLimits
    "node(s) exceed max volume count",
    # VolumeBinding
    'waiting for ephemeral volume controller to create the persistentvolumeclaim "…"',
    "PVC … was not created for pod … (pod is not owner)",
    'persistentvolumeclaim "…" bound to non-existent persistentvolume "…"',
    'persistentvolumeclaim "…" is being deleted',
    "pod has unbound immediate PersistentVolumeClaims",
    "node(s) didn't match PersistentVolume's node affinity",
    "node(s) didn't find available persistent volumes to bind",
    "node(s) did not have enough free storage",
    # VolumeZone
    'persistentvolume "…" not found',
    "node(s) had no available volume zone",
    # PodTopologySpread
    "node(s) didn't match pod topology spread constraints (missing required label)",
    "node(s) didn't match pod topology spread constraints",
    # InterPodAffinity
    "node(s) didn't match pod affinity rules",
    "node(s) didn't match pod anti-affinity rules",
    "node(s) didn't satisfy existing pods anti-affinity rules",
)

_OTHER_FIRST = "VolumeBinding's PreFilter refuses a claim without a volume or a class before"
_NOT_MODELLED = "not modelled: such a pod is Unknown to us (VMA-502) and no scene has one"
_GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
UNREACHABLE: Mapping[str, str] = {
    "node(s) didn't match the requested node name": "a pod with a node never enters the queue",
    "node(s) had untolerated taint {…: …}": "until 1.34.1; the version that runs is newer",
    "node(s) didn't satisfy plugin(s) […] simultaneously": "only NodeAffinity narrows, and an "
    "empty set of its own is a conflict of terms",
    "Pod has a restartable init container and the SidecarContainers feature is disabled": "the "
    "feature cannot be disabled any more",
    "… CSI driver is not installed on the node": "feature VolumeLimitScaling is alpha and off",
    _GONE: "VolumeZone's PreFilter has said for all nodes that the volume is not found; heard "
    "where a profile turns VolumeZone off, which few scenes do",
    "PersistentVolumeClaim had no name": "the API server refuses such a volume",
    "PersistentVolumeClaim had no pv name and storageClass name": _OTHER_FIRST,
    "PersistentVolume had no name": _OTHER_FIRST,
    'storageclass.storage.k8s.io "…" not found': _OTHER_FIRST,
    'VolumeBindingMode not set for StorageClass "…"': "the API server defaults it",
    "parsing pod: …": "the API server refuses a selector that does not parse",
    "resourceclaim … (DynamicResources)": _NOT_MODELLED,
    "cannot allocate all claims (DynamicResources)": _NOT_MODELLED,
    "node(s) didn't match Pod's required features": _NOT_MODELLED,
}
"""Why no pod can hear them from this scheduler."""

_PART = re.compile(r"(\d+) (.+)")
_TEXT = re.compile(r"0/(\d+) nodes are available: (.+)\.", re.DOTALL)


def reasons(text: str) -> Counter[str]:
    """Return each reason of a text with its number of nodes; names are left out of them.

    A message of PreFilter counts for all nodes, the extender's own refusal not at all, and a
    text that is not about nodes is itself the reason, of none.
    """
    counts = _counts(text)
    del counts[REFUSAL]
    return counts


def _counts(text: str) -> Counter[str]:
    found = _TEXT.fullmatch(before_post_filter(text))
    if found is None:
        return Counter({text: 0})
    parts = [_PART.fullmatch(part) for part in found[2].split(", ")]
    if None in parts:
        return Counter({without_names(found[2]): int(found[1])})
    return Counter({part[2]: int(part[1]) for part in parts if part})


def shift(ours: str, theirs: str) -> frozenset[str]:
    """Return what one text says of more nodes than the other, and which one: - ours, + theirs."""
    mine, real = _counts(ours), _counts(theirs)
    return frozenset(f"-{reason}" for reason in mine - real) | {f"+{r}" for r in real - mine}


def without_names(message: str) -> str:
    """Return the message with … for each name of an object."""
    message = re.sub(r'"[^"]*"', '"…"', message)
    return re.sub(r"\b(PVC|pod) \S+/\S+", r"\1 …", message)


def shortfalls(pods: Mapping[str, int], hits: int = HITS) -> dict[str, int]:
    """Return the reachable reasons that were heard of fewer pods, with how many."""
    return {reason: pods.get(reason, 0) for reason in REACHABLE if pods.get(reason, 0) < hits}


def unlisted(pods: Mapping[str, int]) -> list[str]:
    """Return the reasons that were heard and must not be, or stand on no list."""
    return sorted(set(pods) - set(REACHABLE) - {_GONE})
