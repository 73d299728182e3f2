"""The limits that KubeVirt gives to a guest that names none, because of its namespace.

Mirrors `doesVMIRequireAuto…` of KubeVirt's `pkg/virt-controller/services/template.go` and the
options of `renderresources.go` that follow from them.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from webhook.objects import KubeVirt, Version
from webhook.objects.machine import Machine
from webhook.objects.resources import Container, PodResources
from webhook.parse.quantities import NANO, units

_COMPUTE = "compute"
_RATIO = "alpha.kubevirt.io/auto-memory-limits-ratio"
_DEFAULT_RATIO = 2.0
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
#: Before, a feature gate decided, so what a pod has or has not is left as it is.
_ALWAYS = Version(1, 5)


@dataclass(frozen=True, slots=True)
class AutoLimits:
    """What guests get as limits in a namespace: of CPU; of memory, by request, or 0 for none."""

    cpu: bool = False
    memory_ratio: float = 0.0


def auto_limits(
    kubevirt: KubeVirt, named: Collection[str], labels: Mapping[str, str]
) -> AutoLimits:
    """The limits in a namespace of these labels, whose quotas name these resources."""
    version = Version.parse(kubevirt.version)
    quotas_count = version is None or version >= _ALWAYS
    return AutoLimits(
        cpu=(quotas_count and "limits.cpu" in named) or kubevirt.limits_cpu_in.matches(labels),
        memory_ratio=_ratio(labels) if quotas_count and "limits.memory" in named else 0.0,
    )


def _ratio(labels: Mapping[str, str]) -> float:
    """The namespace's own ratio; KubeVirt passes over one that is no number or below 1."""
    text = labels.get(_RATIO, "")
    ratio = float(text) if _DECIMAL.fullmatch(text) else 0.0
    return ratio if ratio >= 1.0 else _DEFAULT_RATIO


def limited(pod: PodResources, machine: Machine, auto: AutoLimits) -> PodResources:
    """A running guest's pod with the limits that it gets when it is rendered anew."""
    if machine.dedicated_cpu or not (auto.cpu or auto.memory_ratio):
        return pod
    containers = (
        _limited(each, machine, auto) if each.name == _COMPUTE else each for each in pod.containers
    )
    return replace(pod, containers=tuple(containers))


def _limited(compute: Container, machine: Machine, auto: AutoLimits) -> Container:
    limits = dict(compute.limits)
    if auto.cpu and "cpu" not in machine.limits:
        limits["cpu"] = (machine.vcpus + machine.io_threads) * NANO
    if auto.memory_ratio and "memory" not in machine.limits:
        requested = units(compute.requests.get("memory", 0))
        limits["memory"] = int(requested * auto.memory_ratio) * NANO
    return replace(compute, limits=limits)
