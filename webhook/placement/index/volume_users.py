"""The placed pods that have volumes, and which claims and disks they name."""

from collections import Counter
from collections.abc import Iterator

from webhook.objects import Claim, Disk, PodInfo
from webhook.placement.index.storage_objects import ClaimKey
from webhook.placement.index.tallies import Tallies
from webhook.placement.index.tally import Tally


class VolumeUsers:
    """Placed pods with volumes, by slot, and how often they name what on which slot.

    `claims` are named as they are, `ephemeral` ones by the volumes that they were made for;
    `disks` stand under their plugin and identity. `nominated` counts the names of the claims
    of pods that only stand on their node by nomination.
    """

    def __init__(self) -> None:
        self.pods: dict[int, dict[str, PodInfo]] = {}
        self.claims: Tallies[ClaimKey] = Tallies()
        self.ephemeral: Tallies[ClaimKey] = Tallies()
        self.disks: dict[tuple[str, str], dict[Disk, Tally]] = {}
        self.nominated: Counter[str] = Counter()

    def place(self, pod: PodInfo, slot: int, change: int) -> None:
        """Count a pod with volumes on the slot (change 1), or no longer (change -1)."""
        here = self.pods.setdefault(slot, {})
        if change > 0:
            here[pod.key] = pod
        else:
            del here[pod.key]
        if not here:
            del self.pods[slot]
        for claim in pod.claims:
            tallies = self.ephemeral if claim.ephemeral else self.claims
            tallies.add((pod.namespace, claim.name), slot, change)
        for disk in pod.disks:
            self._place_disk(disk, slot, change)
        if pod.nominated:
            self._nominate(pod, change)

    def _place_disk(self, disk: Disk, slot: int, change: int) -> None:
        identity = disk.kind, disk.name
        alike = self.disks.setdefault(identity, {})
        if not alike.setdefault(disk, Tally()).add(slot, change):
            del alike[disk]
        if not alike:
            del self.disks[identity]

    def _nominate(self, pod: PodInfo, change: int) -> None:
        for claim in pod.claims:
            if not claim.ephemeral:
                self.nominated[claim.name] += change
                if not self.nominated[claim.name]:
                    del self.nominated[claim.name]

    def naming(self, key: ClaimKey) -> Iterator[tuple[PodInfo, Claim, int]]:
        """The pods with a volume of this claim, once for each volume, and their slots."""
        namespace, name = key
        for slot in {*self.claims.counts(key), *self.ephemeral.counts(key)}:
            for pod in self.pods[slot].values():
                if pod.namespace == namespace:
                    yield from ((pod, claim, slot) for claim in pod.claims if claim.name == name)
