"""What the Filter phase reads of a Node."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of node.spec.taints; `effect` is spelled as in the API."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node: labels, cordon, taints in their order, and allocatable.

    `allocatable` holds integers: cpu in milli units, everything else in whole units.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()
    allocatable: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Nodes are keyed by name."""
        return self.name
