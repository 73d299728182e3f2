"""A Pod as it streams in: what differs from pod to pod, and the rest as raw JSON.

Most parts of a pod are equal among the replicas of a workload. They stay the bytes that they
are, so that `webhook.parse.shared` lowers each of them once for all; null is as good as absent.
What is not listed is skipped unread.
"""

from typing import Any

import msgspec

from webhook.parse.pod_wire import Volume
from webhook.parse.wire import OwnerReference, Wire

NULL = msgspec.Raw(b"null")


class Metadata(Wire):
    """metadata of a Pod."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: Any = None
    labels: msgspec.Raw = NULL
    annotations: msgspec.Raw = NULL
    deletion_timestamp: str | None = None
    owner_references: list[OwnerReference] | None = None


class Container(Wire):
    """containers[] and initContainers[]."""

    name: str | None = None
    restart_policy: str | None = None
    resources: msgspec.Raw = NULL
    ports: msgspec.Raw = NULL


class PodSpec(Wire):
    """spec of a Pod."""

    node_name: str | None = None
    node_selector: msgspec.Raw = NULL
    affinity: msgspec.Raw = NULL
    tolerations: msgspec.Raw = NULL
    topology_spread_constraints: msgspec.Raw = NULL
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    volumes: list[Volume] | None = None
    resources: msgspec.Raw = NULL
    overhead: msgspec.Raw = NULL
    priority: int | None = None
    priority_class_name: str | None = None
    active_deadline_seconds: int | None = None
    scheduler_name: str | None = None
    host_network: bool | None = None
    host_users: bool | None = None
    resource_claims: list[msgspec.Raw] | None = None


class ContainerStatus(Wire):
    """status.containerStatuses[] as far as in-place resize goes."""

    name: str | None = None
    resources: msgspec.Raw = NULL
    allocated_resources: msgspec.Raw = NULL


class PodStatus(Wire):
    """status of a Pod."""

    phase: str | None = None
    nominated_node_name: str | None = None
    conditions: msgspec.Raw = NULL
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    resources: msgspec.Raw = NULL
    allocated_resources: msgspec.Raw = NULL


class Pod(Wire):
    """v1 Pod."""

    metadata: Metadata | None = None
    spec: PodSpec | None = None
    status: PodStatus | None = None
