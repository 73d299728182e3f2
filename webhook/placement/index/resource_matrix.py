"""Resources as int64 matrices of [resource, slot]."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Row = npt.NDArray[np.int64]
_WRAP = 1 << 63


class ResourceMatrix:
    """One row a resource, one column a node slot; grows in both directions."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._hold(np.zeros((4, 8), dtype=np.int64))

    def reserve(self, slots: int) -> None:
        """Make room for this many node slots."""
        rows, columns = self._values.shape
        if slots > columns:
            self._resize(rows, max(slots, columns + columns // 8))

    def row(self, resource: str) -> Row:
        """The resource's value on every slot; zeros for a resource nobody named."""
        position = self._rows.get(resource)
        if position is None:
            return np.zeros(self._values.shape[1], dtype=np.int64)
        values: Row = self._values[position]
        return values

    def add(self, slot: int, amounts: Mapping[str, int], times: int = 1) -> None:
        """Add `times` the amounts to a slot; int64 wraps around as it does in Go."""
        rows, width = self._rows, self._values.shape[1]
        for resource, amount in amounts.items():
            row = rows.get(resource)
            if row is None:
                row = self._enter(resource)
            cell = row * width + slot
            total = self._cells[cell] + amount * times
            if not -_WRAP <= total < _WRAP:
                total = (total + _WRAP) % (2 * _WRAP) - _WRAP
            self._cells[cell] = total

    def clear(self, slot: int) -> None:
        """Forget a slot's values."""
        self._values[:, slot] = 0

    def _enter(self, resource: str) -> int:
        """A row for a resource that had none."""
        rows, columns = self._values.shape
        if len(self._rows) == rows:
            self._resize(2 * rows, columns)
        self._rows[resource] = len(self._rows)
        return self._rows[resource]

    def _resize(self, rows: int, columns: int) -> None:
        grown = np.zeros((rows, columns), dtype=np.int64)
        grown[: self._values.shape[0], : self._values.shape[1]] = self._values
        self._hold(grown)

    def _hold(self, values: npt.NDArray[np.int64]) -> None:
        """Keep a second view of the same memory: a single cell is read and set in no time."""
        self._values = values
        self._cells = values.reshape(-1).data
