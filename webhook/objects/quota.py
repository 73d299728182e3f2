"""What a namespace grants to its pods: quotas over all of them, limit ranges for each.

Amounts are exact, in nano units.
"""

from dataclasses import dataclass, field

from webhook.objects.labels import Requirement
from webhook.objects.resources import Amounts


@dataclass(frozen=True, slots=True)
class ResourceQuota:
    """A quota: `hard` and `used` as its status has them, `named` what its spec limits.

    A pod counts if it is in all of the `scopes`: requirements whose key names the scope.
    """

    namespace: str
    name: str
    hard: Amounts = field(default_factory=dict)
    used: Amounts = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    scopes: tuple[Requirement, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Quotas are keyed by namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Bounds:
    """One item of a limit range; `type` is Container, Pod or something that is no pod's.

    `default` and `default_request` are given to containers that have no limit or request;
    `max_ratio` bounds limit divided by request.
    """

    type: str
    min: Amounts = field(default_factory=dict)
    max: Amounts = field(default_factory=dict)
    default: Amounts = field(default_factory=dict)
    default_request: Amounts = field(default_factory=dict)
    max_ratio: Amounts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LimitRange:
    """A limit range: the bounds in their order."""

    namespace: str
    name: str
    limits: tuple[Bounds, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Limit ranges are keyed by namespace and name."""
        return self.namespace, self.name


#: What decides on the room in a namespace.
QUOTA_TYPES: tuple[type, ...] = (ResourceQuota, LimitRange)
