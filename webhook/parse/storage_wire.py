"""The slice of claims, volumes, classes and CSI objects that we read, as msgspec structs."""

import msgspec

from webhook.parse.wire import (
    LabelSelector,
    Metadata,
    NodeSelector,
    Quantities,
    Quantity,
    Resources,
    Wire,
)


class ClaimSpec(Wire):
    """spec of a PersistentVolumeClaim."""

    volume_name: str | None = None
    storage_class_name: str | None = None
    access_modes: list[str] | None = None
    resources: Resources | None = None
    volume_mode: str | None = None
    selector: LabelSelector | None = None
    volume_attributes_class_name: str | None = None


class ClaimStatus(Wire):
    """status of a PersistentVolumeClaim."""

    phase: str | None = None


class PersistentVolumeClaim(Wire):
    """v1 PersistentVolumeClaim."""

    metadata: Metadata | None = None
    spec: ClaimSpec | None = None
    status: ClaimStatus | None = None


class ClaimReference(Wire):
    """spec.claimRef of a PersistentVolume."""

    namespace: str | None = None
    name: str | None = None
    uid: str | None = None


class CSISource(Wire):
    """spec.csi of a PersistentVolume."""

    driver: str | None = None
    volume_handle: str | None = None


class InTreeSource(Wire):
    """The source of a volume of an old in-tree plugin, whichever it is."""

    pd_name: str | None = None
    volume_id: str | None = msgspec.field(default=None, name="volumeID")
    disk_uri: str | None = msgspec.field(default=None, name="diskURI")
    kind: str | None = None


class VolumeNodeAffinity(Wire):
    """spec.nodeAffinity of a PersistentVolume."""

    required: NodeSelector | None = None


class VolumeSpec(Wire):
    """spec of a PersistentVolume."""

    capacity: Quantities = None
    access_modes: list[str] | None = None
    storage_class_name: str | None = None
    volume_mode: str | None = None
    volume_attributes_class_name: str | None = None
    node_affinity: VolumeNodeAffinity | None = None
    claim_ref: ClaimReference | None = None
    csi: CSISource | None = None
    gce_persistent_disk: InTreeSource | None = None
    aws_elastic_block_store: InTreeSource | None = None
    azure_disk: InTreeSource | None = None
    cinder: InTreeSource | None = None
    portworx_volume: InTreeSource | None = None


class PersistentVolume(Wire):
    """v1 PersistentVolume."""

    metadata: Metadata | None = None
    spec: VolumeSpec | None = None
    status: ClaimStatus | None = None


class TopologyRequirement(Wire):
    """allowedTopologies[].matchLabelExpressions[]."""

    key: str | None = None
    values: list[str] | None = None


class TopologyTerm(Wire):
    """allowedTopologies[]."""

    match_label_expressions: list[TopologyRequirement] | None = None


class StorageClass(Wire):
    """storage.k8s.io StorageClass."""

    metadata: Metadata | None = None
    provisioner: str | None = None
    volume_binding_mode: str | None = None
    allowed_topologies: list[TopologyTerm] | None = None


class Allocatable(Wire):
    """spec.drivers[].allocatable of a CSINode."""

    count: int | None = None


class CSINodeDriver(Wire):
    """spec.drivers[] of a CSINode."""

    name: str | None = None
    allocatable: Allocatable | None = None


class CSINodeSpec(Wire):
    """spec of a CSINode."""

    drivers: list[CSINodeDriver] | None = None


class CSINode(Wire):
    """storage.k8s.io CSINode."""

    metadata: Metadata | None = None
    spec: CSINodeSpec | None = None


class CSIDriverSpec(Wire):
    """spec of a CSIDriver."""

    storage_capacity: bool | None = None


class CSIDriver(Wire):
    """storage.k8s.io CSIDriver."""

    metadata: Metadata | None = None
    spec: CSIDriverSpec | None = None


class CSIStorageCapacity(Wire):
    """storage.k8s.io CSIStorageCapacity; its fields stand beside the metadata."""

    metadata: Metadata | None = None
    storage_class_name: str | None = None
    node_topology: LabelSelector | None = None
    capacity: Quantity = None
    maximum_volume_size: Quantity = None


class AttachmentSource(Wire):
    """spec.source of a VolumeAttachment."""

    persistent_volume_name: str | None = None


class AttachmentSpec(Wire):
    """spec of a VolumeAttachment."""

    attacher: str | None = None
    node_name: str | None = None
    source: AttachmentSource | None = None


class VolumeAttachment(Wire):
    """storage.k8s.io VolumeAttachment."""

    metadata: Metadata | None = None
    spec: AttachmentSpec | None = None
