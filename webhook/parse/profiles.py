"""The profile of kube-scheduler that ordinary pods are scheduled by."""

from collections.abc import Iterable

from webhook.objects import Profile
from webhook.parse.cluster_wire import (
    PluginArgs,
    PluginName,
    Plugins,
    PluginSet,
    SchedulerConfiguration,
    SchedulerProfile,
)
from webhook.parse.rules import spread_constraints
from webhook.parse.selectors import node_selector

DEFAULT = "default-scheduler"


def scheduler_profile(raw: SchedulerConfiguration) -> Profile:
    """The profile named default-scheduler; the first one where there is none."""
    profiles = raw.profiles or [SchedulerProfile()]
    named = [p for p in profiles if (p.scheduler_name or DEFAULT) == DEFAULT]
    chosen = (named or profiles)[0]
    by_name = {c.name: c.args or PluginArgs() for c in chosen.plugin_config or ()}
    affinity = by_name.get("NodeAffinity", PluginArgs()).added_affinity
    fit = by_name.get("NodeResourcesFit", PluginArgs())
    spread = by_name.get("PodTopologySpread", PluginArgs())
    plugins = chosen.plugins or Plugins()
    filter_, everywhere = plugins.filter or PluginSet(), plugins.multi_point or PluginSet()
    return Profile(
        scheduler_name=chosen.scheduler_name or DEFAULT,
        added_affinity=node_selector(affinity.required) if affinity else None,
        ignored_resources=frozenset(fit.ignored_resources or ()),
        ignored_resource_groups=frozenset(fit.ignored_resource_groups or ()),
        disabled=_names(everywhere.disabled),
        without_filter=_names(filter_.disabled),
        enabled=_names(everywhere.enabled) | _names(filter_.enabled),
        default_spread=bool(spread_constraints(spread.default_constraints)),
    )


def _names(plugins: Iterable[PluginName] | None) -> frozenset[str]:
    return frozenset(plugin.name or "" for plugin in plugins or ())
