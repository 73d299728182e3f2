"""What admission reads of a pod before it charges a namespace: resources per container.

Amounts are exact, in nano units, as quotas and limit ranges are compared unrounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Container:
    """A container's own requests and limits; `restartable` is an init container that stays."""

    name: str
    requests: Amounts = field(default_factory=dict)
    limits: Amounts = field(default_factory=dict)
    restartable: bool = False


@dataclass(frozen=True, slots=True)
class PodResources:
    """A pod as admission counts it, without what LimitRanger filled in.

    `pod_level` are the resources of the pod itself, empty or not, if there is such a field;
    `has_deadline` says whether it has an activeDeadlineSeconds.
    """

    containers: tuple[Container, ...] = ()
    inits: tuple[Container, ...] = ()
    pod_level: Container | None = None
    overhead: Amounts = field(default_factory=dict)
    priority_class: str = ""
    has_deadline: bool = False
