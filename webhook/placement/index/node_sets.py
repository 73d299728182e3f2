"""Nodes in slots, and the sets of nodes that share a label, a taint list or a cordon."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

from webhook.objects import NodeInfo, Operator, Requirement, Taint
from webhook.placement.index.columns import Codes, Column, mask_of

#: Up to so many domains it is quicker to look at each than to make arrays of them.
_FEW_DOMAINS = 16
#: Objects whose answers are remembered; each is kept alive, so that its id stays its own.
_REMEMBERED = 1024
K = TypeVar("K", bound=Hashable)


class NodeSets:
    """Every set is an int with bit `slot` set; `names` is replaced, never changed.

    `generation` grows whenever a node comes, goes or changes its labels: what was worked out
    of the labels holds until then.
    """

    def __init__(self) -> None:
        self.infos: dict[str, NodeInfo] = {}
        self.slots: dict[str, int] = {}
        self.all = 0
        self.cordoned = 0
        self.labels: dict[str, dict[str, int]] = {}
        self.taints: dict[tuple[Taint, ...], int] = {}
        self.generation = 0
        self._keys: dict[str, int] = {}
        self._names: list[str] = []
        self._frozen: tuple[str, ...] | None = ()
        self._free: list[int] = []
        self._columns: dict[str, Column] = {}
        self._answers: dict[int, tuple[object, int]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names by slot; a free slot keeps the name of the node that it had."""
        if self._frozen is None:
            self._frozen = tuple(self._names)
        return self._frozen

    def bit(self, name: str) -> int:
        """The set of this one node; empty if there is none of that name."""
        slot = self.slots.get(name)
        return 0 if slot is None else 1 << slot

    def add(self, info: NodeInfo) -> int:
        """A node that was not there; returns its slot."""
        slot = self._free.pop() if self._free else len(self._names)
        self._names[slot : slot + 1] = [info.name]
        self._frozen = None
        self._columns.clear()
        self.slots[info.name] = slot
        self.infos[info.name] = info
        self.all |= 1 << slot
        self._relabel(slot, {}, info.labels)
        self._describe(slot, info)
        return slot

    def update(self, info: NodeInfo) -> int:
        """A node that is there already, as it is now; returns its slot."""
        slot, before = self.slots[info.name], self.infos[info.name]
        self.infos[info.name] = info
        if before.labels != info.labels:
            self._relabel(slot, before.labels, info.labels)
        self._undescribe(slot, before)
        self._describe(slot, info)
        return slot

    def remove(self, name: str) -> int:
        """Forget a node; returns the slot that is free now."""
        slot, before = self.slots.pop(name), self.infos.pop(name)
        self._columns.clear()
        self._relabel(slot, before.labels, {})
        self._undescribe(slot, before)
        self.all &= ~(1 << slot)
        self._free.append(slot)
        return slot

    def _relabel(self, slot: int, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Enter what differs into the sets by label."""
        self.generation += 1
        self._answers.clear()
        for key, value in before.items():
            if after.get(key) != value:
                _discard(self.labels[key], value, slot)
                if key not in after:
                    _discard(self._keys, key, slot)
                if not self.labels[key]:
                    del self.labels[key]
                self._columns.pop(key, None)
        for key, value in after.items():
            if before.get(key) != value:
                _add(self.labels.setdefault(key, {}), value, slot)
                if key not in before:
                    _add(self._keys, key, slot)
                self._columns.pop(key, None)

    def _describe(self, slot: int, info: NodeInfo) -> None:
        if info.taints:
            _add(self.taints, info.taints, slot)
        if info.unschedulable:
            self.cordoned |= 1 << slot

    def _undescribe(self, slot: int, info: NodeInfo) -> None:
        if info.taints:
            _discard(self.taints, info.taints, slot)
        if info.unschedulable:
            self.cordoned &= ~(1 << slot)

    def with_key(self, key: str) -> int:
        """The nodes that carry this label, whatever its value."""
        return self._keys.get(key, 0)

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
                return self.with_key(requirement.key)
            case Operator.DOES_NOT_EXIST:
                return self.all & ~self.with_key(requirement.key)
            case _:  # Gt and Lt
                return self.column(requirement.key).comparing(requirement) if values else 0

    def column(self, key: str) -> Column:
        """The values of this label by slot; kept until one of them changes."""
        found = self._columns.get(key)
        if found is None:
            values: list[str | None] = [None] * len(self._names)
            for name, info in self.infos.items():
                values[self.slots[name]] = info.labels.get(key)
            found = self._columns[key] = Column(values)
        return found

    def remembered(self, asked: object, answer: Callable[[], int]) -> int:
        """The answer to what this very object asks of labels and names, until these change."""
        found = self._answers.get(id(asked))
        if found is None:
            if len(self._answers) == _REMEMBERED:
                self._answers.clear()
            found = self._answers[id(asked)] = (asked, answer())
        return found[1]

    def domain(self, topology_key: str, nodes: int) -> int:
        """All nodes that share a value of the topology key with one of these nodes."""
        values, keyed = self.labels.get(topology_key, {}), self.with_key(topology_key)
        nodes &= keyed
        if not nodes or len(values) == keyed.bit_count():
            return nodes  # each of them has a value of its own
        if len(values) <= _FEW_DOMAINS:
            return union(members for members in values.values() if members & nodes)
        return self.column(topology_key).sharing(mask_of(nodes, len(self._names)))

    def domains(self, topology_key: str, nodes: int) -> int:
        """How many values of the topology key these nodes have."""
        values, keyed = self.labels.get(topology_key, {}), self.with_key(topology_key)
        if len(values) == keyed.bit_count():
            return (nodes & keyed).bit_count()
        if len(values) <= _FEW_DOMAINS:
            return sum(1 for members in values.values() if members & nodes)
        return self.column(topology_key).values_of(mask_of(nodes, len(self._names)))

    def valued(self, key: str, codes: Codes) -> int:
        """The nodes whose value of a label has one of these codes of its column."""
        return self.column(key).coded(codes) if len(codes) else 0

    def named(self, nodes: int) -> Iterable[str]:
        """The names of a set of nodes."""
        while nodes:
            lowest = nodes & -nodes
            yield self._names[lowest.bit_length() - 1]
            nodes ^= lowest


def union(sets: Iterable[int]) -> int:
    """The nodes that are in any of the sets."""
    found = 0
    for members in sets:
        found |= members
    return found


def _add(sets: dict[K, int], key: K, slot: int) -> None:
    sets[key] = sets.get(key, 0) | 1 << slot


def _discard(sets: dict[K, int], key: K, slot: int) -> None:
    left = sets[key] & ~(1 << slot)
    if left:
        sets[key] = left
    else:
        del sets[key]
