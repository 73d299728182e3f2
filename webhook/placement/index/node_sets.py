"""Nodes in slots, and the sets of nodes that share a label, a taint list or a cordon."""

from collections.abc import Iterable

from webhook.objects import NodeInfo, Operator, Requirement, Taint


class NodeSets:
    """Every set is an int with bit `slot` set; `names` is replaced, never changed."""

    def __init__(self) -> None:
        self.infos: dict[str, NodeInfo] = {}
        self.slots: dict[str, int] = {}
        self.names: tuple[str, ...] = ()
        self.all = 0
        self.cordoned = 0
        self.labels: dict[str, dict[str, int]] = {}
        self.taints: dict[tuple[Taint, ...], int] = {}
        self._free: list[int] = []

    def bit(self, name: str) -> int:
        """The set of this one node; empty if there is none of that name."""
        slot = self.slots.get(name)
        return 0 if slot is None else 1 << slot

    def add(self, info: NodeInfo) -> int:
        """A node that was not there; returns its slot."""
        slot = self._free.pop() if self._free else len(self.names)
        self.slots[info.name] = slot
        self.names = (*self.names[:slot], info.name, *self.names[slot + 1 :])
        self.all |= 1 << slot
        self.describe(info)
        return slot

    def remove(self, name: str) -> int:
        """Forget a node; returns the slot that is free now."""
        self.undescribe(self.infos[name])
        slot = self.slots.pop(name)
        self.all &= ~(1 << slot)
        self._free.append(slot)
        return slot

    def describe(self, info: NodeInfo) -> None:
        """Enter a slot's labels, taints and cordon into the sets."""
        bit = 1 << self.slots[info.name]
        self.infos[info.name] = info
        for key, value in info.labels.items():
            values = self.labels.setdefault(key, {})
            values[value] = values.get(value, 0) | bit
        if info.taints:
            self.taints[info.taints] = self.taints.get(info.taints, 0) | bit
        if info.unschedulable:
            self.cordoned |= bit

    def undescribe(self, info: NodeInfo) -> None:
        """Take a slot's labels, taints and cordon out of the sets again."""
        keep = ~(1 << self.slots[info.name])
        del self.infos[info.name]
        for key, value in info.labels.items():
            values = self.labels[key]
            values[value] &= keep
            if not values[value]:
                del values[value]
            if not values:
                del self.labels[key]
        if info.taints:
            self.taints[info.taints] &= keep
            if not self.taints[info.taints]:
                del self.taints[info.taints]
        self.cordoned &= keep

    def with_key(self, key: str) -> int:
        """The nodes that carry this label, whatever its value."""
        return union(self.labels.get(key, {}).values())

    def with_label(self, key: str, value: str) -> int:
        """The nodes on which this label has this value."""
        return self.labels.get(key, {}).get(value, 0)

    def matching(self, requirement: Requirement) -> int:
        """The nodes whose labels satisfy the requirement."""
        values = self.labels.get(requirement.key, {})
        match requirement.operator:
            case Operator.IN:
                return union(values.get(value, 0) for value in requirement.values)
            case Operator.NOT_IN:
                return self.all & ~union(values.get(value, 0) for value in requirement.values)
            case Operator.EXISTS:
                return union(values.values())
            case Operator.DOES_NOT_EXIST:
                return self.all & ~union(values.values())
            case _:  # Gt and Lt
                return union(bits for value, bits in values.items() if requirement.holds(value))

    def domain(self, topology_key: str, nodes: int) -> int:
        """All nodes that share a value of the topology key with one of these nodes."""
        values = self.labels.get(topology_key, {})
        if nodes.bit_count() < len(values):
            own = {self.infos[name].labels.get(topology_key) for name in self.named(nodes)}
            return union(values[value] for value in own if value is not None)
        return union(bits for bits in values.values() if bits & nodes)

    def named(self, nodes: int) -> Iterable[str]:
        """The names of a set of nodes."""
        while nodes:
            lowest = nodes & -nodes
            yield self.names[lowest.bit_length() - 1]
            nodes ^= lowest


def union(sets: Iterable[int]) -> int:
    """The nodes that are in any of the sets."""
    found = 0
    for bits in sets:
        found |= bits
    return found
