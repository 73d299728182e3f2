"""InterPodAffinity: required pod affinity and anti-affinity, of both sides.

Mirrors `plugins/interpodaffinity/filtering.go`. The term that KubeVirt adds to a
migration target, and the old anti-affinity of the source pod, act through it.
"""

from collections.abc import Iterator

from pyroaring import BitMap

from webhook.objects import AffinityTerm, PodInfo
from webhook.placement.framework import Code, Plugin, PreFilter, Rejection, skipping
from webhook.placement.index import ClusterIndex
from webhook.placement.index.node_sets import union
from webhook.placement.index.terms import unparseable

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
    return skipping(not own and not existing_anti_affinity(pod, index))


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
    near = index.standing(_matching(terms, pod.namespace, index))
    domains = [index.nodes.domain(term.topology_key, near) for term in terms]
    if not any(domains) and _matches_itself(pod, index):
        return keyless, 0
    return keyless, union(index.nodes.all & ~domain for domain in domains)


def _matches_itself(pod: PodInfo, index: ClusterIndex) -> bool:
    return all(
        term.selector.matches(pod.labels) and _covers(term, pod.namespace, index)
        for term in pod.rules.pod_affinity
    )


def anti_affinity(pod: PodInfo, index: ClusterIndex) -> int:
    """The nodes in a topology domain with a pod that an own anti-affinity term matches."""
    refused = 0
    for term in pod.rules.pod_anti_affinity:
        near = index.standing(_matching((term,), pod.namespace, index))
        refused |= index.nodes.domain(term.topology_key, near)
    return refused


def existing_anti_affinity(pod: PodInfo, index: ClusterIndex) -> int:
    """The nodes in a topology domain of a pod whose anti-affinity matches this one."""
    labels = index.namespaces.get(pod.namespace, {})
    refused = 0
    for carried in index.terms.matching(pod.labels):
        term = carried.term
        named = pod.namespace in _namespaces(term, carried.namespace)
        if named or term.namespace_selector.matches(labels):
            refused |= index.nodes.domain(term.topology_key, index.standing(carried.pods))
    return refused


def _matching(terms: tuple[AffinityTerm, ...], owner: str, index: ClusterIndex) -> BitMap:
    """The placed pods that every one of these terms of a pod in `owner` looks for."""
    placed = index.placed
    found = placed.matching(terms[0].selector)
    for term in terms[1:]:
        found = found & placed.matching(term.selector)  # a new set: never in place
    looked_at = [_looked_at(t, owner, index) for t in terms if not _everywhere(t, index)]
    if not found or not looked_at:
        return found
    first, *others = looked_at
    return found & placed.within(first.intersection(*others) if others else first)


def _covers(term: AffinityTerm, owner: str, index: ClusterIndex) -> bool:
    """Whether a term of an incoming pod in `owner` looks at pods of that namespace."""
    return _everywhere(term, index) or owner in _looked_at(term, owner, index)


def _everywhere(term: AffinityTerm, index: ClusterIndex) -> bool:
    """Whether a term of an incoming pod looks at every namespace, known or not.

    Since 1.34 the namespaceSelector is also tried on an empty label set, so that one made
    of NotIn and DoesNotExist alone covers every namespace (kubernetes issue 141526).
    """
    selector = term.namespace_selector
    if selector.requirements and not index.features.empty_namespace_labels_match:
        return False
    return selector.matches({})


def _looked_at(term: AffinityTerm, owner: str, index: ClusterIndex) -> frozenset[str]:
    """The namespaces that a term names or selects."""
    named, selector = _namespaces(term, owner), term.namespace_selector
    if not selector.requirements:
        return named
    selected = index.namespaces.selected(selector)
    return named | selected if named else selected


def _namespaces(term: AffinityTerm, owner: str) -> frozenset[str]:
    if not term.namespaces and term.namespace_selector.nothing:
        return frozenset((owner,))
    return term.namespaces


PLUGIN = Plugin("InterPodAffinity", inter_pod_affinity, prefilter)
