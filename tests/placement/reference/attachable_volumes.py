"""NodeVolumeLimits: how many volumes of a CSI driver a node may have attached."""

from collections.abc import Iterator, Mapping

from tests.placement.reference.cluster import ERROR, UU, Answer, Cluster, U
from tests.placement.reference.in_tree import (
    PLUGINS,
    UNCOUNTED,
    Untranslatable,
    handle_of,
    inline_handle,
    migrated,
)
from webhook.objects import Disk, NodeInfo, PodInfo, Version
from webhook.objects.storage import CSINode, PersistentVolumeClaim

#: A volume as it is counted: the driver and the handle. No two claims make the same handle up.
Attached = tuple[str, str]


def node_volume_limits(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    """Volumes new to the node, beside those of its pods and those attached to it."""
    for wrong in _wrong_claims(pod, cluster):
        return wrong
    try:
        return _limited(pod, node, cluster)
    except Untranslatable as error:
        return ERROR, (str(error),)


def _limited(pod: PodInfo, node: NodeInfo, cluster: Cluster) -> Answer:
    csi_node = cluster.csi_node(node)
    new = _volumes(pod, csi_node, cluster)
    if not new or csi_node is None or not csi_node.limits:
        return None
    there: set[Attached] = set()
    for other in cluster.pods_on(node):
        for wrong in _wrong_claims(other, cluster):
            if wrong and wrong[0] == ERROR:  # one that is not there is no trouble here
                return wrong
        there |= _volumes(other, csi_node, cluster)
    return _over_limit(new - there, there | _attachments(node, cluster), csi_node.limits)


def _over_limit(new: set[Attached], attached: set[Attached], limits: Mapping[str, int]) -> Answer:
    for driver, limit in limits.items():
        count = sum(known == driver for known, _ in attached)
        more = sum(known == driver for known, _ in new)
        if more and count + more > limit:
            return U, ("node(s) exceed max volume count",)
    return None


def _wrong_claims(pod: PodInfo, cluster: Cluster) -> Iterator[Answer]:
    """The claims that are not there, or were not made for the pod though they should be."""
    for wanted in pod.claims:
        claim = cluster.claim(pod.namespace, wanted.name)
        if claim is None:
            text = f'persistentvolumeclaim "{wanted.name}" not found'
            yield UU, (f"looking up PVC {pod.namespace}/{wanted.name}: {text}",)
        elif wanted.ephemeral and not controlled_by(claim, pod):
            yield ERROR, (not_created_for(claim, pod),)


def controlled_by(claim: PersistentVolumeClaim, pod: PodInfo) -> bool:
    """Whether the pod is the claim's controller."""
    return bool(claim.controller_uid) and claim.controller_uid == pod.uid


def not_created_for(claim: PersistentVolumeClaim, pod: PodInfo) -> str:
    """The words for a claim that has the name of an ephemeral volume's by chance."""
    mine, theirs = f"{pod.namespace}/{pod.name}", f"{claim.namespace}/{claim.name}"
    return f"PVC {theirs} was not created for pod {mine} (pod is not owner)"


def _volumes(pod: PodInfo, csi_node: CSINode | None, cluster: Cluster) -> set[Attached]:
    """The CSI volumes of a pod, as they would be attached to this node."""
    found = {_inline(disk, csi_node, cluster) for disk in pod.disks}
    for wanted in pod.claims:
        claim = cluster.claim(pod.namespace, wanted.name)
        if claim is not None:
            found.add(_claimed(claim, csi_node, cluster))
    return {volume for volume in found if volume is not None}


def _inline(disk: Disk, csi_node: CSINode | None, cluster: Cluster) -> Attached | None:
    if disk.kind not in PLUGINS or not _migrates(disk.kind, csi_node, cluster):
        return None
    try:
        return PLUGINS[disk.kind][1], inline_handle(disk)
    except Untranslatable as error:
        text = f"converting volume({disk.volume}) from inline to csi: {error}"
        raise Untranslatable(text) from error


def _claimed(
    claim: PersistentVolumeClaim, csi_node: CSINode | None, cluster: Cluster
) -> Attached | None:
    volume = cluster.volume(claim.volume_name) if claim.volume_name else None
    if volume is None:
        return _to_be_made(claim, csi_node, cluster)
    if volume.driver:
        return (volume.driver, volume.handle) if volume.handle else None
    if not volume.in_tree or not _migrates(volume.in_tree, csi_node, cluster):
        return None
    try:
        handle = handle_of(volume)
    except Untranslatable:
        return None
    return (PLUGINS[volume.in_tree][1], handle) if handle else None


def _to_be_made(
    claim: PersistentVolumeClaim, csi_node: CSINode | None, cluster: Cluster
) -> Attached | None:
    """A volume that its class would make, under a handle that nothing else has."""
    storage_class = cluster.storage_class(claim.storage_class) if claim.storage_class else None
    if storage_class is None or not storage_class.provisioner:
        return None
    made_up = f"to be made for {claim.namespace}/{claim.name}"
    if storage_class.provisioner in UNCOUNTED:
        return None
    for kind, (plugin, driver, _) in PLUGINS.items():
        if plugin == storage_class.provisioner:
            return (driver, made_up) if _migrates(kind, csi_node, cluster) else None
    return storage_class.provisioner, made_up


def _migrates(kind: str, csi_node: CSINode | None, cluster: Cluster) -> bool:
    """Since 1.36 it is taken for granted on every node with a CSINode."""
    if csi_node is not None and cluster.version >= Version(1, 36):
        return True
    return migrated(kind, csi_node)


def _attachments(node: NodeInfo, cluster: Cluster) -> set[Attached]:
    if not cluster.features.attachments_count:
        return set()
    found = set()
    for attachment in cluster.attachments:
        volume = cluster.volume(attachment.volume_name)
        known = volume is not None and volume.driver
        if attachment.node_name == node.name and attachment.attacher and volume and known:
            found.add((attachment.attacher, volume.handle))
    return found
