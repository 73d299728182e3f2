"""What a pod uses of a quota, and which of a quota's resources are a pod's to use.

Mirrors `PodUsageFunc` of pkg/quota/v1/evaluator/core/pods.go and `PodRequests` and
`PodLimits` of component-helpers/resource/helpers.go.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Literal

from webhook.objects.resources import Amounts, Container, PodResources
from webhook.parse.quantities import NANO
from webhook.parse.resources import Nanos, add, combined, extended

List = Literal["requests", "limits"]

#: Each has a quota of its requests, under two names, and one of its limits.
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_COUNTS = ("pods", "count/pods")
_NAMED = frozenset(
    {*_COUNTS, *_COMPUTE, *(f"{of}.{name}" for name in _COMPUTE for of in ("requests", "limits"))}
)
_HUGEPAGES = "hugepages-"
_DEVICE_CLASS = "deviceclass.resource.kubernetes.io/"
#: Upstream regrets it: who limits these asks every container for its own share of them.
_ASKED_FOR = frozenset(
    {"cpu", "memory", *(f"{of}.{name}" for name in _COMPUTE[:2] for of in ("requests", "limits"))}
)


def usable(names: Iterable[str]) -> frozenset[str]:
    """Those of a quota's resources that pods use."""
    return frozenset(name for name in names if _usable(name))


@lru_cache(1024)
def _usable(name: str) -> bool:
    bare = name.removeprefix("requests.")
    if name in _NAMED or bare.startswith(_HUGEPAGES):
        return True
    native = "/" not in name or "kubernetes.io/" in name
    return name != bare and (not native or bare.startswith(_DEVICE_CLASS))


def usage(pod: PodResources) -> Amounts:
    """What the pod uses, under the names that quotas have for it."""
    requests, limits = _whole(pod, "requests"), _whole(pod, "limits")
    add(requests, dict(pod.overhead))
    add(limits, {k: v for k, v in pod.overhead.items() if limits.get(k)})
    return {**dict.fromkeys(_COUNTS, NANO), **dict(_named(requests, limits))}


def _named(requests: Amounts, limits: Amounts) -> Iterator[tuple[str, int]]:
    for name, amount in requests.items():
        if name in _COMPUTE or name.startswith(_HUGEPAGES):
            yield name, amount
            yield f"requests.{name}", amount
        elif extended(name) or name.startswith(_DEVICE_CLASS):
            yield f"requests.{name}", amount
    yield from ((f"limits.{name}", v) for name, v in limits.items() if name in _COMPUTE)


def summed(pod: PodResources, of: List) -> Nanos:
    """The containers' requests or limits together; init containers count by their peak."""
    pick = attrgetter(of)
    return combined(
        [dict(pick(c)) for c in pod.containers],
        [(c.restartable, dict(pick(c))) for c in pod.inits],
    )


def _whole(pod: PodResources, of: List) -> Nanos:
    own: Amounts = attrgetter(of)(pod.pod_level) if pod.pod_level else {}
    return summed(pod, of) | dict(own)


def unset(pod: PodResources, names: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Those resources that containers have to set and do not, and which these are.

    Resources of the pod itself make up for it.
    """
    if pod.pod_level is not None and (pod.pod_level.requests or pod.pod_level.limits):
        return
    for name in sorted(_ASKED_FOR.intersection(names)):
        of, _, resource = name.rpartition(".")
        missing = [c.name for c in (*pod.containers, *pod.inits) if resource not in _list(c, of)]
        if missing:
            yield name, tuple(sorted(missing))


def _list(container: Container, of: str) -> Amounts:
    return container.limits if of == "limits" else container.requests
