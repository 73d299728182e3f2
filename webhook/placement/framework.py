"""The vocabulary of the verdict: Code, Rejection, Plugin and Diagnosis.

Mirrors `k8s.io/kube-scheduler/framework` and `scheduler/framework/runtime/framework.go`,
set-valued: a plugin answers for all nodes at once. Node sets are int bitsets over the
slots of ClusterIndex.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from webhook.objects import PodInfo
from webhook.placement.index.columns import mask_of

if TYPE_CHECKING:
    from webhook.placement.index import ClusterIndex

NOT_IN_PREFILTER_SET = "node(s) didn't satisfy plugin(s) [{}]"


class Code(StrEnum):
    """The scheduler's status codes, and Unknown for what no plugin of ours judges.

    An Error on any node that a filter still looks at ends the whole attempt.
    """

    SUCCESS = "Success"
    UNSCHEDULABLE = "Unschedulable"
    UNRESOLVABLE = "UnschedulableAndUnresolvable"
    ERROR = "Error"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Rejection:
    """`nodes` are refused for `reason`; `permanent` are those that waiting cannot help."""

    nodes: int
    reason: str
    code: Code = Code.UNRESOLVABLE
    permanent: int = 0

    def on(self, nodes: int) -> "Rejection":
        """The same of these nodes only; what is permanent of it is told elsewhere."""
        if nodes == self.nodes:
            return self
        return Rejection(nodes, self.reason, self.code, self.permanent)


@dataclass(frozen=True, slots=True)
class PreFilter:
    """What a plugin says before any node is looked at.

    `narrowed` keeps only these nodes (None: all); `refusal` rejects every node with this
    one message and code, for good if `permanent`; `skip` leaves the plugin's Filter out for
    this pod, also for the second look with nominated pods.
    """

    narrowed: int | None = None
    refusal: str = ""
    skip: bool = False
    code: Code = Code.UNRESOLVABLE
    permanent: bool = False


Filter = Callable[[PodInfo, "ClusterIndex"], Iterable[Rejection]]


#: What most plugins say of most pods.
NOTHING_TO_SAY, SKIP = PreFilter(), PreFilter(skip=True)


def skipping(skip: bool) -> PreFilter:
    """Whether there is nothing for the plugin to look at."""
    return SKIP if skip else NOTHING_TO_SAY


def _no_prefilter(pod: PodInfo, index: "ClusterIndex") -> PreFilter:
    return NOTHING_TO_SAY


@dataclass(frozen=True, slots=True)
class Plugin:
    """A predicate under its upstream name."""

    name: str
    filter: Filter
    prefilter: Callable[[PodInfo, "ClusterIndex"], PreFilter] = _no_prefilter


@dataclass(frozen=True, slots=True)
class Refused:
    """The rejections of one plugin (None: the PreFilter narrowing) that stand."""

    plugin: str | None
    rejections: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer that some nodes have in common: by it the table of all nodes is short."""

    code: Code
    plugin: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """The answer for one node, as `check -o json` prints it."""

    name: str
    code: Code
    plugin: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Only a certain yes is feasible."""
        return self.code is Code.SUCCESS


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The verdict over all nodes: first refusal per node, as kube-scheduler keeps it.

    `names` are the node names by slot as they were, so that the table can be made later.
    `permanent` holds every node that some plugin refuses for good, first refusal or not.
    """

    names: tuple[str, ...]
    nodes: int
    feasible: int
    refused: tuple[Refused, ...] = ()
    permanent: int = 0
    unknown: int = 0
    unmodelled: tuple[str, ...] = ()
    prefilter: str = ""

    def name_of(self, nodes: int) -> Iterator[str]:
        """The names of a node set, by slot."""
        slots = np.flatnonzero(mask_of(nodes, len(self.names))).tolist()
        return map(self.names.__getitem__, slots)

    def histogram(self) -> dict[str, int]:
        """How many nodes give each reason; a node with two reasons counts in both."""
        counts: dict[str, int] = {}
        for refused in self.refused:
            for rejection in refused.rejections:
                count = rejection.nodes.bit_count()
                counts[rejection.reason] = counts.get(rejection.reason, 0) + count
        if self.unknown:
            counts["node(s) need checks that are not made here"] = self.unknown.bit_count()
        return {reason: count for reason, count in counts.items() if count}

    def parts(self) -> list[str]:
        """`3 Insufficient cpu`, …, sorted as strings; or the one PreFilter message."""
        if self.prefilter:
            return [self.prefilter]
        return sorted(f"{count} {reason}" for reason, count in self.histogram().items())

    @property
    def summary(self) -> str:
        """The FitError sentence of `scheduler/framework/types.go`, with K for its 0."""
        head = f"{self.feasible.bit_count()}/{self.nodes.bit_count()} nodes are available:"
        parts = self.parts()
        return f"{head} {', '.join(parts)}." if parts else head

    def outcomes(self) -> Iterator[tuple[Outcome, int]]:
        """Each different answer with the nodes that have it; every node is in one of them."""
        yield Outcome(Code.SUCCESS), self.feasible
        yield Outcome(Code.UNKNOWN, None, self._demands), self.unknown
        for refused in self.refused:
            for rejections, nodes in _parted(refused.rejections):
                reasons = tuple(rejection.reason for rejection in rejections)
                yield Outcome(_worst(rejections), refused.plugin, reasons), nodes

    @property
    def _demands(self) -> tuple[str, ...]:
        return tuple(f"not judged: {demand}" for demand in self.unmodelled)

    def table(self) -> list[NodeVerdict]:
        """The answer for each node, by name."""
        rows = (
            NodeVerdict(name, outcome.code, outcome.plugin, outcome.reasons)
            for outcome, nodes in self.outcomes()
            for name in self.name_of(nodes)
        )
        return sorted(rows, key=attrgetter("name"))


def _parted(rejections: Iterable[Rejection]) -> list[tuple[list[Rejection], int]]:
    """The nodes that are refused by the same rejections, which may overlap."""
    parts: list[tuple[list[Rejection], int]] = []
    for rejection in rejections:
        alone = rejection.nodes
        for position, (reasons, nodes) in enumerate(tuple(parts)):
            both = nodes & rejection.nodes
            if both:
                alone &= ~both
                parts[position] = (reasons, nodes & ~both)
                parts.append(([*reasons, rejection], both))
        parts.append(([rejection], alone))
        parts = [part for part in parts if part[1]]
    return parts


def _worst(rejections: list[Rejection]) -> Code:
    """One unresolvable reason makes a node unresolvable."""
    codes = [rejection.code for rejection in rejections]
    return Code.UNRESOLVABLE if Code.UNRESOLVABLE in codes else codes[-1]
