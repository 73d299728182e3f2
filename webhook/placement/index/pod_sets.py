"""Placed pods as sets: by label, by namespace, by what else counts, and where they stand.

Every placed pod has a slot of its own, and a set of pods is a roaring bitmap over these. A
label selector is answered by set operations whose cost hardly grows with what it matches, so
that one over all 20,000 launcher pods of a cluster costs no more than a verdict.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from webhook.objects import LabelSelector, Operator, PodInfo, Requirement
from webhook.objects.labels import Labels
from webhook.placement.index.columns import bits
from webhook.placement.index.slot_sets import NONE, JoinedSets, SlotSets

#: Up to so many namespaces are joined when they are asked for; more are joined once, and kept.
_FEW_NAMESPACES = 4
#: What leaves the fewest pods is done first.
_ORDER = (Operator.IN, Operator.EXISTS, Operator.NOT_IN, Operator.DOES_NOT_EXIST)


_UNUSED = SlotSets()


class PodSets:
    """The pods that stand on a node, each on the node slot `node[pod slot]`."""

    def __init__(self) -> None:
        self.node: npt.NDArray[np.int32] = np.zeros(64, dtype=np.int32)
        self.all = BitMap()
        self.deleting = BitMap()
        self.nominated = BitMap()
        self._slots: dict[str, int] = {}
        self._keys: list[str] = []
        self._free: list[int] = []
        self._labelled: dict[str, SlotSets] = {}
        self._namespaces = SlotSets()
        self._keyed: JoinedSets[str] = JoinedSets(lambda key, pod: key in pod.labels)
        self._joined: JoinedSets[frozenset[str]] = JoinedSets(
            lambda names, pod: pod.namespace in names
        )

    def add(self, pod: PodInfo, node: int) -> int:
        """Place a pod on a node slot; returns the pod's own slot."""
        slot = self._free.pop() if self._free else len(self._slots)
        if slot == len(self.node):
            self.node = np.concatenate((self.node, np.zeros_like(self.node)))
        self._keys[slot : slot + 1] = [pod.key]
        self._slots[pod.key] = slot
        self.node[slot] = node
        self.all.add(slot)
        if pod.deleting:
            self.deleting.add(slot)
        if pod.nominated:
            self.nominated.add(slot)
        self._namespaces.add(pod.namespace, slot)
        self._label(pod.labels.items(), slot)
        self._keyed.add(pod, slot)
        self._joined.add(pod, slot)
        return slot

    def update(self, before: PodInfo, pod: PodInfo) -> int:
        """A pod that stands where it stood, in the same namespace; returns its slot."""
        slot = self._slots[pod.key]
        if before.deleting:
            self.deleting.discard(slot)
        if pod.deleting:
            self.deleting.add(slot)
        if before.labels != pod.labels:
            self._unlabel(_apart(before.labels, pod.labels), slot)
            self._label(_apart(pod.labels, before.labels), slot)
            self._keyed.discard(slot)
            self._keyed.add(pod, slot)
        return slot

    def remove(self, pod: PodInfo) -> int:
        """Take a pod from its node; returns the slot that is free now."""
        slot = self._slots.pop(pod.key)
        self._free.append(slot)
        self.all.discard(slot)
        if pod.deleting:
            self.deleting.discard(slot)
        if pod.nominated:
            self.nominated.discard(slot)
        self._namespaces.discard(pod.namespace, slot)
        self._unlabel(pod.labels.items(), slot)
        self._keyed.discard(slot)
        self._joined.discard(slot)
        return slot

    def _label(self, labels: Iterable[tuple[str, str]], slot: int) -> None:
        for key, value in labels:
            values = self._labelled.get(key)
            if values is None:
                values = self._labelled[key] = SlotSets()
            values.add(value, slot)

    def _unlabel(self, labels: Iterable[tuple[str, str]], slot: int) -> None:
        for key, value in labels:
            values = self._labelled[key]
            values.discard(value, slot)
            if not values:
                del self._labelled[key]

    def keys_on(self, node: int) -> list[str]:
        """The keys of the pods that stand on a node slot."""
        standing = np.flatnonzero(self.node == node).tolist()
        return [self._keys[slot] for slot in standing if slot in self.all]

    def matching(self, selector: LabelSelector) -> BitMap:
        """The pods that the selector matches, in any namespace; not to be changed."""
        if selector.nothing or selector.invalid:
            return NONE
        if not selector.requirements:
            return self.all
        first, *others = sorted(selector.requirements, key=_rank)
        found = self._meeting(first)
        for requirement in others:
            found = found & self._meeting(requirement)  # a new set: never in place
        return found

    def _meeting(self, requirement: Requirement) -> BitMap:
        """The pods whose labels satisfy the requirement."""
        key, operator = requirement.key, requirement.operator
        if operator is Operator.EXISTS:
            return self._with_key(key)
        if operator is Operator.DOES_NOT_EXIST:
            return self.all - self._with_key(key)
        values = self._labelled.get(key, _UNUSED)
        named = _union(values[value] for value in requirement.values)
        return named if operator is Operator.IN else self.all - named

    def within(self, namespaces: frozenset[str]) -> BitMap:
        """The pods of these namespaces; not to be changed."""
        if len(namespaces) <= _FEW_NAMESPACES:
            return _union(self._namespaces[name] for name in namespaces)
        return self._joined.get(
            namespaces, lambda: BitMap.union(*(self._namespaces[name] for name in namespaces))
        )

    def _with_key(self, key: str) -> BitMap:
        """The pods that carry this label, whatever its value; not to be changed."""
        return self._keyed.get(key, self._labelled.get(key, _UNUSED).joined)

    def nodes(self, pods: BitMap, slots: int) -> int:
        """The nodes, out of so many slots, on which any of the pods stands."""
        if not pods:
            return 0
        mask = np.zeros(slots, dtype=np.bool_)
        mask[self.homes(pods)] = True
        return bits(mask)

    def homes(self, pods: BitMap) -> npt.NDArray[np.int32]:
        """The node slot of each of the pods."""
        return self.node.take(np.frombuffer(pods.to_array(), dtype=np.uint32))


def _apart(labels: Labels, others: Labels) -> list[tuple[str, str]]:
    """The labels that are not among the others."""
    return [(key, value) for key, value in labels.items() if others.get(key) != value]


def _rank(requirement: Requirement) -> tuple[int, int]:
    return _ORDER.index(requirement.operator), len(requirement.values)


def _union(sets: Iterable[BitMap]) -> BitMap:
    members = tuple(sets)
    return members[0] if len(members) == 1 else BitMap.union(*members) if members else NONE
