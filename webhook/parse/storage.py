"""Claims, volumes, classes and CSI objects from the wire."""

from webhook.objects import LabelSelector, Operator, Requirement
from webhook.objects.storage import (
    IMMEDIATE,
    ClaimRef,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.parse import storage_wire, wire
from webhook.parse.quantities import nanos
from webhook.parse.resources import amounts
from webhook.parse.rules import controller_uid
from webhook.parse.selectors import label_selector, node_selector
from webhook.parse.shared import texts
from webhook.parse.texts import same, string_map

#: Older than spec.storageClassName, and still read before it.
_CLASS = "volume.beta.kubernetes.io/storage-class"
_BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
_SELECTED_NODE = "volume.kubernetes.io/selected-node"
_ANY = LabelSelector()
_MIGRATED = "storage.alpha.kubernetes.io/migrated-plugins"


def claim(raw: storage_wire.PersistentVolumeClaim) -> PersistentVolumeClaim:
    """A PersistentVolumeClaim."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or storage_wire.ClaimSpec()
    annotations = string_map(metadata.annotations)
    resources = spec.resources or wire.Resources()
    return PersistentVolumeClaim(
        namespace=same(metadata.namespace or "default"),
        name=same(metadata.name or ""),
        volume_name=same(spec.volume_name or ""),
        storage_class=same(annotations.get(_CLASS, spec.storage_class_name or "")),
        access_modes=texts(spec.access_modes),
        request=amounts(resources.requests).get("storage", 0),
        volume_mode=same(spec.volume_mode or "Filesystem"),
        selector=label_selector(spec.selector) if spec.selector else _ANY,
        attributes_class=same(spec.volume_attributes_class_name or ""),
        phase=same((raw.status and raw.status.phase) or ""),
        deleting=metadata.deletion_timestamp is not None,
        bind_completed=_BIND_COMPLETED in annotations,
        selected_node=annotations.get(_SELECTED_NODE),
        controller_uid=controller_uid(metadata.owner_references),
        uid=same(metadata.uid or ""),
    )


def volume(raw: storage_wire.PersistentVolume) -> PersistentVolume:
    """A PersistentVolume."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or storage_wire.VolumeSpec()
    reference, csi = spec.claim_ref, spec.csi or storage_wire.CSISource()
    affinity = spec.node_affinity or storage_wire.VolumeNodeAffinity()
    annotations, (plugin, old) = string_map(metadata.annotations), _in_tree(spec)
    return PersistentVolume(
        name=same(metadata.name or ""),
        labels=string_map(metadata.labels),
        capacity=amounts(spec.capacity).get("storage", 0),
        access_modes=texts(spec.access_modes),
        storage_class=same(annotations.get(_CLASS, spec.storage_class_name or "")),
        volume_mode=same(spec.volume_mode or "Filesystem"),
        attributes_class=same(spec.volume_attributes_class_name or ""),
        phase=same((raw.status and raw.status.phase) or ""),
        deleting=metadata.deletion_timestamp is not None,
        node_affinity=node_selector(affinity.required),
        claim=None if reference is None else _reference(reference),
        driver=same(csi.driver or ""),
        handle=csi.volume_handle or old.pd_name or old.volume_id or old.disk_uri or "",
        in_tree=plugin,
        disk_kind=old.kind or "",
    )


def _reference(raw: storage_wire.ClaimReference) -> ClaimRef:
    return ClaimRef(same(raw.namespace or ""), same(raw.name or ""), same(raw.uid or ""))


def _in_tree(spec: storage_wire.VolumeSpec) -> tuple[str, storage_wire.InTreeSource]:
    """The field's name of an in-tree source, and the source."""
    for plugin, source in (
        ("gcePersistentDisk", spec.gce_persistent_disk),
        ("awsElasticBlockStore", spec.aws_elastic_block_store),
        ("azureDisk", spec.azure_disk),
        ("cinder", spec.cinder),
        ("portworxVolume", spec.portworx_volume),
    ):
        if source is not None:
            return plugin, source
    return "", storage_wire.InTreeSource()


def storage_class(raw: storage_wire.StorageClass) -> StorageClass:
    """A StorageClass."""
    metadata = raw.metadata or wire.Metadata()
    return StorageClass(
        name=metadata.name or "",
        provisioner=raw.provisioner or "",
        binding_mode=raw.volume_binding_mode or IMMEDIATE,
        allowed_topologies=tuple(map(_topology, raw.allowed_topologies or ())),
    )


def _topology(raw: storage_wire.TopologyTerm) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(each.key or "", Operator.IN, frozenset(each.values or ()))
        for each in raw.match_label_expressions or ()
    )


def csi_node(raw: storage_wire.CSINode) -> CSINode:
    """A CSINode."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or storage_wire.CSINodeSpec()
    limits = {
        driver.name or "": driver.allocatable.count
        for driver in spec.drivers or ()
        if driver.allocatable is not None and driver.allocatable.count is not None
    }
    migrated = string_map(metadata.annotations).get(_MIGRATED, "")
    return CSINode(
        name=metadata.name or "",
        drivers=frozenset(driver.name or "" for driver in spec.drivers or ()),
        limits=limits,
        migrated_plugins=frozenset(migrated.split(",")) - {""},
    )


def csi_driver(raw: storage_wire.CSIDriver) -> CSIDriver:
    """A CSIDriver."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or storage_wire.CSIDriverSpec()
    return CSIDriver(metadata.name or "", storage_capacity=bool(spec.storage_capacity))


def csi_storage_capacity(raw: storage_wire.CSIStorageCapacity) -> CSIStorageCapacity:
    """A CSIStorageCapacity; a null topology is that of no node."""
    metadata = raw.metadata or wire.Metadata()
    return CSIStorageCapacity(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        storage_class=raw.storage_class_name or "",
        topology=label_selector(raw.node_topology),
        capacity=_size(raw.capacity),
        maximum_volume_size=_size(raw.maximum_volume_size),
    )


def _size(raw: wire.Quantity) -> int | None:
    return None if raw is None else nanos(raw)


def volume_attachment(raw: storage_wire.VolumeAttachment) -> VolumeAttachment:
    """A VolumeAttachment."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or storage_wire.AttachmentSpec()
    source = spec.source or storage_wire.AttachmentSource()
    return VolumeAttachment(
        name=metadata.name or "",
        attacher=same(spec.attacher or ""),
        node_name=same(spec.node_name or ""),
        volume_name=same(source.persistent_volume_name or ""),
    )
