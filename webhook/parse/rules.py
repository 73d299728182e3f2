"""Where a pod or VM may run: affinity, nodeSelector and tolerations from the wire."""

from collections.abc import Mapping

from webhook.objects import AffinityTerm, SchedulingRules, Toleration
from webhook.parse import wire
from webhook.parse.selectors import label_selector, node_selector


def string_map(raw: wire.StringMap) -> Mapping[str, str]:
    """A map of strings; the API reads a null value as empty."""
    return {key: value or "" for key, value in (raw or {}).items()}


def scheduling_rules(
    affinity: wire.Affinity | None,
    node_selector_map: wire.StringMap,
    tolerations: list[wire.Toleration] | None,
) -> SchedulingRules:
    """The required rules; preferences never filter and are not held."""
    affinity = affinity or wire.Affinity()
    node_affinity = affinity.node_affinity or wire.NodeAffinity()
    return SchedulingRules(
        node_selector=string_map(node_selector_map),
        node_affinity=node_selector(node_affinity.required),
        pod_affinity=_terms(affinity.pod_affinity),
        pod_anti_affinity=_terms(affinity.pod_anti_affinity),
        tolerations=tuple(map(_toleration, tolerations or ())),
    )


def _terms(raw: wire.PodAffinity | None) -> tuple[AffinityTerm, ...]:
    return tuple(map(_affinity_term, (raw and raw.required) or ()))


def _affinity_term(raw: wire.PodAffinityTerm) -> AffinityTerm:
    return AffinityTerm(
        topology_key=raw.topology_key or "",
        selector=label_selector(raw.label_selector),
        namespaces=frozenset(raw.namespaces or ()),
        namespace_selector=label_selector(raw.namespace_selector),
        match_label_keys=tuple(raw.match_label_keys or ()),
        mismatch_label_keys=tuple(raw.mismatch_label_keys or ()),
    )


def _toleration(raw: wire.Toleration) -> Toleration:
    return Toleration(raw.key or "", raw.operator or "", raw.value or "", raw.effect or "")
