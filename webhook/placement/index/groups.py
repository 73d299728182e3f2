"""Many small groups, most of them of one member."""

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class Groups(Generic[K, V]):
    """The members of each group, each once; the only member of a group is held bare."""

    def __init__(self) -> None:
        self._members: dict[K, V | list[V]] = {}

    def of(self, key: K) -> Sequence[V]:
        """The members of the group, in the order in which they came."""
        known = self._members.get(key)
        if known is None:
            return ()
        return known if isinstance(known, list) else (known,)

    def add(self, key: K, member: V, change: int) -> None:
        """Enter one that is not in the group (change 1), or take one out of it (change -1)."""
        left = [each for each in self.of(key) if each != member]
        if change > 0:
            left.append(member)
        if len(left) > 1:
            self._members[key] = left
        elif left:
            self._members[key] = left[0]
        else:
            del self._members[key]
