"""Both first loads, as the bench starts them."""

import pytest

from tests.bench import first_load
from tests.bench.cluster import Cluster


@pytest.mark.slow
@pytest.mark.parametrize("side", first_load.SIDES)
def test_a_side_is_measured_in_a_process_of_its_own(side):
    cost = first_load.measured(side, Cluster(100, 3_000))
    assert cost.pods == 3_000
    assert cost.cpu_seconds > 0
    assert cost.bytes > 0
