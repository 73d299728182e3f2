"""Placed pods as pod affinity and topology spread read them: groups, and anti-affinity terms.

A group is all pods of one namespace with the same labels; those being deleted and those
only nominated to their node stand apart, as topology spread counts them differently. A term
is one required anti-affinity term relative to its owner's namespace, whoever carries it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from webhook.objects import AffinityTerm, LabelSelector, Operator, PodInfo
from webhook.placement.index.tally import Tally

LabelKey = tuple[tuple[str, str], ...]
GroupKey = tuple[str, LabelKey, bool, bool]
TermKey = tuple[str, AffinityTerm]
Anchor = tuple[str, str]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class PodGroup:
    """The placed pods of one namespace with the same labels and in the same state."""

    namespace: str
    labels: Mapping[str, str]
    deleting: bool
    nominated: bool
    tally: Tally = field(default_factory=Tally)


class PodGroups:
    """Groups and terms, each found by one of their labels without looking at the rest."""

    def __init__(self) -> None:
        self.groups: dict[GroupKey, PodGroup] = {}
        self.terms: dict[TermKey, Tally] = {}
        self._groups_by_label: dict[Anchor, set[GroupKey]] = {}
        self._terms_by_anchor: dict[Anchor | None, set[TermKey]] = {}

    def place(self, pod: PodInfo, slot: int, change: int) -> None:
        """Count the pod on the slot (change 1), or no longer (change -1)."""
        self._count_group(pod, slot, change)
        if any(unparseable(term) for term in pod.rules.pod_anti_affinity):
            return  # upstream drops all anti-affinity terms of a pod with an invalid one
        for term in pod.rules.pod_anti_affinity:
            self._count_term((pod.namespace, term), slot, change)

    def _count_group(self, pod: PodInfo, slot: int, change: int) -> None:
        labels = tuple(sorted(pod.labels.items()))
        key = (pod.namespace, labels, pod.deleting, pod.nominated)
        group = self.groups.get(key)
        if group is None:
            group = PodGroup(pod.namespace, dict(labels), pod.deleting, pod.nominated)
            self.groups[key] = group
            for label in labels:
                self._groups_by_label.setdefault(label, set()).add(key)
        if not group.tally.add(slot, change):
            del self.groups[key]
            for label in labels:
                _discard(self._groups_by_label, label, key)

    def _count_term(self, key: TermKey, slot: int, change: int) -> None:
        tally = self.terms.get(key)
        if tally is None:
            tally = self.terms[key] = Tally()
            for anchor in _anchors(key[1].selector):
                self._terms_by_anchor.setdefault(anchor, set()).add(key)
        if not tally.add(slot, change):
            del self.terms[key]
            for anchor in _anchors(key[1].selector):
                _discard(self._terms_by_anchor, anchor, key)

    def groups_for(self, selector: LabelSelector) -> Iterator[PodGroup]:
        """The groups that the selector matches, in any namespace."""
        anchors = _anchors(selector)
        if anchors == [None]:
            candidates = set(self.groups)
        else:
            found = [self._groups_by_label.get(a, set()) for a in anchors if a is not None]
            candidates = set().union(*found)
        for key in candidates:
            if selector.matches(self.groups[key].labels):
                yield self.groups[key]

    def terms_for(self, labels: Mapping[str, str]) -> Iterator[tuple[TermKey, Tally]]:
        """The anti-affinity terms whose selector matches these labels."""
        candidates = set(self._terms_by_anchor.get(None, ()))
        for label in labels.items():
            candidates |= self._terms_by_anchor.get(label, set())
        for key in candidates:
            if key[1].selector.matches(labels):
                yield key, self.terms[key]


def unparseable(term: AffinityTerm) -> str:
    """Why the term does not parse; empty if it does."""
    return term.selector.invalid or term.namespace_selector.invalid


def _anchors(selector: LabelSelector) -> list[Anchor | None]:
    """Labels of which a match must have one; [None] where the selector names none."""
    sized = [r for r in selector.requirements if r.operator is Operator.IN]
    if not sized:
        return [None]
    smallest = min(sized, key=lambda r: (len(r.values), r.key))
    return [(smallest.key, value) for value in smallest.values]


def _discard(sets: dict[K, set[V]], key: K, member: V) -> None:
    members = sets[key]
    members.discard(member)
    if not members:
        del sets[key]
