"""Where a pod or VM may run: affinity, nodeSelector and tolerations from the wire."""

from collections.abc import Iterable, Mapping

from webhook.objects import AffinityTerm, SchedulingRules, SpreadConstraint, Toleration
from webhook.parse import wire
from webhook.parse.selectors import label_selector, node_selector


def string_map(raw: wire.StringMap) -> Mapping[str, str]:
    """A map of strings; the API reads a null value as empty."""
    return {key: value or "" for key, value in (raw or {}).items()}


def controller_uid(owners: Iterable[wire.OwnerReference] | None) -> str:
    """The uid of the owner that controls the object; empty where none does."""
    for each in owners or ():
        if each.controller:
            return each.uid or ""
    return ""


def scheduling_rules(
    affinity: wire.Affinity | None,
    node_selector_map: wire.StringMap,
    raw_tolerations: list[wire.Toleration] | None,
) -> SchedulingRules:
    """The required rules; preferences never filter and are not held.

    Quotas ask whether any term, preferred ones included, looks into other namespaces.
    """
    affinity = affinity or wire.Affinity()
    node_affinity = affinity.node_affinity or wire.NodeAffinity()
    return SchedulingRules(
        node_selector=string_map(node_selector_map),
        node_affinity=node_selector(node_affinity.required),
        pod_affinity=_terms(affinity.pod_affinity),
        pod_anti_affinity=_terms(affinity.pod_anti_affinity),
        tolerations=tolerations(raw_tolerations),
        prefers_across=_across(affinity.pod_affinity) or _across(affinity.pod_anti_affinity),
    )


def _across(raw: wire.PodAffinity | None) -> bool:
    preferred = [t.pod_affinity_term for t in (raw and raw.preferred) or ()]
    return any(t and (t.namespaces or t.namespace_selector is not None) for t in preferred)


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


def tolerations(raw: Iterable[wire.Toleration] | None) -> tuple[Toleration, ...]:
    """Tolerations in their order."""
    return tuple(map(_toleration, raw or ()))


def _toleration(raw: wire.Toleration) -> Toleration:
    return Toleration(raw.key or "", raw.operator or "", raw.value or "", raw.effect or "")


def spread_constraints(
    raw: Iterable[wire.TopologySpreadConstraint] | None,
) -> tuple[SpreadConstraint, ...]:
    """The constraints that filter, with the API's defaults for what they leave open."""
    return tuple(
        SpreadConstraint(
            topology_key=each.topology_key or "",
            max_skew=each.max_skew or 0,
            selector=label_selector(each.label_selector),
            min_domains=1 if each.min_domains is None else each.min_domains,
            honors_affinity=each.node_affinity_policy != "Ignore",
            honors_taints=each.node_taints_policy == "Honor",
            match_label_keys=tuple(each.match_label_keys or ()),
        )
        for each in raw or ()
        if each.when_unsatisfiable in (None, "", "DoNotSchedule")
    )
