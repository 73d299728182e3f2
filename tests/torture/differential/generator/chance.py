"""Seeded chance: the same seed gives the same draws on every machine."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance(random.Random):
    """Python's generator, with the few draws that the scenes are made of."""

    def odds(self, probability: float) -> bool:
        """Return true with this probability."""
        return self.random() < probability

    def some(self, choices: Sequence[T], low: int, high: int) -> list[T]:
        """Draw between `low` and `high` different ones, as many as there are at most."""
        return self.sample(choices, min(len(choices), self.randint(low, high)))

    def weighted(self, choices: Mapping[T, float]) -> T:
        """Draw one key by its weight."""
        return self.choices(list(choices), list(choices.values()))[0]


def chance(*seed: object) -> Chance:
    """Return a generator for these words and numbers, the same one for the same ones."""
    return Chance("/".join(map(str, seed)))


Draw = Callable[[Chance], T]
