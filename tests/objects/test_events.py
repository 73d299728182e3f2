"""Events, and a finished list taken apart into single ones."""

import pytest

from webhook.objects import Applied, Deleted, Listed, NodeInfo, Replaced

N1, N2, NEWER_N2 = NodeInfo("n1"), NodeInfo("n2"), NodeInfo("n2", unschedulable=True)


@pytest.mark.parametrize(
    ("objects", "known", "changes"),
    [
        pytest.param((), [], [], id="nothing known and nothing listed is no change"),
        pytest.param((N1,), [], [Applied(N1)], id="what is listed exists"),
        pytest.param((), ["n1"], [Deleted(NodeInfo, "n1")], id="what is not listed is gone"),
        pytest.param(
            (NEWER_N2,),
            ["n1", "n2"],
            [Applied(NEWER_N2), Deleted(NodeInfo, "n1")],
            id="new objects come before what is gone",
        ),
        pytest.param((N1, N2), ["n2", "n1"], [Applied(N1), Applied(N2)], id="what is kept stays"),
    ],
)
def test_a_finished_list_is_the_changes_that_lead_to_it(objects, known, changes):
    assert list(Replaced(NodeInfo, objects).changes(known)) == changes


def test_the_end_of_a_list_takes_away_what_it_does_not_name():
    listed = Listed(NodeInfo, frozenset({"n1"}))
    assert list(listed.changes(["n1", "n2"])) == [Deleted(NodeInfo, "n2")]
    assert list(listed.changes([])) == []
