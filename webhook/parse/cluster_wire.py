"""The slice of nodes, namespaces and scheduler profiles that we read, as msgspec structs."""

from webhook.parse.wire import Metadata, NodeAffinity, Quantities, TopologySpreadConstraint, Wire


class Taint(Wire):
    """spec.taints[]."""

    key: str | None = None
    value: str | None = None
    effect: str | None = None


class NodeSpec(Wire):
    """spec of a Node."""

    unschedulable: bool | None = None
    taints: list[Taint] | None = None


class NodeStatus(Wire):
    """status of a Node."""

    allocatable: Quantities = None
    capacity: Quantities = None


class Node(Wire):
    """v1 Node."""

    metadata: Metadata | None = None
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class Bare(Wire):
    """An object of which only the metadata matters."""

    metadata: Metadata | None = None


class DeviceClassSpec(Wire):
    """spec of a DeviceClass."""

    extended_resource_name: str | None = None


class DeviceClass(Wire):
    """resource.k8s.io DeviceClass."""

    metadata: Metadata | None = None
    spec: DeviceClassSpec | None = None


class PluginArgs(Wire):
    """The arguments of the plugins in a scheduler profile that change the Filters' answers."""

    default_constraints: list[TopologySpreadConstraint] | None = None
    added_affinity: NodeAffinity | None = None
    ignored_resources: list[str] | None = None
    ignored_resource_groups: list[str] | None = None


class PluginConfig(Wire):
    """profiles[].pluginConfig[]."""

    name: str | None = None
    args: PluginArgs | None = None


class PluginName(Wire):
    """An entry of plugins.*.enabled and disabled."""

    name: str | None = None


class PluginSet(Wire):
    """plugins.filter and plugins.multiPoint."""

    enabled: list[PluginName] | None = None
    disabled: list[PluginName] | None = None


class Plugins(Wire):
    """profiles[].plugins, as far as filtering goes."""

    filter: PluginSet | None = None
    multi_point: PluginSet | None = None


class SchedulerProfile(Wire):
    """profiles[]."""

    scheduler_name: str | None = None
    plugins: Plugins | None = None
    plugin_config: list[PluginConfig] | None = None


class SchedulerConfiguration(Wire):
    """KubeSchedulerConfiguration."""

    profiles: list[SchedulerProfile] | None = None
