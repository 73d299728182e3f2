"""Placed pods as sets: by label, by namespace, by what else counts, and where they stand.

Every placed pod has a slot of its own, and a set of pods is a roaring bitmap over these. A
label selector is answered by set operations whose cost hardly grows with what it matches, so
that one over all 20,000 launcher pods of a cluster costs no more than a verdict.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from webhook.objects import LabelSelector, Operator, PodInfo, Requirement
from webhook.placement.index.columns import bits

K = TypeVar("K", bound=Hashable)
NONE = BitMap()
#: What leaves the fewest pods is done first, and what takes pods away last.
_ORDER = (Operator.IN, Operator.EXISTS, Operator.NOT_IN, Operator.DOES_NOT_EXIST)


class SlotSets(Generic[K]):
    """Sets of slots by key. Most labels are of one pod: a set of one is held as its slot."""

    def __init__(self) -> None:
        self._sets: dict[K, int | BitMap] = {}

    def __getitem__(self, key: K) -> BitMap:
        """The set of a key, empty for an unknown one; not to be changed."""
        found = self._sets.get(key, NONE)
        return BitMap((found,)) if isinstance(found, int) else found

    def items(self) -> Iterator[tuple[K, BitMap]]:
        """The keys with a set, and their sets."""
        return ((key, self[key]) for key in self._sets)

    def add(self, key: K, slot: int) -> None:
        """Enter a slot that is not in the set."""
        found = self._sets.get(key)
        if found is None:
            self._sets[key] = slot
        elif isinstance(found, int):
            self._sets[key] = BitMap((found, slot))
        else:
            found.add(slot)

    def discard(self, key: K, slot: int) -> None:
        """Take out a slot that is in the set."""
        found = self._sets[key]
        if isinstance(found, int) or len(found) == 1:
            del self._sets[key]
        else:
            found.discard(slot)


class PodSets:
    """The pods that stand on a node, each on the node slot `node[pod slot]`."""

    def __init__(self) -> None:
        self.node: npt.NDArray[np.int32] = np.zeros(64, dtype=np.int32)
        self.all = BitMap()
        self.deleting = BitMap()
        self.nominated = BitMap()
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._labelled: SlotSets[tuple[str, str]] = SlotSets()
        self._keyed: SlotSets[str] = SlotSets()
        self._namespaces: SlotSets[str] = SlotSets()

    def add(self, pod: PodInfo, node: int) -> int:
        """Place a pod on a node slot; returns the pod's own slot."""
        slot = self._free.pop() if self._free else len(self._slots)
        if slot == len(self.node):
            self.node = np.concatenate((self.node, np.zeros_like(self.node)))
        self._slots[pod.key] = slot
        self.node[slot] = node
        self.all.add(slot)
        if pod.deleting:
            self.deleting.add(slot)
        if pod.nominated:
            self.nominated.add(slot)
        self._namespaces.add(pod.namespace, slot)
        for label in pod.labels.items():
            self._labelled.add(label, slot)
            self._keyed.add(label[0], slot)
        return slot

    def remove(self, pod: PodInfo) -> int:
        """Take a pod from its node; returns the slot that is free now."""
        slot = self._slots.pop(pod.key)
        self._free.append(slot)
        self.all.discard(slot)
        self.deleting.discard(slot)
        self.nominated.discard(slot)
        self._namespaces.discard(pod.namespace, slot)
        for label in pod.labels.items():
            self._labelled.discard(label, slot)
            self._keyed.discard(label[0], slot)
        return slot

    def matching(self, selector: LabelSelector) -> BitMap:
        """The pods that the selector matches, in any namespace; not to be changed."""
        if selector.nothing or selector.invalid:
            return NONE
        found = self.all
        for requirement in sorted(selector.requirements, key=_rank):
            found = self._narrowed(found, requirement)
        return found

    def _narrowed(self, pods: BitMap, requirement: Requirement) -> BitMap:
        key, operator = requirement.key, requirement.operator
        if operator is Operator.EXISTS:
            return pods & self._keyed[key]
        if operator is Operator.DOES_NOT_EXIST:
            return pods - self._keyed[key]
        named = _union(self._labelled[key, value] for value in requirement.values)
        return pods & named if operator is Operator.IN else pods - named

    def within(self, namespaces: Iterable[str]) -> BitMap:
        """The pods of these namespaces; not to be changed."""
        return _union(self._namespaces[name] for name in namespaces)

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


def _rank(requirement: Requirement) -> tuple[int, int]:
    return _ORDER.index(requirement.operator), len(requirement.values)


def _union(sets: Iterable[BitMap]) -> BitMap:
    members = tuple(sets)
    return members[0] if len(members) == 1 else BitMap.union(*members) if members else NONE
