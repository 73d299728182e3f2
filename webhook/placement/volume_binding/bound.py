"""Claims that are bound: their volumes must be reachable from the node.

Mirrors `checkBoundClaims` and `tryTranslatePVToCSI` of `plugins/volumebinding/binder.go`.
"""

from dataclasses import dataclass

from webhook.objects.storage import PersistentVolume, PersistentVolumeClaim
from webhook.placement.framework import Code, Rejection
from webhook.placement.index import ClusterIndex
from webhook.placement.index.csi_migration import PLUGINS, Untranslatable, translated_affinity
from webhook.placement.index.selection import reaching


@dataclass(frozen=True, slots=True)
class Reach:
    """Disjoint sets: `excluded` by a volume's node affinity, or a volume is `missing`.

    The first claim that fails on a node decides; `never` is excluded by any volume.
    """

    excluded: int
    missing: int
    never: int


def reach(
    claims: list[PersistentVolumeClaim], index: ClusterIndex
) -> tuple[list[Rejection], Reach]:
    """The errors, and where the volumes of these bound claims cannot be used."""
    errors, remaining = [], index.nodes.all
    excluded = missing = never = 0
    for claim in claims:
        volume = index.storage.volumes.get(claim.volume_name)
        if volume is None:
            missing |= remaining
            remaining = 0
            continue
        migrated = _migrated(volume, index)
        outside = index.nodes.all & ~reaching(volume.node_affinity, index.nodes) & ~migrated
        if migrated:
            try:
                outside |= migrated & ~reaching(translated_affinity(volume), index.nodes)
            except Untranslatable as error:
                why = f"could not translate pv: {error}"
                errors.append(Rejection(remaining & migrated, why, Code.ERROR))
        excluded |= remaining & outside
        never |= outside
        remaining &= ~outside
    return errors, Reach(excluded, missing, never)


def _migrated(volume: PersistentVolume, index: ClusterIndex) -> int:
    """The nodes on which the volume's old plugin has been replaced by a CSI driver."""
    plugin = PLUGINS.get(volume.in_tree)
    return index.storage.counts.migrated.get(plugin.name, 0) if plugin else 0
