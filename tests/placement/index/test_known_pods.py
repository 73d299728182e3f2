"""KnownPods: all pods by key, by owner, and by the node that they have no place on yet."""

from dataclasses import replace

import pytest

from webhook.objects import PodInfo
from webhook.placement.index.known_pods import KnownPods, PodsBy

A, B, C = (PodInfo("red", name, owner_uid="o") for name in "abc")


@pytest.fixture
def known():
    """Nothing yet, beside the node n."""
    return KnownPods({"n": 0})


def test_pods_of_one_name_are_found_in_their_order():
    pods = PodsBy()
    assert list(pods["o"]) == []
    for number, each in enumerate((A, B, C), 1):
        pods.put("o", each)
        assert list(pods["o"]) == [A, B, C][:number]
    pods.drop("o", A)
    pods.drop("o", C)
    assert list(pods.items()) == [("o", [B])]
    pods.drop("o", B)
    assert list(pods.items()) == []


def test_a_pod_takes_the_place_of_the_one_of_its_key():
    pods, later = PodsBy(), replace(A, phase="Running")
    pods.put("o", A)
    pods.put("o", later)
    assert list(pods["o"]) == [later]
    pods.put("o", B)
    pods.put("o", A)
    assert list(pods["o"]) == [A, B]
    pods.drop("o", A)
    pods.drop("o", B)
    assert list(pods["o"]) == []


def test_all_pods_of_a_name_are_taken_out_at_once():
    pods = PodsBy()
    for each in (A, B):
        pods.put("o", each)
    assert (pods.pop("o"), pods.pop("o"), list(pods.items())) == ([A, B], [], [])


@pytest.mark.parametrize(
    ("pod", "tables"),
    [
        pytest.param(A, {"owned": "o"}, id="waiting for the scheduler"),
        pytest.param(replace(A, owner_uid=""), {}, id="of no owner"),
        pytest.param(replace(A, node_name="n"), {"owned": "o"}, id="on a known node"),
        pytest.param(
            replace(A, node_name="m"), {"owned": "o", "awaiting": "m"}, id="on an unknown node"
        ),
        pytest.param(
            replace(A, nominated_node_name="n"), {"owned": "o", "nominated": "n"}, id="nominated"
        ),
        pytest.param(
            replace(A, node_name="n", nominated_node_name="n"), {"owned": "o"}, id="and placed"
        ),
        pytest.param(replace(A, node_name="m", phase="Failed"), {"owned": "o"}, id="terminated"),
    ],
)
def test_a_pod_is_found_by_what_is_asked_for(known, pod, tables):
    def found():
        return {
            table: name
            for table in ("owned", "nominated", "awaiting")
            for name, pods in getattr(known, table).items()
            if pods == [pod]
        }

    known.put(pod)
    assert (known.by_key, found()) == ({"red/a": pod}, tables)
    known.drop(pod)
    assert (known.by_key, found()) == ({}, {})
