"""What a pod requests and a node offers, as the scheduler's integers.

Mirrors `PodRequests` of component-helpers/resource/helpers.go and the resource names
that `scheduler/framework/types.go` tracks.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from webhook.objects import Features
from webhook.parse import pod_wire, wire
from webhook.parse.quantities import BadQuantity, integer, nanos
from webhook.parse.selectors import valid_key

Nanos = dict[str, int]
_POD_LEVEL = ("cpu", "memory")
_REMEMBERED = 1024
_BASIC = ("cpu", "memory", "ephemeral-storage")


class BadResource(ValueError):
    """A resource list holds something that is no quantity."""


@lru_cache(_REMEMBERED)
def tracked(resource: str) -> bool:
    """Whether NodeResourcesFit looks at this resource at all."""
    return (
        resource in _BASIC
        or resource.startswith(("hugepages-", "attachable-volumes-"))
        or "kubernetes.io/" in resource
        or extended(resource)
    )


@lru_cache(_REMEMBERED)
def extended(resource: str) -> bool:
    """IsExtendedResourceName: a prefixed name outside of kubernetes.io."""
    return (
        "/" in resource
        and "kubernetes.io/" not in resource
        and not resource.startswith("requests.")
        and valid_key(f"requests.{resource}")
    )


def amounts(raw: wire.Quantities) -> Nanos:
    """A resource list in nano units; raises BadResource naming the entry."""
    found: Nanos = {}
    for resource, quantity in (raw or {}).items():
        try:
            found[resource] = nanos(quantity)
        except BadQuantity as error:
            raise BadResource(f"{resource}: {error}") from error
    return found


def integers(exact: Nanos) -> Mapping[str, int]:
    """Rounded up to the scheduler's integers, tracked resources only."""
    return {name: integer(name, amount) for name, amount in exact.items() if tracked(name)}


def allocatable(raw: wire.Quantities) -> Mapping[str, int]:
    """What a node offers, one dict for all alike; `pods` is kept beside the tracked resources."""
    return _offered(tuple((raw or {}).items()))


@lru_cache(_REMEMBERED)
def _offered(raw: tuple[tuple[str, wire.Quantity], ...]) -> Mapping[str, int]:
    return {
        name: integer(name, amount)
        for name, amount in amounts(dict(raw)).items()
        if name == "pods" or tracked(name)
    }


def requests_of(container: pod_wire.Container) -> Nanos:
    """A container's own requests."""
    return amounts(container.resources.requests) if container.resources else {}


def add(total: Nanos, more: Nanos) -> None:
    """Add one resource list to another, in place."""
    for resource, amount in more.items():
        total[resource] = total.get(resource, 0) + amount


def largest(lists: Iterable[Nanos]) -> Nanos:
    """The maximum per resource."""
    peak: Nanos = {}
    for each in lists:
        for resource, amount in each.items():
            peak[resource] = max(peak.get(resource, amount), amount)
    return peak


def combined(containers: list[Nanos], inits: list[tuple[bool, Nanos]]) -> Nanos:
    """Containers and init containers; `inits` pairs each with whether it is a sidecar.

    A sidecar adds to the sum; a plain init container needs room beside the sidecars that
    started before it. The maximum of both is taken per resource.
    """
    total: Nanos = {}
    for each in containers:
        add(total, each)
    sidecars: Nanos = {}
    peaks: list[Nanos] = []
    for restartable, each in inits:
        if restartable:
            add(total, each)
            add(sidecars, each)
            peaks.append(dict(sidecars))
        else:
            peak = dict(sidecars)
            add(peak, each)
            peaks.append(peak)
    return largest([total, *peaks])


def pod_level(spec: pod_wire.PodSpec, features: Features) -> Nanos:
    """The requests of the pod as a whole, which stand in for the sum of its containers'."""
    if not features.pod_level_resources or spec.resources is None:
        return {}
    return whole_pod(spec.resources.requests)


def whole_pod(raw: wire.Quantities) -> Nanos:
    """Those of a pod's own requests or limits that Kubernetes heeds; raises BadResource."""
    return {
        resource: amount
        for resource, amount in amounts(raw).items()
        if resource in _POD_LEVEL or resource.startswith("hugepages-")
    }


def pod_requests(spec: pod_wire.PodSpec, features: Features) -> Nanos:
    """What the pod asks for, exact."""
    total = combined(
        [requests_of(c) for c in spec.containers or ()],
        [(c.restart_policy == "Always", requests_of(c)) for c in spec.init_containers or ()],
    )
    total |= pod_level(spec, features)
    add(total, amounts(spec.overhead))
    return total
