"""*quota*: whether the namespace lets a VM's pods in, beside the old ones or after them."""

from collections.abc import Iterable
from dataclasses import replace

from webhook import quota
from webhook.judge.world import World
from webhook.launcher.limits import AutoLimits, auto_limits, limited
from webhook.objects import PodInfo
from webhook.objects.machine import Machine


def limits_in(namespace: str, world: World) -> AutoLimits:
    """The limits that KubeVirt gives to guests of this namespace that name none."""
    named = {name for each in world.quotas(namespace) for name in each.named}
    return auto_limits(world.kubevirt, named, world.index.namespaces.get(namespace, {}))


def limited_in(pod: PodInfo, machine: Machine, world: World) -> PodInfo:
    """A pod that was copied from a running one, with the limits that it gets today."""
    if pod.resources is None:
        return pod
    auto = limits_in(pod.namespace, world)
    return replace(pod, resources=limited(pod.resources, machine, auto))


def is_limited(namespace: str, world: World) -> bool:
    """Whether anything limits what pods of the namespace use together or each."""
    return bool(world.quotas(namespace) or world.limit_ranges(namespace))


def refusals(
    pod: PodInfo, running: Iterable[PodInfo], world: World, *, beside: bool
) -> tuple[str, ...]:
    """Why the namespace does not let a launcher pod in; empty if it does.

    `running` are the VM's launcher pods of now, the source first. The new one comes `beside`
    one of them (a second is that of a migration under way, after which one is left), or after
    they are gone. Each launcher pod has a pod of its own that mounts hotplugged volumes.
    """
    groups = [[launcher, *_mounting(launcher, world)] for launcher in running]
    wanted = [pod, *groups[0][1:]] if groups else [pod]
    gone = [each for group in groups[1 if beside else 0 :] for each in group]
    quotas, limit_ranges = world.quotas(pod.namespace), world.limit_ranges(pod.namespace)
    return quota.refusals(wanted, quotas, limit_ranges, gone)


def _mounting(launcher: PodInfo, world: World) -> list[PodInfo]:
    """The pods that mount hotplugged volumes for a launcher pod."""
    return [p for p in world.index.owned(launcher.uid) if not (p.terminated or p.deleting)]
