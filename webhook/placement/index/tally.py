"""How many of something sit on each node."""


class Tally:
    """How many of something sit on each slot; `nodes` is the set where any does."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.nodes = 0

    def add(self, slot: int, change: int) -> bool:
        """Change a slot's count by other than 0; returns whether anything is left anywhere."""
        count = self.counts.get(slot, 0) + change
        if count:
            self.counts[slot] = count
            self.nodes |= 1 << slot
        else:
            del self.counts[slot]
            self.nodes &= ~(1 << slot)
        return bool(self.counts)
