"""Seeded draws."""

from collections import Counter

from tests.bench.cluster.chance import Chance, Weighted


def test_the_same_key_gives_the_same_draws_and_another_gives_others():
    def drawn(*key: int) -> list[int]:
        chance = Chance(*key)
        return [chance.below(1_000_000) for _ in range(5)]

    assert drawn(1, 2, 3) == drawn(1, 2, 3)
    assert len({tuple(drawn(*key)) for key in ((1, 2, 3), (3, 2, 1), (1, 2), (1, 2, 4))}) == 4


def test_draws_are_spread_evenly():
    chance = Chance(7)
    counts = Counter(chance.below(10) for _ in range(10_000))
    assert all(900 < counts[each] < 1_100 for each in range(10))
    assert 2_850 < sum(chance.happens(0.3) for _ in range(10_000)) < 3_150


def test_some_of_them_are_all_different():
    chance = Chance(1)
    assert sorted(chance.some_of("abcd", 9)) == list("abcd")
    assert len(set(chance.some_of(range(100), 10))) == 10


def test_weights_are_kept():
    weighted, chance = Weighted([("a", 90), ("b", 10), ("never", 0)]), Chance(3)
    counts = Counter(weighted.of(chance) for _ in range(5_000))
    assert counts.keys() == {"a", "b"}
    assert 400 < counts["b"] < 600
