"""A pod's resources container by container, as admission counts them.

LimitRanger notes in an annotation what it filled in (plugin/pkg/admission/limitranger); that
is taken out again, so that a copy of the pod can be filled in by what holds today.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from webhook.objects import Features
from webhook.objects.resources import Container, PodResources
from webhook.parse import pod_wire, wire
from webhook.parse.resources import amounts, whole_pod

FILLED_BY = "kubernetes.io/limit-ranger"
_FILLED = re.compile(r"(?P<names>[^;]+) (?P<list>request|limit) for (?:init )?container (?P<of>.+)")

#: (container, request or limit, resource)
Filled = frozenset[tuple[str, str, str]]


def pod_resources(spec: pod_wire.PodSpec, note: str, features: Features) -> PodResources:
    """What admission reads of a stored pod with this note of LimitRanger; raises BadResource."""
    filled = frozenset(_filled(note))
    level = spec.resources if features.pod_level_resources else None
    return PodResources(
        containers=tuple(_containers(spec.containers or (), filled)),
        inits=tuple(_containers(spec.init_containers or (), filled)),
        pod_level=None if level is None else _pod_level(level),
        overhead=amounts(spec.overhead),
        priority_class=spec.priority_class_name or "",
        has_deadline=spec.active_deadline_seconds is not None,
    )


def _filled(annotation: str) -> Iterator[tuple[str, str, str]]:
    """`LimitRanger plugin set: cpu, memory request for container c; …`, one by one."""
    for part in annotation.partition(": ")[2].split("; "):
        if found := _FILLED.fullmatch(part):
            for name in found["names"].split(", "):
                yield found["of"], found["list"], name


def _containers(raw: Iterable[pod_wire.Container], filled: Filled) -> Iterator[Container]:
    for each in raw:
        name, resources = each.name or "", each.resources or wire.Resources()
        yield Container(
            name=name,
            requests=_without(amounts(resources.requests), filled, name, "request"),
            limits=_without(amounts(resources.limits), filled, name, "limit"),
            restartable=each.restart_policy == "Always",
        )


def _without(
    amounts_: Mapping[str, int], filled: Filled, container: str, kind: str
) -> Mapping[str, int]:
    return {k: v for k, v in amounts_.items() if (container, kind, k) not in filled}


def _pod_level(raw: wire.Resources) -> Container:
    return Container("", whole_pod(raw.requests), whole_pod(raw.limits))
