"""Cluster-wide settings that the verdict depends on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.objects.labels import NodeSelector


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and its labels, which namespaceSelectors read."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Namespaces are keyed by name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Profile:
    """The arguments of a kube-scheduler profile that change a Filter's answer."""

    scheduler_name: str = "default-scheduler"
    added_affinity: NodeSelector | None = None
    ignored_resources: frozenset[str] = frozenset()
    ignored_resource_groups: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """Profiles are keyed by the scheduler name that selects them."""
        return self.scheduler_name
