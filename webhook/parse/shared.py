"""Parts that are equal in many objects: lowered once, and shared from then on.

The replicas of a workload say the same thing in the same bytes, so their JSON is the key; what
is equal in other bytes is lowered again and only costs its own memory. All caches are bounded,
so what they hold on to is at most some megabytes. Nothing changes a value after it was lowered.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from webhook.objects import SchedulingRules, SpreadConstraint, Toleration
from webhook.parse import rules, wire
from webhook.parse.texts import string_map

PARTS = 4096
"""Entries of a cache: lists come sorted by namespace and name, replicas beside each other."""

_LABELS = msgspec.json.Decoder(wire.StringMap)
_AFFINITY = msgspec.json.Decoder(wire.Affinity | None)
_TOLERATIONS = msgspec.json.Decoder(list[wire.Toleration] | None)
_SPREAD = msgspec.json.Decoder(list[wire.TopologySpreadConstraint] | None)


def texts(raw: Iterable[str] | None) -> frozenset[str]:
    """A few words, such as access modes, as a set."""
    return _set(tuple(raw or ()))


@lru_cache(PARTS)
def _set(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)


@lru_cache(PARTS)
def labels(raw: bytes) -> Mapping[str, str]:
    """metadata.labels, or a nodeSelector; raises msgspec.DecodeError, as all below."""
    return string_map(_LABELS.decode(raw))


@lru_cache(PARTS)
def scheduling_rules(affinity: bytes, node_selector: bytes, tolerations: bytes) -> SchedulingRules:
    """The rules in these three fields of a pod's spec; few pods differ in more than one."""
    return rules.with_affinity(
        _AFFINITY.decode(affinity), labels(node_selector), _tolerations(tolerations)
    )


@lru_cache(PARTS)
def _tolerations(raw: bytes) -> tuple[Toleration, ...]:
    return rules.tolerations(_TOLERATIONS.decode(raw))


@lru_cache(PARTS)
def spread_constraints(raw: bytes) -> tuple[SpreadConstraint, ...]:
    """spec.topologySpreadConstraints."""
    return rules.spread_constraints(_SPREAD.decode(raw))
