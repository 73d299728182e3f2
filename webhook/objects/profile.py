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
class DeviceClass:
    """A class of devices, and the extended resource that claims on it may stand in for."""

    name: str
    extended_resource: str = ""

    @property
    def key(self) -> str:
        """Device classes are keyed by name."""
        return self.name

    @property
    def resources(self) -> tuple[str, ...]:
        """The resource names that DynamicResources serves for it, the implicit one included."""
        implicit = f"deviceclass.resource.kubernetes.io/{self.name}"
        return (self.extended_resource, implicit) if self.extended_resource else (implicit,)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kube-scheduler profile changes of the Filters' answers.

    `disabled` names plugins that do not run, `without_filter` those of which only the Filter
    does not: their PreFilter may still refuse a pod. `*` is all that are not `enabled` by name.
    `default_spread` says that hard spread constraints hold for pods that have none; upstream
    makes their selectors from Services and owners, which are not read here.
    """

    scheduler_name: str = "default-scheduler"
    added_affinity: NodeSelector | None = None
    ignored_resources: frozenset[str] = frozenset()
    ignored_resource_groups: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    without_filter: frozenset[str] = frozenset()
    enabled: frozenset[str] = frozenset()
    default_spread: bool = False

    def runs(self, plugin: str) -> bool:
        """Whether the plugin of this name has a say, if only before any node is looked at."""
        return plugin in self.enabled or not self.disabled & {plugin, "*"}

    def filters(self, plugin: str) -> bool:
        """Whether the plugin of this name looks at nodes."""
        on = plugin in self.enabled or not self.without_filter & {plugin, "*"}
        return on and self.runs(plugin)

    @property
    def key(self) -> str:
        """Profiles are keyed by the scheduler name that selects them."""
        return self.scheduler_name
