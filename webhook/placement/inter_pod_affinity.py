"""InterPodAffinity: required pod affinity and anti-affinity, of both sides.

Mirrors `plugins/interpodaffinity/filtering.go`. The term that KubeVirt adds to a
migration target, and the old anti-affinity of the source pod, act through it.
"""

from collections.abc import Iterator

from webhook.objects import AffinityTerm, PodInfo
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import union
from webhook.placement.index.pod_groups import unparseable

REASON_AFFINITY = "node(s) didn't match pod affinity rules"
REASON_ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
REASON_EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules"


def prefilter(pod: PodInfo, index: ClusterIndex) -> PreFilter:
    """Refuses a pod whose terms do not parse; skips one that no term concerns."""
    errors = [
        f"{kind}: {unparseable(term)}"
        for kind, terms in (
            ("requiredAffinityTerms", pod.rules.pod_affinity),
            ("requiredAntiAffinityTerms", pod.rules.pod_anti_affinity),
        )
        for term in terms
        if unparseable(term)
    ]
    if errors:
        text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
        return PreFilter(refusal=f"parsing pod: {text}", permanent=True)
    own = pod.rules.pod_affinity or pod.rules.pod_anti_affinity
    return PreFilter(skip=not own and not existing_anti_affinity(pod, index))


def inter_pod_affinity(pod: PodInfo, index: ClusterIndex) -> Iterator[Rejection]:
    """Refuses by own affinity, own anti-affinity, then that of existing pods."""
    keyless, unmet = affinity(pod, index)
    yield Rejection(keyless | unmet, REASON_AFFINITY, Code.UNRESOLVABLE, permanent=keyless)
    refused = keyless | unmet
    apart = anti_affinity(pod, index) & ~refused
    yield Rejection(apart, REASON_ANTI_AFFINITY, Code.UNSCHEDULABLE)
    existing = existing_anti_affinity(pod, index) & ~refused & ~apart
    yield Rejection(existing, REASON_EXISTING, Code.UNSCHEDULABLE)


def affinity(pod: PodInfo, index: ClusterIndex) -> tuple[int, int]:
    """The nodes without a term's topology key, and those without a matching pod near.

    One existing pod must match all terms at once. Where none does anywhere and the pod
    matches its own terms, it is the first of its series and may go anywhere.
    """
    terms = pod.rules.pod_affinity
    if not terms:
        return 0, 0
    keyless = union(index.nodes.all & ~index.nodes.with_key(term.topology_key) for term in terms)
    near = union(
        group.tally.nodes
        for group in index.groups.groups_for(terms[0].selector)
        if all(
            term.selector.matches(group.labels)
            and covers(term, pod.namespace, group.namespace, index)
            for term in terms
        )
    )
    domains = [index.nodes.domain(term.topology_key, near) for term in terms]
    if not any(domains) and _matches_itself(pod, index):
        return keyless, 0
    return keyless, union(index.nodes.all & ~domain for domain in domains)


def _matches_itself(pod: PodInfo, index: ClusterIndex) -> bool:
    return all(
        term.selector.matches(pod.labels) and covers(term, pod.namespace, pod.namespace, index)
        for term in pod.rules.pod_affinity
    )


def anti_affinity(pod: PodInfo, index: ClusterIndex) -> int:
    """The nodes in a topology domain with a pod that an own anti-affinity term matches."""
    refused = 0
    for term in pod.rules.pod_anti_affinity:
        near = union(
            group.tally.nodes
            for group in index.groups.groups_for(term.selector)
            if covers(term, pod.namespace, group.namespace, index)
        )
        refused |= index.nodes.domain(term.topology_key, near)
    return refused


def existing_anti_affinity(pod: PodInfo, index: ClusterIndex) -> int:
    """The nodes in a topology domain of a pod whose anti-affinity matches this one."""
    labels = index.namespaces.get(pod.namespace, {})
    refused = 0
    for (owner, term), tally in index.groups.terms_for(pod.labels):
        named = pod.namespace in _namespaces(term, owner)
        if named or term.namespace_selector.matches(labels):
            refused |= index.nodes.domain(term.topology_key, tally.nodes)
    return refused


def covers(term: AffinityTerm, owner: str, namespace: str, index: ClusterIndex) -> bool:
    """Whether a term of an incoming pod in `owner` looks at pods of `namespace`.

    Since 1.34 the namespaceSelector is also tried on an empty label set, so that one made
    of NotIn and DoesNotExist alone covers every namespace (kubernetes issue 141526).
    """
    if namespace in _namespaces(term, owner):
        return True
    selector = term.namespace_selector
    if not selector.requirements:
        return selector.matches({})
    if index.features.empty_namespace_labels_match and selector.matches({}):
        return True
    return namespace in index.namespaces and selector.matches(index.namespaces[namespace])


def _namespaces(term: AffinityTerm, owner: str) -> frozenset[str]:
    if not term.namespaces and term.namespace_selector.nothing:
        return frozenset((owner,))
    return term.namespaces


PLUGIN = Plugin("InterPodAffinity", inter_pod_affinity, prefilter)
