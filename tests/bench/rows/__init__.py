"""The registry: a row is one line of the table, declared beside the function that measures it.

Every module of this package with a tuple `ROWS` adds its rows, in the order of the modules'
names; adding one touches nothing else.
"""

import gc
import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tests.bench.cluster import Cluster
from tests.bench.measure import FEWEST_ROUNDS, Samples
from webhook.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Result:
    """What a row found: the figure that is held against its bounds, one value per round.

    `sides` are the samples that it was made of, `notes` are shown below the table, and `doubt`
    says why the figure proves nothing this time; empty if it does.
    """

    figure: Samples
    unit: str = "×"
    sides: Mapping[str, Samples] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    doubt: str = ""


class Setting:
    """What every row of a run measures on. The big cluster is loaded once, when asked for."""

    def __init__(
        self, nodes: int = 5_000, pods: int = 150_000, seed: int = 1, rounds: int = FEWEST_ROUNDS
    ) -> None:
        self.seed, self.rounds = seed, rounds
        self.nodes, self.pods = nodes, pods
        self._began = time.perf_counter()

    def progress(self, text: str) -> None:
        """One line to stderr, with the seconds since the start of the run."""
        seconds = time.perf_counter() - self._began
        print(f"[{seconds:6.1f} s] {text}", file=sys.stderr, flush=True)

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster of the size that was asked for."""
        return Cluster(self.nodes, self.pods, self.seed)

    @cached_property
    def tenth(self) -> Cluster:
        """One of a tenth of the nodes and pods."""
        return Cluster(self.nodes // 10, self.pods // 10, self.seed)

    @cached_property
    def inventory(self) -> Inventory:
        """The cluster, loaded."""
        return self._loaded(self.cluster)

    @cached_property
    def small_inventory(self) -> Inventory:
        """A tenth of it, loaded."""
        return self._loaded(self.tenth)

    def _loaded(self, cluster: Cluster) -> Inventory:
        self.progress(f"loading {cluster.nodes:,} nodes and {cluster.pods:,} pods")
        inventory = cluster.inventory()
        # as the webhook does after its first lists
        gc.collect()
        gc.freeze()
        self.progress("loaded")
        return inventory


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Both bounds are inclusive, in the unit of the result's figure."""

    name: str
    title: str
    run: Callable[[Setting], Result]
    must: float | None = None
    target: float | None = None


def registry() -> tuple[Row, ...]:
    """All rows."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(row for module in modules for row in getattr(module, "ROWS", ()))
