"""Where a pod or VM may run: affinity, nodeSelector and tolerations from the wire."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import starmap

from webhook.objects import AffinityTerm, SchedulingRules, SpreadConstraint, Toleration
from webhook.parse import wire
from webhook.parse.construction import constructor
from webhook.parse.selectors import label_selector, node_selector
from webhook.parse.texts import string_map

_new_rules = constructor(SchedulingRules)
_new_term = constructor(AffinityTerm)

_REMEMBERED = 1024
#: One for all: an empty frozenset of its own is as large as one of four.
_NO_NAMES: frozenset[str] = frozenset()
#: Keys of topologies: all pods have the same few.
_word = lru_cache(_REMEMBERED)(str)


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
    return with_affinity(affinity, string_map(node_selector_map), tolerations(raw_tolerations))


def with_affinity(
    affinity: wire.Affinity | None,
    node_selector_map: Mapping[str, str],
    tolerated: tuple[Toleration, ...],
) -> SchedulingRules:
    """The same where the nodeSelector and the tolerations were lowered before."""
    affinity = affinity or _NO_AFFINITY
    node_affinity, together, apart = (
        affinity.node_affinity,
        affinity.pod_affinity,
        affinity.pod_anti_affinity,
    )
    return _new_rules(
        node_selector_map,
        None if node_affinity is None else node_selector(node_affinity.required),
        () if together is None else _terms(together),
        () if apart is None else _terms(apart),
        tolerated,
        (together is not None and _across(together)) or (apart is not None and _across(apart)),
    )


_NO_AFFINITY = wire.Affinity()


def _across(raw: wire.PodAffinity) -> bool:
    preferred = [t.pod_affinity_term for t in raw.preferred or ()]
    return any(t and (t.namespaces or t.namespace_selector is not None) for t in preferred)


def _terms(raw: wire.PodAffinity) -> tuple[AffinityTerm, ...]:
    return tuple(map(_affinity_term, raw.required or ()))


def _affinity_term(raw: wire.PodAffinityTerm) -> AffinityTerm:
    return _new_term(
        _word(raw.topology_key or ""),
        label_selector(raw.label_selector),
        frozenset(raw.namespaces) if raw.namespaces else _NO_NAMES,
        label_selector(raw.namespace_selector),
        tuple(raw.match_label_keys or ()),
        tuple(raw.mismatch_label_keys or ()),
    )


def tolerations(raw: Iterable[wire.Toleration] | None) -> tuple[Toleration, ...]:
    """Tolerations in their order."""
    return _tolerations(
        tuple((t.key or "", t.operator or "", t.value or "", t.effect or "") for t in raw or ())
    )


@lru_cache(_REMEMBERED)
def _tolerations(each: tuple[tuple[str, str, str, str], ...]) -> tuple[Toleration, ...]:
    """Most pods have no more than those that admission adds to all."""
    return tuple(starmap(Toleration, each))


def spread_constraints(
    raw: Iterable[wire.TopologySpreadConstraint] | None,
) -> tuple[SpreadConstraint, ...]:
    """The constraints that filter, with the API's defaults for what they leave open."""
    return tuple(
        SpreadConstraint(
            topology_key=_word(each.topology_key or ""),
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
