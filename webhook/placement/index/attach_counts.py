"""How many volumes of each CSI driver are at each node, and how many more may come."""

from webhook.objects.storage import CSINode
from webhook.placement.index.columns import bits
from webhook.placement.index.csi_volumes import VolumeKey
from webhook.placement.index.resource_matrix import ResourceMatrix
from webhook.placement.index.tallies import Tallies


class AttachCounts:
    """Volumes by driver and handle, per slot, against the limits of the CSINodes.

    `used` are the volumes that pods name. `reporting` are the nodes with a CSINode, `limited`
    those of which it names a limit, `migrated` those on which it says that an old plugin has
    been taken over.
    """

    def __init__(self) -> None:
        self.used: Tallies[VolumeKey] = Tallies()
        self.reporting = 0
        self.limited = 0
        self.migrated: dict[str, int] = {}
        self._attached: Tallies[VolumeKey] = Tallies()
        self._limiting: dict[str, int] = {}
        self._limits = ResourceMatrix()
        self._room = ResourceMatrix()

    def reserve(self, slots: int) -> None:
        """Make room for this many node slots."""
        self._limits.reserve(slots)
        self._room.reserve(slots)

    def use(self, volume: VolumeKey, slot: int, change: int) -> None:
        """Count a volume that a pod on the slot names (change 1), or no longer (change -1).

        However often a volume is there, named or attached, it is one.
        """
        left = self.used.add(volume, slot, change)
        if left == max(change, 0) and not self._attached.at(volume, slot):
            self._room.add(slot, {volume[0]: -change})

    def attach(self, volume: VolumeKey, slot: int, change: int) -> None:
        """Count an attachment of the volume to the slot, or no longer."""
        left = self._attached.add(volume, slot, change)
        if left == max(change, 0) and not self.used.at(volume, slot):
            self._room.add(slot, {volume[0]: -change})

    def report(self, node: CSINode, slot: int, change: int) -> None:
        """Enter what the drivers say of the slot (change 1), or forget it (change -1)."""
        self.reporting ^= 1 << slot
        if node.limits:
            self.limited ^= 1 << slot
        for driver, limit in node.limits.items():
            _flip(self._limiting, driver, slot)
            self._limits.add(slot, {driver: limit}, change)
            self._room.add(slot, {driver: limit}, change)
        for plugin in node.migrated_plugins:
            _flip(self.migrated, plugin, slot)

    def short(self, driver: str, volumes: int) -> int:
        """The nodes that have no room for so many volumes more."""
        limiting = self._limiting.get(driver, 0)
        return bits(self._room.row(driver) < volumes) & limiting if limiting else 0

    def small(self, driver: str, volumes: int) -> int:
        """The nodes that would have no room for so many volumes even if they were empty."""
        limiting = self._limiting.get(driver, 0)
        return bits(self._limits.row(driver) < volumes) & limiting if limiting else 0


def _flip(sets: dict[str, int], key: str, slot: int) -> None:
    """Put the slot into the set, or take it out."""
    left = sets.get(key, 0) ^ 1 << slot
    if left:
        sets[key] = left
    else:
        del sets[key]
