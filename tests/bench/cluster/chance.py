"""Seeded draws that cost little: hundreds of thousands of objects are made from them."""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1


class Chance:
    """A stream of draws that depends on its key alone: splitmix64 (Steele et al., 2014)."""

    __slots__ = ("_state",)

    def __init__(self, *key: int) -> None:
        self._state = 0
        for part in key:
            self._state = (self._state ^ part) & _MASK
            self._state = self.bits()

    def bits(self) -> int:
        """64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, bound: int) -> int:
        """A number from 0 to just below the bound."""
        return (self.bits() * bound) >> 64

    def happens(self, share: float) -> bool:
        """True in this share of the draws."""
        return self.bits() < share * 2**64

    def one_of(self, things: Sequence[T]) -> T:
        """Any of them."""
        return things[self.below(len(things))]

    def some_of(self, things: Sequence[T], count: int) -> list[T]:
        """So many different ones, or all, in an order of its own."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]


class Weighted(Sequence[T]):
    """Things by their weights, for `one_of`-like draws: `of(chance)`."""

    def __init__(self, weights: Sequence[tuple[T, int]]) -> None:
        self._things = [thing for thing, _ in weights]
        self._ends = list(accumulate(weight for _, weight in weights))

    def __len__(self) -> int:
        return len(self._things)

    def __getitem__(self, at):
        return self._things[at]

    def of(self, chance: Chance) -> T:
        """One of them, each as often as its weight says."""
        return self._things[bisect(self._ends, chance.below(self._ends[-1]))]
