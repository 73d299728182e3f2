"""How many of several node sets a node is in."""

from collections.abc import Iterable


def layered(sets: Iterable[int], depth: int) -> tuple[int, ...]:
    """The nodes that are in more than 0, 1, … of the sets, up to `depth` layers."""
    layers = [0] * depth
    for nodes in sets:
        for level, known in enumerate(layers):
            layers[level], nodes = known | nodes, known & nodes
            if not nodes:
                break
    return tuple(layers)
