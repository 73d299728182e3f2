"""LimitRanger: what containers are given that ask for nothing, and what is too much or little.

Mirrors plugin/pkg/admission/limitranger/admission.go.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from webhook.objects.quota import Bounds, LimitRange
from webhook.objects.resources import Amounts, Container, PodResources
from webhook.parse.quantities import NANO
from webhook.quota.usage import List, summed
from webhook.quota.wording import written

_MILLI = NANO // 1000
_POD_LEVEL = ("cpu", "memory")


def filled(pod: PodResources, limit_ranges: Sequence[LimitRange]) -> PodResources:
    """The pod with the defaults of the limit ranges, the first of which wins."""
    for each in limit_ranges:
        limits: dict[str, int] = {}
        requests: dict[str, int] = {}
        for bounds in each.limits:
            if bounds.type == "Container":
                limits |= bounds.default
                requests |= bounds.default_request
        if not (limits or requests):
            continue
        pod = replace(
            pod,
            containers=tuple(_given(pod.containers, requests, limits)),
            inits=tuple(_given(pod.inits, requests, limits)),
        )
    return pod


def _given(
    containers: Iterable[Container], requests: Amounts, limits: Amounts
) -> Iterator[Container]:
    for each in containers:
        yield replace(
            each, requests={**requests, **each.requests}, limits={**limits, **each.limits}
        )


def violations(pod: PodResources, limit_ranges: Sequence[LimitRange]) -> Iterator[str]:
    """What the limit ranges do not allow of the pod."""
    for each in limit_ranges:
        for bounds in each.limits:
            for subject in _subjects(pod, bounds.type):
                for violation in _violations(subject, bounds):
                    yield f"limit range {each.name}: {violation}"


def _subjects(pod: PodResources, type_: str) -> tuple[Container, ...]:
    if type_ == "Container":
        return (*pod.containers, *pod.inits)
    if type_ == "Pod":
        return (Container("the pod", _of_pod(pod, "requests"), _of_pod(pod, "limits")),)
    return ()


def _of_pod(pod: PodResources, of: List) -> Amounts:
    """Of the whole pod, without the overhead of its runtime class."""
    total, level = summed(pod, of), pod.pod_level or Container("")
    own: Amounts = level.requests if of == "requests" else level.limits
    return {**total, **{name: own[name] for name in _POD_LEVEL if name in own}}


def _violations(subject: Container, bounds: Bounds) -> Iterator[str]:
    """The first that is wrong of each bound, as upstream has it."""
    for name, least in sorted(bounds.min.items()):
        if problem := _too_small(subject, name, least):
            text = written(name, least, up=True)
            yield f"minimum {name} per {bounds.type} is {text}, but {subject.name} {problem}"
    for name, most in sorted(bounds.max.items()):
        if problem := _too_large(subject, name, most):
            text = written(name, most, up=False)
            yield f"maximum {name} per {bounds.type} is {text}, but {subject.name} {problem}"
    for name, ratio in sorted(bounds.max_ratio.items()):
        if problem := _too_far_apart(subject, name, ratio):
            text = f"{name} limit to request ratio per {bounds.type} is at most {ratio / NANO:g}"
            yield f"{text}, but {subject.name} {problem}"


def _too_small(subject: Container, name: str, least: int) -> str:
    request, limit = subject.requests.get(name), subject.limits.get(name)
    if request is None:
        return "requests none"
    if request < least:
        return f"requests {written(name, request, up=False)}"
    if limit is not None and limit < least:
        return f"has a limit of {written(name, limit, up=False)}"
    return ""


def _too_large(subject: Container, name: str, most: int) -> str:
    request, limit = subject.requests.get(name), subject.limits.get(name)
    if limit is None:
        return "has no limit"
    if limit > most:
        return f"has a limit of {written(name, limit, up=True)}"
    if request is not None and request > most:
        return f"requests {written(name, request, up=True)}"
    return ""


def _too_far_apart(subject: Container, name: str, ratio: int) -> str:
    """In floats, and in thousandths at last, as upstream compares."""
    request, limit = subject.requests.get(name), subject.limits.get(name)
    if not (request and limit):
        return "has no request" if not request else "has no limit"
    found = limit / request
    if found * 1000 > ratio / _MILLI:
        return f"has {math.ceil(found * 100) / 100:g}"
    return ""
