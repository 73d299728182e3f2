"""The arithmetic of ratios: medians, spreads, the order of the sides, the worst decile."""

import pytest

from tests.bench.measure import Samples, cpu, interleaved, percentile, slowest_tenth


def test_samples_know_their_median_and_their_spread():
    samples = Samples((3.0, 1.0, 2.0, 10.0))
    assert (samples.median, samples.low, samples.high) == (2.5, 1.0, 10.0)


def test_a_ratio_is_taken_round_by_round():
    ratios = Samples((4.0, 9.0, 8.0)).over(Samples((2.0, 3.0, 8.0)))
    assert ratios.values == (2.0, 3.0, 1.0)
    assert ratios.median == 2.0


def test_samples_of_different_lengths_have_no_ratio():
    with pytest.raises(ValueError, match="shorter"):
        Samples((1.0, 2.0)).over(Samples((1.0,)))


def test_every_side_runs_once_a_round_and_the_first_one_changes():
    order: list[str] = []
    told: list[str] = []

    def side(name: str):
        def run() -> float:
            order.append(name)
            return float(len(order))

        return run

    found = interleaved({name: side(name) for name in "abc"}, 4, told.append)
    assert "".join(order) == "abc" + "bca" + "cab" + "abc"
    assert found["a"].values == (1.0, 6.0, 8.0, 10.0)
    assert told == [f"round {number} of 4" for number in (1, 2, 3, 4)]


def test_cpu_counts_work():
    assert cpu(lambda: sum(range(10_000))) > 0


@pytest.mark.parametrize(("share", "found"), [(0.0, 1), (0.5, 6), (0.9, 10), (0.99, 10), (1.0, 10)])
def test_a_percentile_is_one_of_the_values(share, found):
    assert percentile(range(10, 0, -1), share) == found


def test_the_slowest_tenth_is_at_least_one():
    assert slowest_tenth([5.0, 7.0, 6.0]) == [1]
    assert slowest_tenth([float(each) for each in range(25)]) == [24, 23]
