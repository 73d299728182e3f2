"""What the API server does to a pod before the scheduler sees it.

Applied to pods that were written by hand; a pod that was read back from the API has all
of it already. Mirrors `pkg/apis/core/v1/defaults.go`, `pkg/registry/core/pod/strategy.go`
and the DefaultTolerationSeconds admission plugin.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import msgspec

from webhook.objects import (
    AffinityTerm,
    Features,
    Operator,
    Requirement,
    SchedulingRules,
    Toleration,
)
from webhook.parse import pod_wire, wire
from webhook.parse.quantities import NANO, stored
from webhook.parse.resources import amounts, combined, requests_of

_EVICTED = tuple(
    Toleration(f"node.kubernetes.io/{state}", "Exists", effect="NoExecute")
    for state in ("not-ready", "unreachable")
)


def defaulted(spec: pod_wire.PodSpec, features: Features) -> pod_wire.PodSpec:
    """The spec with resource defaults, rounding and host ports as the API server stores it."""
    containers = [_container(c, bool(spec.host_network)) for c in spec.containers or ()]
    inits = [_container(c, bool(spec.host_network)) for c in spec.init_containers or ()]
    spec = msgspec.structs.replace(
        spec, containers=containers, init_containers=inits, overhead=_rounded(spec.overhead)
    )
    if not features.pod_level_resources or spec.resources is None:
        return spec
    return msgspec.structs.replace(spec, resources=_pod_level(spec, spec.resources))


def _container(container: pod_wire.Container, host_network: bool) -> pod_wire.Container:
    resources = container.resources or wire.Resources()
    limits = _rounded(resources.limits) or {}
    requests = {**limits, **(_rounded(resources.requests) or {})}
    ports = container.ports
    if host_network:
        ports = [
            msgspec.structs.replace(p, host_port=p.host_port or p.container_port)
            for p in container.ports or ()
        ]
    return msgspec.structs.replace(
        container, resources=wire.Resources(requests=requests, limits=limits), ports=ports
    )


def _rounded(raw: wire.Quantities) -> wire.Quantities:
    return {name: _text(stored(amount)) for name, amount in amounts(raw).items()}


def _text(amount: int) -> str:
    exact = Fraction(amount, NANO)
    return str(exact.numerator) if exact.denominator == 1 else f"{amount}n"


def _pod_level(spec: pod_wire.PodSpec, resources: wire.Resources) -> wire.Resources:
    limits = _rounded(resources.limits) or {}
    requests = _rounded(resources.requests) or {}
    if limits:
        total = combined(
            [requests_of(c) for c in spec.containers or ()],
            [(c.restart_policy == "Always", requests_of(c)) for c in spec.init_containers or ()],
        )
        for name in ("cpu", "memory"):
            if name not in requests and name in total:
                requests[name] = _text(total[name])
        requests = {**limits, **requests}
    return wire.Resources(requests=requests, limits=limits)


def admitted(
    rules: SchedulingRules, labels: Mapping[str, str], features: Features
) -> SchedulingRules:
    """The rules with label keys merged and the default tolerations added."""
    affinity, apart = rules.pod_affinity, rules.pod_anti_affinity
    if features.merges_match_label_keys:
        affinity = tuple(merged(term, labels) for term in affinity)
        apart = tuple(merged(term, labels) for term in apart)
    missing = tuple(
        toleration
        for toleration in _EVICTED
        if not any(_covers(given, toleration.key) for given in rules.tolerations)
    )
    return replace(
        rules,
        pod_affinity=affinity,
        pod_anti_affinity=apart,
        tolerations=rules.tolerations + missing,
    )


def _covers(toleration: Toleration, key: str) -> bool:
    return toleration.key in ("", key) and toleration.effect in ("", "NoExecute")


def merged(term: AffinityTerm, labels: Mapping[str, str]) -> AffinityTerm:
    """The term with (mis)matchLabelKeys of the pod's own labels in its selector."""
    if term.selector.nothing or not (term.match_label_keys or term.mismatch_label_keys):
        return term
    same = [_equal(Operator.IN, key, labels) for key in term.match_label_keys if key in labels]
    other = [
        _equal(Operator.NOT_IN, key, labels) for key in term.mismatch_label_keys if key in labels
    ]
    requirements = (*term.selector.requirements, *same, *other)
    return replace(term, selector=replace(term.selector, requirements=requirements))


def _equal(operator: Operator, key: str, labels: Mapping[str, str]) -> Requirement:
    return Requirement(key, operator, frozenset((labels[key],)))
