"""What the launcher pod of a VM that never ran will request: KubeVirt's formula.

Mirrors what `pkg/virt-controller/services/template.go` of KubeVirt puts into the pod beside the
guest. Only an estimate: the constants move between versions, so a VM that runs is judged by its
own pod instead. Machines have KubeVirt's defaults; containers' amounts are exact, in nano units.
"""

from collections.abc import Mapping
from dataclasses import replace

from webhook.launcher.compute import EPHEMERAL, compute
from webhook.launcher.limits import limited
from webhook.launcher.overhead import guaranteed
from webhook.launcher.surroundings import Surroundings
from webhook.objects import KubeVirt, PodInfo
from webhook.objects.machine import Machine, Support
from webhook.objects.resources import Amounts, Container, PodResources
from webhook.parse.quantities import NANO
from webhook.parse.resources import add, combined, integers

_IMAGE_VOLUMES = "ImageVolume"


Given = tuple[Mapping[str, int], Mapping[str, int]]

#: What containers beside the guest's request and are limited to where KubeVirt's CR does not say
#: it: milli units of CPU and megabytes of memory.
_CONSOLE_LOG: Given = {"cpu": 5, "memory": 35}, {"cpu": 15, "memory": 60}
_FILE_SYSTEM: Given = {"cpu": 10, "memory": 1}, {"cpu": 100, "memory": 80}
_IMAGE: Given = {"cpu": 1, "memory": 1}, {"cpu": 10, "memory": 40}
_BINARY: Given = {"cpu": 10, "memory": 1}, {"cpu": 100, "memory": 40}
_PINNED_BINARY: Given = {}, {"cpu": 10, "memory": 40}
_HOOK: Given = {}, {}
_PINNED_HOOK: Given = {}, {"cpu": 200, "memory": 64}
_UNITS = {"cpu": NANO // 1000, "memory": 1_000_000 * NANO}


def estimated(machine: Machine, kubevirt: KubeVirt, around: Surroundings) -> PodResources:
    """The containers of the pod, in KubeVirt's order."""
    beside = _Beside(machine, kubevirt)
    as_volumes = _IMAGE_VOLUMES in kubevirt.gates
    images = [] if as_volumes else beside.images("volume{}")
    guest = compute(machine, kubevirt, around)
    pod = PodResources(
        containers=(guest, *images, *beside.file_systems(), *beside.hooks()),
        inits=(*beside.console_log(), *beside.fetching(as_volumes=as_volumes)),
        overhead=kubevirt.runtime.overhead if kubevirt.runtime else {},
    )
    return limited(pod, machine, around.limits)


def requests_of(resources: PodResources) -> Mapping[str, int]:
    """The requests of a whole pod as the scheduler's integers."""
    total = combined(
        [dict(each.requests) for each in resources.containers],
        [(each.restartable, dict(each.requests)) for each in resources.inits],
    )
    if resources.pod_level is not None:
        total |= resources.pod_level.requests
    add(total, dict(resources.overhead))
    return integers(total)


def moved(own: Amounts, old: Amounts, new: Amounts) -> Amounts:
    """Amounts with the difference of two estimates added, never below zero."""
    more = {name: new.get(name, 0) - old.get(name, 0) for name in old.keys() | new.keys()}
    return {**own, **{name: max(0, own.get(name, 0) + n) for name, n in more.items() if n}}


def fetched(source: PodInfo, machine: Machine, kubevirt: KubeVirt) -> PodInfo:
    """A running pod without what fetched its images: their digests are known from it.

    Where images are volumes, init containers do that, and a target pod has none.
    """
    if source.resources is None or _IMAGE_VOLUMES not in kubevirt.gates:
        return source
    names = {f"volume{name}" for name in machine.images}
    inits = tuple(each for each in source.resources.inits if each.name not in names)
    resources = replace(source.resources, inits=inits)
    requests = moved(source.requests, requests_of(source.resources), requests_of(resources))
    return replace(source, requests=requests, resources=resources)


class _Beside:
    """The containers beside the guest's; for a guaranteed pod all are limited to what they ask."""

    def __init__(self, machine: Machine, kubevirt: KubeVirt) -> None:
        self.machine, self.kubevirt = machine, kubevirt
        self.guaranteed = guaranteed(machine)

    def console_log(self) -> list[Container]:
        own = self.machine.console_log
        if not (self.kubevirt.console_log if own is None else own):
            return []
        log = self._container("guest-console-log", "guest-console-log", _CONSOLE_LOG)
        return [replace(log, restartable=True)]

    def images(self, pattern: str) -> list[Container]:
        names = (pattern.format(name) for name in self.machine.images)
        found = [self._container(name, "container-disk", _IMAGE) for name in names]
        storage = {"ephemeral-storage": EPHEMERAL}
        return [replace(each, requests={**each.requests, **storage}) for each in found]

    def fetching(self, *, as_volumes: bool) -> list[Container]:
        """The init containers that fetch the images, and what the images' containers run."""
        if as_volumes:
            return self.images("volume{}")
        if not self.machine.images:
            return []
        given = _PINNED_BINARY if self.guaranteed else _BINARY
        binary = self._container("container-disk-binary", "container-disk", given)
        return [binary, *self.images("volume{}-init")]

    def file_systems(self) -> list[Container]:
        names = (f"virtiofs-{name}" for name in self.machine.file_systems)
        return [self._container(name, "virtiofs", _FILE_SYSTEM) for name in names]

    def hooks(self) -> list[Container]:
        """Hook sidecars, and those of network binding plugins."""
        known, given = self.kubevirt.bindings, _PINNED_HOOK if self.guaranteed else _HOOK
        plugins = sum(known[name].sidecar for name in self.machine.bindings if name in known)
        names = (f"hook-sidecar-{i}" for i in range(self.machine.hooks + plugins))
        return [self._container(name, "sidecar", given) for name in names]

    def _container(self, name: str, kind: str, given: Given) -> Container:
        asked = self.kubevirt.support.get(kind, Support())
        own, most = (_exact(amounts) for amounts in given)
        limits = {**most, **asked.limits}
        requests = {**limits, **own, **asked.requests}
        return Container(name, {**requests, **limits} if self.guaranteed else requests, limits)


def _exact(amounts: Mapping[str, int]) -> Amounts:
    return {name: amount * _UNITS[name] for name, amount in amounts.items()}
