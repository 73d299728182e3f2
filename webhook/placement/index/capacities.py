"""How much storage the CSI drivers can still make volumes of, per class and node."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from webhook.objects.storage import CSIStorageCapacity
from webhook.placement.index.columns import bits, mask_of
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.selection import carrying

_NANO = 10**9
#: Nothing that is stored is larger, in bytes.
_MOST = 2**63 - 1
_NOTHING = -1
Sizes = npt.NDArray[np.int64]


class Capacities:
    """CSIStorageCapacities by class, and the largest of those that are near each slot.

    What is largest is worked out when it is asked for. A label of a node makes all of it
    void, a capacity only what is near it: these change with each volume that is made.
    """

    def __init__(self) -> None:
        self._classes: dict[str, dict[tuple[str, str], CSIStorageCapacity]] = {}
        self._known: dict[str, _Largest] = {}

    def add(self, capacity: CSIStorageCapacity, change: int) -> None:
        """Enter a capacity of a key that is not there (change 1), or forget it (change -1)."""
        of_class = self._classes.setdefault(capacity.storage_class, {})
        if change > 0:
            of_class[capacity.key] = capacity
        else:
            del of_class[capacity.key]
        known = self._known.get(capacity.storage_class)
        if not of_class:
            del self._classes[capacity.storage_class]
            self._known.pop(capacity.storage_class, None)
        elif known is not None:
            known.change(capacity)

    def roomy(self, storage_class: str, request: int, nodes: NodeSets) -> int:
        """The nodes near enough storage of the class for so many nano bytes.

        Sizes are compared in whole bytes, rounded up.
        """
        of_class = self._classes.get(storage_class)
        if of_class is None:
            return 0
        known = self._known.get(storage_class)
        if known is None or known.generation != nodes.generation:
            known = self._known[storage_class] = _Largest(nodes)
        return bits(known.among(of_class) >= _bytes(request)) & nodes.all


class _Largest:
    """The largest capacity by slot, as long as no label of a node changes.

    `_void` are the nodes near a capacity that has come or gone: they are measured anew.
    """

    def __init__(self, nodes: NodeSets) -> None:
        self.generation = nodes.generation
        self._nodes = nodes
        self._near: dict[tuple[str, str], int] = {}
        self._sizes: Sizes = np.full(nodes.all.bit_length(), _NOTHING, dtype=np.int64)
        self._void = nodes.all

    def change(self, capacity: CSIStorageCapacity) -> None:
        """Take note of a capacity that comes or goes."""
        self._near.pop(capacity.key, None)
        self._void |= _near(capacity, self._nodes)

    def among(self, capacities: Mapping[tuple[str, str], CSIStorageCapacity]) -> Sizes:
        """The largest of all of these by slot, in bytes; less than 0 where there is none."""
        if self._void:
            self._sizes[mask_of(self._void, len(self._sizes))] = _NOTHING
            for key, capacity in capacities.items():
                near = self._near.get(key)
                if near is None:
                    near = self._near[key] = _near(capacity, self._nodes)
                if near & self._void:
                    self._offer(near & self._void, _limit(capacity))
            self._void = 0
        return self._sizes

    def _offer(self, nodes: int, size: int) -> None:
        """Keep the size where it is the largest so far."""
        if nodes & (nodes - 1):
            near = mask_of(nodes, len(self._sizes))
            self._sizes[near] = np.maximum(self._sizes[near], size)
        else:  # most drivers speak of each node by itself
            slot = nodes.bit_length() - 1
            self._sizes[slot] = max(self._sizes[slot], size)


def _limit(capacity: CSIStorageCapacity) -> int:
    """The largest volume that can be made, in bytes; nothing where nothing is said."""
    if capacity.maximum_volume_size is not None:
        return _bytes(capacity.maximum_volume_size)
    return _bytes(capacity.capacity or 0)


def _bytes(amount: int) -> int:
    return min(-(-amount // _NANO), _MOST)


def _near(capacity: CSIStorageCapacity, nodes: NodeSets) -> int:
    topology = capacity.topology
    if topology.nothing or topology.invalid:
        return 0
    return carrying(topology.requirements, nodes)
