"""How many of several node sets a node is in."""

import pytest

from webhook.placement.index.layers import layered


@pytest.mark.parametrize(
    ("sets", "depth", "layers"),
    [
        pytest.param([], 2, (0, 0), id="no set"),
        pytest.param([0b011, 0b110], 2, (0b111, 0b010), id="once and twice"),
        pytest.param([0b011, 0b110], 1, (0b111,), id="no more layers than asked for"),
        pytest.param([0b1, 0b1, 0b1, 0b1], 3, (0b1, 0b1, 0b1), id="more sets than layers"),
        pytest.param([0b01, 0b10, 0b11], 3, (0b11, 0b11, 0), id="in any order"),
        pytest.param([0b01], 0, (), id="no layer"),
    ],
)
def test_nodes_are_layered_by_the_number_of_their_sets(sets, depth, layers):
    assert layered(sets, depth) == layers
