"""That the rows without processes run, on a small cluster, and the arithmetic between them."""

from functools import partial

import pytest

from tests.bench.measure import Samples
from tests.bench.rows import Setting, registry
from tests.bench.rows.verdicts import costs, mean_of, worst

SMALL = ("verdict", "scaling", "broadest", "event", "obvious")


def test_the_worst_decile_is_chosen_by_the_median_of_the_rounds():
    side = [[1.0, 1.0, 90.0]] * 19 + [[2.0, 3.0, 4.0]]
    assert worst(side) == [19, 18]
    assert mean_of(side, [19, 18]) == Samples((1.5, 2.0, 47.0))


def test_every_piece_of_work_has_a_cost_for_each_round(capsys):
    done: list[str] = []

    def work(name: str) -> float:
        done.append(name)
        return 1.0

    found = costs(Setting(rounds=2), {name: [partial(work, name)] * 3 for name in "ab"})
    assert "".join(done) == "aaabbb" + "bbbaaa"
    assert {name: [len(each) for each in side] for name, side in found.items()} == {
        "a": [2, 2, 2],
        "b": [2, 2, 2],
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_rows_run(capsys):
    setting = Setting(200, 6_000, seed=1, rounds=1)
    rows = {row.name: row for row in registry()}
    for name in SMALL:
        result = rows[name].run(setting)
        assert result.figure.median > 0
        assert result.notes
        assert not result.doubt
