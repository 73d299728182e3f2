"""The rows over processes on a tiny cluster: that they measure at all, not what."""

import pytest

from tests.bench.processes import asked
from tests.bench.rows import Setting, live, over_tls, resident

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def setting():
    """Processes over a small cluster, ended with the tests; its relist takes some reviews."""
    yield Setting(nodes=100, pods=3_000, seed=1, rounds=1)
    asked.end()


@pytest.mark.parametrize(
    "row", [*over_tls.ROWS, *resident.ROWS, *live.ROWS], ids=lambda row: row.name
)
def test_a_row_gives_a_figure_and_says_what_it_is_made_of(setting, row):
    result = row.run(setting)
    assert len(result.figure.values) == 1
    assert result.figure.median > 0
    assert result.notes


def test_what_changes_and_what_is_listed_again_really_arrives(setting):
    _, _, streams = live.churned(setting)
    assert all(stream.pods > 0 for stream in streams)
    assert all(stream.behind < 30 for stream in streams)
    _, _, seconds = live.relisted(setting)
    assert all(each > 0 for each in seconds)


def test_an_explanation_that_leaves_out_nodes_is_no_result(setting):
    server, request = asked.fleet(setting).webhook, asked.bodies(setting).explain[0]
    with pytest.raises(ValueError, match="100 nodes of 101"):
        over_tls.explained(server, request, 101)
