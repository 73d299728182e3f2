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
    """What a kube-scheduler profile changes of the Filters' answers.

    `disabled` names filters that do not run; `*` all that are not `enabled` by name.
    """

    scheduler_name: str = "default-scheduler"
    added_affinity: NodeSelector | None = None
    ignored_resources: frozenset[str] = frozenset()
    ignored_resource_groups: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    enabled: frozenset[str] = frozenset()

    def runs(self, plugin: str) -> bool:
        """Whether the filter of this name runs."""
        if plugin in self.enabled:
            return True
        return plugin not in self.disabled and "*" not in self.disabled

    @property
    def key(self) -> str:
        """Profiles are keyed by the scheduler name that selects them."""
        return self.scheduler_name
