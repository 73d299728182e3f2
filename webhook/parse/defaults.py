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

_EVICTING = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


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
    missing = tuple(
        Toleration(key, "Exists", effect="NoExecute")
        for key in _EVICTING
        if not any(t.key in ("", key) and t.effect in ("", "NoExecute") for t in rules.tolerations)
    )
    rules = replace(rules, tolerations=rules.tolerations + missing)
    if not features.merges_match_label_keys:
        return rules
    return replace(
        rules,
        pod_affinity=tuple(merged(term, labels) for term in rules.pod_affinity),
        pod_anti_affinity=tuple(merged(term, labels) for term in rules.pod_anti_affinity),
    )


def merged(term: AffinityTerm, labels: Mapping[str, str]) -> AffinityTerm:
    """The term with (mis)matchLabelKeys of the pod's own labels in its selector."""
    if term.selector.nothing:
        return term
    same = [_equal(Operator.IN, key, labels) for key in term.match_label_keys if key in labels]
    other = [
        _equal(Operator.NOT_IN, key, labels) for key in term.mismatch_label_keys if key in labels
    ]
    requirements = (*term.selector.requirements, *same, *other)
    return replace(term, selector=replace(term.selector, requirements=requirements))


def _equal(operator: Operator, key: str, labels: Mapping[str, str]) -> Requirement:
    return Requirement(key, operator, frozenset((labels[key],)))
