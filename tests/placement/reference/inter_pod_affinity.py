"""InterPodAffinity: own affinity, own anti-affinity, and the anti-affinity of those there."""

from tests.placement.reference.cluster import UU, Answer, Cluster, U, matches, unparseable
from webhook.objects import AffinityTerm, LabelSelector, NodeInfo, PodInfo


def unparseable_terms(pod: PodInfo, cluster: Cluster) -> Answer:
    """The pod's own terms must parse."""
    terms = [("requiredAffinityTerms", t) for t in pod.rules.pod_affinity]
    terms += [("requiredAntiAffinityTerms", t) for t in pod.rules.pod_anti_affinity]
    texts = [f"{kind}: {unparseable(term)}" for kind, term in terms if unparseable(term)]
    if not texts:
        return None
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return UU, (f"parsing pod: {text}",)


def nobody_minds(pod: PodInfo, cluster: Cluster) -> bool:
    """No term of the pod, and no term of another pod that counts anywhere and matches it."""
    if pod.rules.pod_affinity or pod.rules.pod_anti_affinity:
        return False
    return not any(
        term.topology_key in node.labels
        for existing, node in cluster.placed()
        for term in _repelling(existing, pod, cluster)
    )


def inter_pod_affinity(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """Own affinity, own anti-affinity, then the anti-affinity of existing pods."""
    if not _affinity_holds(pod, node, cluster):
        return UU, ("node(s) didn't match pod affinity rules",)
    for term in pod.rules.pod_anti_affinity:
        near = [p for p, at in cluster.placed() if _same_domain(term, node, at)]
        if any(_looks_at(term, pod, other, cluster) for other in near):
            return U, ("node(s) didn't match pod anti-affinity rules",)
    for other, at in cluster.placed():
        for term in _repelling(other, pod, cluster):
            if _same_domain(term, node, at):
                return U, ("node(s) didn't satisfy existing pods anti-affinity rules",)
    return None


def _affinity_holds(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> bool:
    terms = pod.rules.pod_affinity
    if any(term.topology_key not in node.labels for term in terms):
        return False
    matching = [
        at
        for other, at in cluster.placed()
        if all(_looks_at(term, pod, other, cluster) for term in terms)
    ]
    if all(any(_same_domain(term, node, at) for at in matching) for term in terms):
        return True
    counted = any(term.topology_key in at.labels for term in terms for at in matching)
    return not counted and all(_looks_at(term, pod, pod, cluster) for term in terms)


def _same_domain(term: AffinityTerm, node: NodeInfo, at: NodeInfo) -> bool:
    key = term.topology_key
    return key in node.labels and key in at.labels and node.labels[key] == at.labels[key]


def _looks_at(term: AffinityTerm, owner: PodInfo, other: PodInfo, cluster: Cluster) -> bool:
    """Whether a term of the incoming pod matches a pod; the selector quirk of 1.34 included."""
    if not matches(term.selector, other.labels):
        return False
    selector = term.namespace_selector
    if selector.nothing and not term.namespaces:
        return other.namespace == owner.namespace
    if other.namespace in term.namespaces or selector == LabelSelector():
        return True
    if cluster.features.empty_namespace_labels_match and matches(selector, {}):
        return True
    known = cluster.namespaces.get(other.namespace)
    return known is not None and matches(selector, known)


def _repelling(owner: PodInfo, pod: PodInfo, cluster: Cluster) -> list[AffinityTerm]:
    """The anti-affinity terms of an existing pod that match the incoming one."""
    terms = owner.rules.pod_anti_affinity
    if any(unparseable(term) for term in terms):
        return []
    labels = cluster.namespaces.get(pod.namespace, {})
    return [
        term
        for term in terms
        if matches(term.selector, pod.labels)
        and (
            pod.namespace in (term.namespaces or _own(term, owner))
            or matches(term.namespace_selector, labels)
        )
    ]


def _own(term: AffinityTerm, owner: PodInfo) -> set[str]:
    return {owner.namespace} if term.namespace_selector.nothing else set()
