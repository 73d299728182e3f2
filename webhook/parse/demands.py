"""What a pod takes of a node and of its quota: added up once for all pods of a size.

What a pod and its status say of its containers' resources is put together again as JSON, without
the containers' names; only JSON that is not remembered is decoded and added up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from webhook.objects import Features, HostPort
from webhook.objects.resources import PodResources
from webhook.parse import pod_wire, wire
from webhook.parse.containers import FILLED_BY, pod_resources
from webhook.parse.pod_slice import NULL, Container, ContainerStatus, Metadata, PodSpec, PodStatus
from webhook.parse.resources import Nanos, integers, pod_requests
from webhook.parse.shared import PARTS
from webhook.parse.usage import INFEASIBLE, infeasible, resized, usage

ANY_ADDRESS = HostPort(0).ip
_HOST_PORT = b'"hostPort"'
_FILLED_BY = FILLED_BY.encode()


@dataclass(frozen=True, slots=True)
class Demand:
    """`requests` and `usage` as of a PodInfo.

    `granted` is the usage while the node cannot give a pod the resources that it is to get.
    """

    requests: Mapping[str, int]
    usage: Mapping[str, int]
    granted: Mapping[str, int]


class _Part(msgspec.Struct, array_like=True):
    """A container and its status."""

    restart_policy: str | None
    resources: wire.Resources | None
    actual: wire.Resources | None = None
    allocated: wire.Quantities = None


class _Pod(msgspec.Struct, array_like=True):
    """The parts of a pod, and itself as a whole."""

    containers: list[_Part]
    init_containers: list[_Part]
    resources: wire.Resources | None
    overhead: wire.Quantities
    actual: wire.Resources | None
    allocated: wire.Quantities


class _Annotations(msgspec.Struct):
    """The one annotation of a pod that counts here."""

    filled: str | None = msgspec.field(default=None, name=FILLED_BY)


_encode = msgspec.json.Encoder().encode
_POD = msgspec.json.Decoder(_Pod)
_SPEC = msgspec.json.Decoder(pod_wire.PodSpec)
_CONDITIONS = msgspec.json.Decoder(list[wire.Condition] | None)
_PORTS = msgspec.json.Decoder(list[pod_wire.ContainerPort] | None)
_ANNOTATIONS = msgspec.json.Decoder(_Annotations | None)


def demand(spec: PodSpec, status: PodStatus, features: Features) -> Demand:
    """What a pod takes of its node; raises BadResource, msgspec.DecodeError."""
    key = _encode(
        (
            _parts(spec.containers, status.container_statuses),
            _parts(spec.init_containers, status.init_container_statuses),
            spec.resources,
            spec.overhead,
            status.resources,
            status.allocated_resources,
        )
    )
    return _demand(key, features)


_Key = Sequence[tuple[str | msgspec.Raw | None, ...]]


def _parts(containers: list[Container] | None, statuses: list[ContainerStatus] | None) -> _Key:
    """What there is to a container as of a _Part; most statuses say nothing of resources."""
    if not containers:
        return ()
    for each in statuses or ():
        if each.resources is not NULL or each.allocated_resources is not NULL:
            return _told(containers, {status.name: status for status in statuses or ()})
    return [(each.restart_policy, each.resources) for each in containers]


def _told(containers: Iterable[Container], statuses: Mapping[str | None, ContainerStatus]) -> _Key:
    found = []
    for each in containers:
        said = statuses.get(each.name, _SILENT)
        part = (each.restart_policy, each.resources, said.resources, said.allocated_resources)
        found.append(part)
    return found


_SILENT = ContainerStatus()


def taken(found: Demand, status: PodStatus) -> Mapping[str, int]:
    """What the pod takes of its node; only where they matter are its conditions read."""
    if found.granted is found.usage or not infeasible(_CONDITIONS.decode(status.conditions)):
        return found.usage
    return found.granted


@lru_cache(PARTS)
def _demand(key: bytes, features: Features) -> Demand:
    pod = _POD.decode(key)
    containers, statuses = _named("container", pod.containers)
    inits, init_statuses = _named("init", pod.init_containers)
    spec = pod_wire.PodSpec(
        containers=containers,
        init_containers=inits,
        resources=pod.resources,
        overhead=pod.overhead,
    )
    status = pod_wire.PodStatus(
        container_statuses=statuses,
        init_container_statuses=init_statuses,
        resources=pod.actual,
        allocated_resources=pod.allocated,
    )
    requests = _rounded(pod_requests(spec, features))
    if not resized(status):
        return Demand(requests, requests, requests)
    refused = msgspec.structs.replace(status, conditions=[INFEASIBLE])
    return Demand(
        requests,
        _rounded(usage(spec, status, features)),
        _rounded(usage(spec, refused, features)),
    )


def _named(
    kind: str, parts: Iterable[_Part]
) -> tuple[list[pod_wire.Container], list[pod_wire.ContainerStatus]]:
    """Containers and statuses under names made up."""
    containers, statuses = [], []
    for number, part in enumerate(parts):
        name = f"{kind} {number}"
        containers.append(
            pod_wire.Container(name, part.resources, restart_policy=part.restart_policy)
        )
        statuses.append(pod_wire.ContainerStatus(name, part.actual, part.allocated))
    return containers, statuses


def _rounded(exact: Nanos) -> Mapping[str, int]:
    return _of_size(tuple(integers(exact).items()))


@lru_cache(PARTS)
def _of_size(amounts: tuple[tuple[str, int], ...]) -> Mapping[str, int]:
    """One dict for all pods of a size."""
    return dict(amounts)


def charged(metadata: Metadata, spec: PodSpec, features: Features) -> PodResources:
    """What quotas count of a pod; raises BadResource, msgspec.DecodeError."""
    annotations = bytes(metadata.annotations)
    notes = _ANNOTATIONS.decode(annotations) if _FILLED_BY in annotations else None
    counted = PodSpec(
        containers=spec.containers,
        init_containers=spec.init_containers,
        resources=spec.resources,
        overhead=spec.overhead,
        priority_class_name=spec.priority_class_name,
        active_deadline_seconds=None if spec.active_deadline_seconds is None else 1,
    )
    return _charged(_encode(counted), (notes and notes.filled) or "", features)


@lru_cache(PARTS)
def _charged(key: bytes, note: str, features: Features) -> PodResources:
    return pod_resources(_SPEC.decode(key), note, features)


def host_ports(spec: PodSpec, features: Features) -> tuple[HostPort, ...]:
    """The ports of the node that the pod takes, those of its sidecars included."""
    found: tuple[HostPort, ...] = ()
    for each in spec.containers or ():
        if each.ports is not NULL and _HOST_PORT in (ports := bytes(each.ports)):
            found += _host_ports(ports)
    if spec.init_containers and features.sidecar_host_ports:
        for each in spec.init_containers:
            if each.restart_policy == "Always":
                found += _host_ports(bytes(each.ports))
    return found


@lru_cache(PARTS)
def _host_ports(raw: bytes) -> tuple[HostPort, ...]:
    return tuple(
        HostPort(port.host_port, port.protocol or "TCP", port.host_ip or ANY_ADDRESS)
        for port in _PORTS.decode(raw) or ()
        if port.host_port is not None and port.host_port > 0
    )
