"""The figures of a run and its bars."""

import pytest

from tests.torture.differential.comparison import Comparison
from tests.torture.differential.hearing import Answer
from tests.torture.differential.reachability import HITS, REACHABLE
from tests.torture.differential.tally import TEXTS, VERDICTS, Tally

TEXT = "0/3 nodes are available: 3 Too many pods. not found"


@pytest.fixture
def enough():
    """Return a tally above every bar."""
    made = Tally(seed=1, verdicts=VERDICTS, plain_texts=TEXTS)
    made.heard_of_pods.update(dict.fromkeys(REACHABLE, HITS))
    return made


def test_a_pod_is_counted():
    tally = Tally(seed=1)
    tally.add(Comparison(verdicts=3, said=True, plain=True), Answer(frozenset(), TEXT))
    tally.add(Comparison(verdicts=2, passed=1, open=1), Answer(frozenset("a"), TEXT))
    tally.add(Comparison(failed=True), Answer(frozenset(), "an error", failed=True))
    assert (tally.pods, tally.verdicts, tally.passed, tally.open) == (3, 5, 1, 1)
    assert (tally.failed, tally.plain_texts, tally.mixed_texts) == (1, 1, 0)
    assert tally.heard_of_pods == {"Too many pods": 2}
    assert tally.heard_of_nodes == {"Too many pods": 6}


def test_above_every_bar_nothing_is_missed(enough):
    assert list(enough.missed()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"verdicts": VERDICTS - 1}, "49,999 verdicts were compared, not 50,000"),
        ({"plain_texts": TEXTS - 1}, "499 plain texts were compared, not 500"),
        ({"differences": ["x"]}, "1 pods were judged differently"),
        ({"open": 2}, "2 verdicts were left open by us"),
    ],
)
def test_below_a_bar_it_is_told(enough, change, told):
    for name, value in change.items():
        setattr(enough, name, value)
    assert list(enough.missed()) == [told]


def test_a_reason_that_is_rare_or_not_listed_is_told(enough):
    enough.heard_of_pods.update({"Too many pods": -1, "new": 3})
    assert list(enough.missed()) == [
        "heard of 49 pods, not 50: Too many pods",
        "heard, but not on the list of reasons: new",
    ]


def test_a_run_goes_on_where_it_ended(enough, tmp_path):
    file = tmp_path / "results" / "differential.json"
    assert Tally.resumed(file, seed=1) == Tally(seed=1)
    enough.rounds = 12
    enough.save(file)
    assert Tally.resumed(file, seed=1) == enough
    assert Tally.resumed(file, seed=2) == Tally(seed=2)


def test_the_table_tells_every_reason(enough):
    lines = enough.table().splitlines()
    assert all(any(line.endswith(f"  {reason}") for line in lines) for reason in REACHABLE)
    assert f"{'node verdicts compared':34} 50,000" in lines
