"""Parts that are equal in many objects: lowered once, and shared from then on.

The replicas of a workload say the same thing in the same bytes, so their JSON is the key; what
is equal in other bytes is lowered again and only costs its own memory. All caches are bounded,
so what they hold on to is at most some megabytes. Nothing changes a value after it was lowered.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from webhook.objects import SchedulingRules, SpreadConstraint
from webhook.parse import rules, wire

PARTS = 4096
"""Entries of a cache: lists come sorted by namespace and name, replicas beside each other."""

VALUES = 1 << 14
"""Small values that are kept: names of nodes and namespaces, labels, and the like."""

_LABELS = msgspec.json.Decoder(wire.StringMap)
_AFFINITY = msgspec.json.Decoder(wire.Affinity | None)
_TOLERATIONS = msgspec.json.Decoder(list[wire.Toleration] | None)
_SPREAD = msgspec.json.Decoder(list[wire.TopologySpreadConstraint] | None)

same = lru_cache(VALUES)(str)
"""The first text seen that equals this one, as long as it is remembered. For short ones."""

_EMPTY: Mapping[str, str] = {}


def string_map(raw: wire.StringMap) -> Mapping[str, str]:
    """A map of strings such as labels, all of them shared; the API reads null as empty."""
    return {same(key): same(value or "") for key, value in raw.items()} if raw else _EMPTY


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
    """The rules in these three fields of a pod's spec."""
    return rules.scheduling_rules(
        _AFFINITY.decode(affinity), _LABELS.decode(node_selector), _TOLERATIONS.decode(tolerations)
    )


@lru_cache(PARTS)
def spread_constraints(raw: bytes) -> tuple[SpreadConstraint, ...]:
    """spec.topologySpreadConstraints."""
    return rules.spread_constraints(_SPREAD.decode(raw))
