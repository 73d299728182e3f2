"""The required anti-affinity terms of placed pods, found by a label that they look for.

A term is one for all pods of a namespace that carry it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyroaring import BitMap

from webhook.objects import AffinityTerm, LabelSelector, Operator, PodInfo

Anchor = tuple[str, str]


@dataclass(slots=True, eq=False)
class Carried:
    """A term, relative to the namespace of the `pods` (slots) that carry it."""

    namespace: str
    term: AffinityTerm
    pods: BitMap = field(default_factory=BitMap)


class Terms:
    """Anti-affinity terms, once each, by one of the labels that a match must have."""

    def __init__(self) -> None:
        self.carried: dict[tuple[str, AffinityTerm], Carried] = {}
        self._anchored: dict[Anchor | None, list[Carried]] = {}

    def add(self, pod: PodInfo, slot: int) -> None:
        """Enter the terms of the pod in this slot."""
        for term in _valid_terms(pod):
            carried = self.carried.get((pod.namespace, term))
            if carried is None:
                carried = self.carried[pod.namespace, term] = Carried(pod.namespace, term)
                for anchor in _anchors(term.selector):
                    self._anchored.setdefault(anchor, []).append(carried)
            carried.pods.add(slot)

    def remove(self, pod: PodInfo, slot: int) -> None:
        """Take out the terms of the pod that was in this slot."""
        for term in _valid_terms(pod):
            carried = self.carried[pod.namespace, term]
            carried.pods.discard(slot)
            if carried.pods:
                continue
            del self.carried[pod.namespace, term]
            for anchor in _anchors(term.selector):
                self._anchored[anchor].remove(carried)
                if not self._anchored[anchor]:
                    del self._anchored[anchor]

    def matching(self, labels: Mapping[str, str]) -> Iterator[Carried]:
        """The terms whose selector matches these labels, each once."""
        for anchor in (None, *labels.items()):
            for carried in self._anchored.get(anchor, ()):
                if carried.term.selector.matches(labels):
                    yield carried


def unparseable(term: AffinityTerm) -> str:
    """Why the term does not parse; empty if it does."""
    return term.selector.invalid or term.namespace_selector.invalid


def _valid_terms(pod: PodInfo) -> tuple[AffinityTerm, ...]:
    """Upstream drops all anti-affinity terms of a pod with an invalid one.

    A term that the pod carries twice counts once.
    """
    terms = pod.rules.pod_anti_affinity
    if not terms or any(unparseable(term) for term in terms):
        return ()
    return terms if len(terms) < 2 else tuple(dict.fromkeys(terms))


def _anchors(selector: LabelSelector) -> list[Anchor | None]:
    """Labels of which a match must have one; [None] where the selector names none."""
    sized = [r for r in selector.requirements if r.operator is Operator.IN]
    if not sized:
        return [None]
    smallest = min(sized, key=lambda r: (len(r.values), r.key))
    return [(smallest.key, value) for value in smallest.values]
