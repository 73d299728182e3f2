"""Diagnosis: the table, the histogram and the sentence over all nodes."""

import pytest

from webhook.objects import PodInfo
from webhook.placement import ClusterIndex
from webhook.placement.framework import (
    Code,
    Diagnosis,
    NodeVerdict,
    Plugin,
    PreFilter,
    Refused,
    Rejection,
)

NAMES = ("n0", "n1", "n2", "n3")
U, UU = Code.UNSCHEDULABLE, Code.UNRESOLVABLE


def diagnosis(*refused, feasible=0, **fields) -> Diagnosis:
    return Diagnosis(names=NAMES, nodes=0b1111, feasible=feasible, refused=refused, **fields)


def fit(*rejections) -> Refused:
    return Refused("NodeResourcesFit", rejections)


CPU, MEMORY = "Insufficient cpu", "Insufficient memory"


@pytest.mark.parametrize(
    ("given", "summary"),
    [
        pytest.param(diagnosis(feasible=0b1111), "4/4 nodes are available:", id="all can"),
        pytest.param(
            Diagnosis(names=(), nodes=0, feasible=0), "0/0 nodes are available:", id="no nodes"
        ),
        pytest.param(
            diagnosis(fit(Rejection(0b0110, CPU)), feasible=0b1001),
            "2/4 nodes are available: 2 Insufficient cpu.",
            id="some can",
        ),
        pytest.param(
            diagnosis(fit(Rejection(0b0111, CPU), Rejection(0b1110, MEMORY))),
            "0/4 nodes are available: 3 Insufficient cpu, 3 Insufficient memory.",
            id="a node with two reasons counts in both",
        ),
        pytest.param(
            diagnosis(
                fit(Rejection(0b0001, CPU, U), Rejection(0b0010, CPU, UU), Rejection(0, MEMORY))
            ),
            "0/4 nodes are available: 2 Insufficient cpu.",
            id="one reason with two codes is one; no nodes are none",
        ),
        pytest.param(
            Diagnosis(
                names=tuple(f"n{i}" for i in range(12)),
                nodes=(1 << 12) - 1,
                feasible=0,
                refused=(Refused("A", (Rejection(0b11, "a"), Rejection(0b111111111100, "z"))),),
            ),
            "0/12 nodes are available: 10 z, 2 a.",
            id="parts are sorted as strings",
        ),
        pytest.param(
            diagnosis(Refused("A", (Rejection(0b1111, "pod is odd"),)), prefilter="pod is odd"),
            "0/4 nodes are available: pod is odd.",
            id="a PreFilter speaks once for all",
        ),
        pytest.param(
            diagnosis(fit(Rejection(0b0001, CPU)), unknown=0b1110, unmodelled=("x",)),
            "0/4 nodes are available: 1 Insufficient cpu, "
            "3 node(s) need checks that are not made here.",
            id="what nobody judged is counted",
        ),
    ],
)
def test_the_sentence_over_all_nodes(given, summary):
    assert given.summary == summary


def test_the_histogram_counts_nodes_by_reason():
    given = diagnosis(fit(Rejection(0b0111, CPU), Rejection(0, MEMORY)), unknown=0b1000)
    assert given.histogram() == {CPU: 3, "node(s) need checks that are not made here": 1}


def test_a_node_set_has_names():
    assert list(diagnosis().name_of(0b1010)) == ["n1", "n3"]


def test_the_table_has_each_node_by_name():
    given = Diagnosis(
        names=("b", "d", "a", "c", "recycled"),
        nodes=0b01111,
        feasible=0b0001,
        refused=(Refused(None, (Rejection(0b0100, "narrowed away"),)), fit(Rejection(2, CPU, U))),
        unknown=0b1000,
        unmodelled=("spec.x", "spec.y"),
    )
    assert given.table() == [
        NodeVerdict("a", UU, None, ("narrowed away",)),
        NodeVerdict("b", Code.SUCCESS),
        NodeVerdict("c", Code.UNKNOWN, None, ("not judged: spec.x", "not judged: spec.y")),
        NodeVerdict("d", U, "NodeResourcesFit", (CPU,)),
    ]


def test_an_error_is_spoken_once_and_stands_on_every_node():
    given = diagnosis(
        Refused("VolumeBinding", (Rejection(0b1111, "broken", Code.ERROR),)), prefilter="broken"
    )
    assert given.summary == "0/4 nodes are available: broken."
    assert given.table() == [
        NodeVerdict(name, Code.ERROR, "VolumeBinding", ("broken",)) for name in NAMES
    ]


def test_codes_are_spelled_as_the_scheduler_spells_them():
    assert [code.value for code in Code] == [
        "Success",
        "Unschedulable",
        "UnschedulableAndUnresolvable",
        "Error",
        "Unknown",
    ]


def test_a_prefilter_that_says_nothing_lets_every_node_be_looked_at():
    assert PreFilter() == PreFilter(None, "", False, UU, False)


def test_a_plugin_needs_no_prefilter():
    index = ClusterIndex()
    plugin = Plugin("A", lambda pod, index: ())
    assert plugin.prefilter(PodInfo("default", "p"), index) == PreFilter()


def test_a_rejection_is_unresolvable_and_for_now_unless_it_says_otherwise():
    assert Rejection(1, CPU) == Rejection(1, CPU, UU, 0)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [(U, U, U), (U, UU, UU), (UU, U, UU), (UU, UU, UU)],
)
def test_one_unresolvable_reason_makes_a_node_unresolvable(first, second, code):
    given = diagnosis(fit(Rejection(1, CPU, first), Rejection(1, MEMORY, second)))
    assert given.table() == [NodeVerdict("n0", code, "NodeResourcesFit", (CPU, MEMORY))]


@pytest.mark.parametrize(
    ("code", "feasible"),
    [(Code.SUCCESS, True), (U, False), (UU, False), (Code.ERROR, False), (Code.UNKNOWN, False)],
)
def test_only_a_certain_yes_is_feasible(code, feasible):
    assert NodeVerdict("n", code).feasible is feasible
