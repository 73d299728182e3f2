"""What a placed pod takes of its node, which differs from its requests during a resize.

Mirrors `PodRequests` with UseStatusResources of component-helpers/resource/helpers.go.
"""

from collections.abc import Iterable

from webhook.objects import Features
from webhook.parse import pod_wire, wire
from webhook.parse.resources import (
    Nanos,
    add,
    amounts,
    combined,
    largest,
    pod_level,
    pod_requests,
    requests_of,
)

INFEASIBLE = wire.Condition(type="PodResizePending", reason="Infeasible")


def resized(status: pod_wire.PodStatus) -> bool:
    """Whether the status says anything of resources that the spec may not say."""
    statuses = [*(status.container_statuses or ()), *(status.init_container_statuses or ())]
    return status.resources is not None or any(s.resources is not None for s in statuses)


def infeasible(conditions: Iterable[wire.Condition] | None) -> bool:
    """Whether the node cannot give the pod the resources that it is to get."""
    return any((c.type, c.reason) == (INFEASIBLE.type, INFEASIBLE.reason) for c in conditions or ())


def usage(spec: pod_wire.PodSpec, status: pod_wire.PodStatus, features: Features) -> Nanos:
    """The largest of what is wanted, granted and in force; an infeasible wish does not count."""
    if not features.resize_status_counts:
        return pod_requests(spec, features)
    refused = infeasible(status.conditions)
    statuses = {
        each.name: each
        for each in (*(status.container_statuses or ()), *(status.init_container_statuses or ()))
    }

    def taken(container: pod_wire.Container) -> Nanos:
        known = statuses.get(container.name)
        if known is None or known.resources is None:
            return requests_of(container)
        wanted = {} if refused else requests_of(container)
        return _largest(wanted, known.resources, known.allocated_resources)

    def init_taken(container: pod_wire.Container) -> tuple[bool, Nanos]:
        restartable = container.restart_policy == "Always"
        return restartable, taken(container) if restartable else requests_of(container)

    total = combined(
        [taken(c) for c in spec.containers or ()],
        [init_taken(c) for c in spec.init_containers or ()],
    )
    total |= _pod_level(spec, status, features, refused)
    add(total, amounts(spec.overhead))
    return total


def _pod_level(
    spec: pod_wire.PodSpec, status: pod_wire.PodStatus, features: Features, refused: bool
) -> Nanos:
    wanted = pod_level(spec, features)
    if status.resources is None or not features.pod_resize_status_counts:
        return wanted
    effective = _largest({} if refused else wanted, status.resources, status.allocated_resources)
    return {resource: effective.get(resource, 0) for resource in wanted}


def _largest(wanted: Nanos, actual: wire.Resources, granted: wire.Quantities) -> Nanos:
    return largest([wanted, amounts(actual.requests), amounts(granted)])
