"""The slice of a Pod that we read, as msgspec structs."""

from typing import Any

import msgspec

from webhook.parse.wire import (
    Affinity,
    Condition,
    Metadata,
    Quantities,
    Resources,
    StringMap,
    Toleration,
    TopologySpreadConstraint,
    Wire,
)


class ContainerPort(Wire):
    """containers[].ports[]."""

    container_port: int | None = None
    host_port: int | None = None
    host_ip: str | None = msgspec.field(default=None, name="hostIP")
    protocol: str | None = None


class Container(Wire):
    """containers[] and initContainers[]."""

    name: str | None = None
    resources: Resources | None = None
    restart_policy: str | None = None
    ports: list[ContainerPort] | None = None


class ClaimSource(Wire):
    """volumes[].persistentVolumeClaim."""

    claim_name: str | None = None


class Disk(Wire):
    """The source of an inline volume of an old in-tree plugin, whichever it is."""

    pd_name: str | None = None
    volume_id: str | None = msgspec.field(default=None, name="volumeID")
    disk_uri: str | None = msgspec.field(default=None, name="diskURI")
    kind: str | None = None
    iqn: str | None = None
    monitors: list[str] | None = None
    pool: str | None = None
    image: str | None = None
    read_only: bool | None = None


class Volume(Wire):
    """volumes[]: only the sources that a Filter plugin looks at."""

    name: str | None = None
    persistent_volume_claim: ClaimSource | None = None
    ephemeral: dict[str, Any] | None = None
    gce_persistent_disk: Disk | None = None
    aws_elastic_block_store: Disk | None = None
    azure_disk: Disk | None = None
    cinder: Disk | None = None
    portworx_volume: Disk | None = None
    iscsi: Disk | None = None
    rbd: Disk | None = None


class PodSpec(Wire):
    """spec of a Pod."""

    node_name: str | None = None
    node_selector: StringMap = None
    affinity: Affinity | None = None
    tolerations: list[Toleration] | None = None
    topology_spread_constraints: list[TopologySpreadConstraint] | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    volumes: list[Volume] | None = None
    resources: Resources | None = None
    overhead: Quantities = None
    priority: int | None = None
    priority_class_name: str | None = None
    active_deadline_seconds: int | None = None
    scheduler_name: str | None = None
    host_network: bool | None = None
    host_users: bool | None = None
    resource_claims: list[Any] | None = None


class ContainerStatus(Wire):
    """status.containerStatuses[] as far as in-place resize goes."""

    name: str | None = None
    resources: Resources | None = None
    allocated_resources: Quantities = None


class PodStatus(Wire):
    """status of a Pod."""

    phase: str | None = None
    nominated_node_name: str | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    resources: Resources | None = None
    allocated_resources: Quantities = None


class Pod(Wire):
    """v1 Pod."""

    metadata: Metadata | None = None
    spec: PodSpec | None = None
    status: PodStatus | None = None
