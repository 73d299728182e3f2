"""Sets of pod slots by name, and sets that are joined of them when somebody asks."""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from pyroaring import BitMap

from webhook.objects import PodInfo

K = TypeVar("K", bound=Hashable)
NONE = BitMap()
#: How many joined sets are kept of a sort.
_KEPT = 32


class SlotSets:
    """Sets of slots by name. Most are of one slot, and are then held as such."""

    def __init__(self) -> None:
        self._sets: dict[str, int | BitMap] = {}

    def __getitem__(self, name: str) -> BitMap:
        """The set of a name, empty for an unknown one; not to be changed."""
        found = self._sets.get(name, NONE)
        return BitMap((found,)) if isinstance(found, int) else found

    def __len__(self) -> int:
        """How many names have a set."""
        return len(self._sets)

    def items(self) -> Iterator[tuple[str, BitMap]]:
        """The names with a set, and their sets."""
        return ((name, self[name]) for name in self._sets)

    def add(self, name: str, slot: int) -> None:
        """Enter a slot into a set in which it is not."""
        found = self._sets.get(name)
        if found is None:
            self._sets[name] = slot
        elif isinstance(found, int):
            self._sets[name] = BitMap((found, slot))
        else:
            found.add(slot)

    def discard(self, name: str, slot: int) -> None:
        """Take a slot out of a set in which it is."""
        found = self._sets[name]
        if isinstance(found, int) or len(found) == 1:
            del self._sets[name]
        else:
            found.discard(slot)

    def joined(self) -> BitMap:
        """The slots of all sets."""
        sets = self._sets.values()
        alone = BitMap([found for found in sets if isinstance(found, int)])
        return alone.union(*(found for found in sets if not isinstance(found, int)))


class JoinedSets(Generic[K]):
    """Sets of slots that were joined because somebody asked, and are kept up from then on.

    Only so many are kept, as each of them costs every pod that comes or goes a look.
    """

    def __init__(self, holds: Callable[[K, PodInfo], bool]) -> None:
        self._holds = holds
        self._sets: dict[K, BitMap] = {}

    def get(self, key: K, join: Callable[[], BitMap]) -> BitMap:
        """The set of a key, not to be changed; `join` makes it anew."""
        found = self._sets.get(key)
        if found is None:
            if len(self._sets) == _KEPT:
                del self._sets[next(iter(self._sets))]
            found = self._sets[key] = join()
        return found

    def add(self, pod: PodInfo, slot: int) -> None:
        """A pod has come to this slot."""
        for key, slots in self._sets.items():
            if self._holds(key, pod):
                slots.add(slot)

    def discard(self, slot: int) -> None:
        """The pod in this slot has gone."""
        for slots in self._sets.values():
            slots.discard(slot)
