"""Costs of several ways to do one thing, taken in turn within one run, and their ratios.

A shared machine makes every single figure worthless, but not the ratio of two that were taken
side by side. So each side of a comparison runs once in every round, the order turns from round
to round, and what is reported is the median over the rounds with the lowest and the highest.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

FEWEST_ROUNDS = 5

Side = Callable[[], float]
"""Does its work once and returns what that cost, in the unit of its own choice."""


@dataclass(frozen=True, slots=True)
class Samples:
    """One figure per round, in the order of the rounds; there is at least one."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one; the mean of the two in the middle of an even number."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The lowest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The highest."""
        return max(self.values)

    def over(self, other: "Samples") -> "Samples":
        """The ratio of each round to the same round of the other."""
        return Samples(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))


def interleaved(
    sides: Mapping[str, Side], rounds: int, progress: Callable[[str], object] = str
) -> dict[str, Samples]:
    """Run every side once a round, each round beginning with the next side."""
    names = list(sides)
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            found[name].append(sides[name]())
        progress(f"round {number + 1} of {rounds}")
    return {name: Samples(tuple(values)) for name, values in found.items()}


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds that this thread spends on the work."""
    before = time.thread_time()
    work()
    return time.thread_time() - before


def wall(work: Callable[[], object]) -> float:
    """Seconds on the clock; only where waiting is what is measured."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share (0..1) of them lies: the nearest rank."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def slowest_tenth(values: Iterable[float]) -> list[int]:
    """The positions of the highest tenth, at least one, highest first."""
    numbered = sorted(((value, at) for at, value in enumerate(values)), reverse=True)
    return [at for _, at in numbered[: max(1, len(numbered) // 10)]]
