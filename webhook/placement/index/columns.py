"""One label over all nodes, as arrays by slot."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from webhook.objects import Operator, Requirement
from webhook.objects.labels import int64

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]
ABSENT = 0
#: Bounds of Gt and Lt whose nodes are remembered.
_REMEMBERED = 64


class Column:
    """The values of one label key: `codes[slot]` is 0 where it is missing, else value's number.

    `size` is one more than the number of values, so that codes index arrays of that length.
    """

    def __init__(self, values: Sequence[str | None]) -> None:
        numbers: dict[str | None, int] = {None: ABSENT}
        codes = [numbers.setdefault(value, len(numbers)) for value in values]
        self.codes: Codes = np.array(codes, dtype=np.intp)
        self.size = len(numbers)
        self._values = tuple(numbers)
        self._compared: dict[tuple[Operator, int], int] = {}

    def sharing(self, nodes: Mask) -> int:
        """The nodes that have the label's value in common with one of these slots."""
        return self.coded(np.flatnonzero(self._held(nodes)))

    def values_of(self, nodes: Mask) -> int:
        """How many values these slots have."""
        return int(np.count_nonzero(self._held(nodes)))

    def coded(self, codes: Codes) -> int:
        """The nodes whose value has one of these codes."""
        wanted = np.zeros(self.size, dtype=np.bool_)
        wanted[codes] = True
        return bits(wanted[self.codes])

    def _held(self, nodes: Mask) -> Mask:
        """Whether each value is held by one of these slots; a missing one is none."""
        held = np.zeros(self.size, dtype=np.bool_)
        held[self.codes[nodes]] = True
        held[ABSENT] = False
        return held

    def comparing(self, requirement: Requirement) -> int:
        """The nodes whose value is a number on the asked side of the bound of Gt or Lt."""
        asked = (requirement.operator, requirement.bound)
        found = self._compared.get(asked)
        if found is None:
            if len(self._compared) == _REMEMBERED:
                self._compared.clear()
            numbers, numeric = self._numbers
            greater = requirement.operator is Operator.GT
            beyond = numbers > requirement.bound if greater else numbers < requirement.bound
            found = self._compared[asked] = bits((beyond & numeric)[self.codes])
        return found

    @cached_property
    def _numbers(self) -> tuple[npt.NDArray[np.int64], Mask]:
        """Each value as an int64, and whether it is one."""
        parsed = [None if value is None else int64(value) for value in self._values]
        numbers = np.array([number or 0 for number in parsed], dtype=np.int64)
        return numbers, np.array([number is not None for number in parsed], dtype=np.bool_)


def bits(mask: Mask) -> int:
    """A boolean per slot as a node set."""
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


def mask_of(nodes: int, slots: int) -> Mask:
    """A node set as a boolean for each of so many slots."""
    content = np.frombuffer(nodes.to_bytes((slots + 7) // 8, "little"), dtype=np.uint8)
    return np.unpackbits(content, count=slots, bitorder="little").view(np.bool_)
