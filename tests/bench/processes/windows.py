"""Windows of several sides, and what is said about them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.measure import Samples
from tests.bench.processes.load import Window
from tests.bench.rows import Result

RESTLESS = 1.5
"""The p99 of a server at rest may differ so much between rounds, or p99s say nothing."""


@dataclass
class Kept:
    """The windows of each side, in the order of the rounds."""

    windows: dict[str, list[Window]] = field(default_factory=dict)

    def side(self, name: str, look: Callable[[], Window]) -> Callable[[], float]:
        """A side whose figure is the p50 in milliseconds."""

        def run() -> float:
            found = look()
            self.windows.setdefault(name, []).append(found)
            return found.p50

        return run

    def of(self, name: str, figure: Callable[[Window], float]) -> Samples:
        """Another figure of the same windows."""
        return Samples(tuple(figure(each) for each in self.windows[name]))

    def p99(self, name: str) -> Samples:
        """Milliseconds."""
        return self.of(name, lambda each: each.p99)


def tail(kept: Kept, name: str) -> Result:
    """The p99 of a side against that at rest, in doubt where the latter does not stand still."""
    rest, found = kept.p99("at rest"), kept.p99(name)
    restless = rest.high > RESTLESS * rest.low
    return Result(
        found.over(rest),
        sides={"at rest": rest, name: found},
        notes=(f"p99 {told(found)} ms, at rest {told(rest)} ms",),
        doubt="the p99 at rest differs by more than half between rounds" if restless else "",
    )


def cpu_note(kept: Kept) -> str:
    """What the server's process spent, and waited for a core, for each review of every side."""
    sides = ", ".join(
        f"{name} {told(kept.of(name, lambda each: each.cpu))} "
        f"+ {kept.of(name, lambda each: each.waiting).median:.2f}"
        for name in kept.windows
    )
    return f"ms of the server for each review, CPU + waiting for a core: {sides}"


def told(samples: Samples) -> str:
    """The median, and the spread in brackets."""
    digits = 0 if samples.high >= 100 else 2
    low, high = f"{samples.low:,.{digits}f}", f"{samples.high:,.{digits}f}"
    return f"{samples.median:,.{digits}f} ({low}–{high})"
