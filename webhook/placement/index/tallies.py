"""How many of each of many things sit on each node."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Tallies(Generic[K]):
    """Counts by slot for each key. Nearly all keys are on one slot, once: such is held bare."""

    def __init__(self) -> None:
        self._where: dict[K, int | dict[int, int]] = {}

    def __contains__(self, key: object) -> bool:
        """Whether the key is on any slot."""
        return key in self._where

    def __iter__(self) -> Iterator[K]:
        """The keys that are on any slot."""
        return iter(self._where)

    def add(self, key: K, slot: int, change: int) -> int:
        """Count the key on the slot once more (1) or less (-1); returns how often it is there."""
        known = self._where.get(key)
        if known is None:
            self._where[key] = slot
            return 1
        if isinstance(known, dict):
            counts = known
        elif change < 0:
            del self._where[key]
            return 0
        else:
            counts = self._where[key] = {known: 1}
        count = counts.pop(slot, 0) + change
        if count:
            counts[slot] = count
        if len(counts) == 1 and 1 in counts.values():
            (self._where[key],) = counts
        return count

    def at(self, key: K, slot: int) -> bool:
        """Whether the key is on the slot."""
        known = self._where.get(key)
        return slot in known if isinstance(known, dict) else slot == known

    def counts(self, key: K) -> Mapping[int, int]:
        """How often the key is on each slot where it is."""
        known = self._where.get(key)
        if known is None:
            return {}
        return known if isinstance(known, dict) else {known: 1}

    def nodes(self, key: K) -> int:
        """The set of the slots where the key is."""
        known = self._where.get(key)
        if known is None:
            return 0
        if isinstance(known, int):
            return 1 << known
        octets = bytearray(max(known) // 8 + 1)
        for slot in known:
            octets[slot // 8] |= 1 << slot % 8
        return int.from_bytes(octets, "little")
