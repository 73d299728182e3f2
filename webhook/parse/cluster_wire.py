"""The slice of nodes, namespaces and scheduler profiles that we read, as msgspec structs."""

from webhook.parse.wire import Metadata, NodeAffinity, Quantities, Wire


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


class PluginArgs(Wire):
    """The arguments of NodeAffinity and NodeResourcesFit in a scheduler profile."""

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
