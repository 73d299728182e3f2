"""Shrinking, against questions that are answered without any cluster."""

from tests.torture.differential.generator import scene
from tests.torture.differential.scene import Scene, key
from tests.torture.differential.shrink import removable, shrunk, without


def tree(name, **spec):
    """Return a Node."""
    return {"kind": "Node", "metadata": {"name": name, "labels": {"a": "b"}}, "spec": spec}


def test_only_what_the_answer_hangs_on_is_left():
    given = scene(1, 0, asking=20)
    nodes = [each for each in given.objects if each["kind"] == "Node"]
    culprits = {key(nodes[3]), key(nodes[11]), key(given.asking[7])}

    def holds(candidate: Scene) -> bool:
        return culprits <= {key(each) for each in (*candidate.objects, *candidate.asking)}

    small = shrunk(given, holds, budget=1000)
    assert {key(each) for each in (*small.objects, *small.asking)} == culprits
    assert all(list(each["metadata"]) == ["name"] for each in small.objects)
    assert small.profile == {"schedulerName": "default-scheduler"}


def test_a_field_that_matters_stays_with_all_above_it():
    given = Scene((tree("a", taints=[{"key": "x"}, {"key": "y"}], unschedulable=True),), ())

    def holds(candidate: Scene) -> bool:
        (only,) = candidate.objects or ({},)
        return {"key": "y"} in only.get("spec", {}).get("taints", [])

    (small,) = shrunk(given, holds, budget=100).objects
    assert small == {"kind": "Node", "metadata": {"name": "a"}, "spec": {"taints": [{"key": "y"}]}}


def test_the_last_items_of_a_list_go_as_well_as_the_first():
    given = Scene((tree("a", values=[1, 2, 3, 4, 5]),), ())

    def holds(candidate: Scene) -> bool:
        values = [t.get("spec", {}).get("values", []) for t in candidate.objects]
        return any({2, 4} <= set(each) for each in values)

    (small,) = shrunk(given, holds, budget=100).objects
    assert small["spec"] == {"values": [2, 4]}


def test_somebody_always_asks():
    given = Scene((), (tree("a"), tree("b")))
    assert len(shrunk(given, lambda _: True, budget=100).asking) == 1


def test_the_profile_stays_where_it_matters():
    given = Scene((), (tree("a"),), {"schedulerName": "default-scheduler", "pluginConfig": [1]})
    small = shrunk(given, lambda candidate: "pluginConfig" in candidate.profile, budget=100)
    assert small.profile == given.profile


def test_the_budget_is_kept_and_the_best_so_far_returned():
    asked = []

    def holds(candidate: Scene) -> bool:
        asked.append(candidate)
        return True

    given = scene(1, 0, asking=20)
    small = shrunk(given, holds, budget=3)
    assert len(asked) == 3
    assert small == asked[-1] != given


def test_what_holds_for_nothing_smaller_stays_as_it_is():
    given = Scene((tree("a"),), (tree("b"),))
    assert shrunk(given, lambda _: False, budget=100) == given


def test_names_are_not_removable():
    paths = removable({"kind": "Node", "metadata": {"name": "a", "labels": {"x": "y"}}})
    assert paths == [("metadata", "labels"), ("metadata", "labels", "x")]


def test_a_copy_loses_what_stands_at_the_path():
    given = {"a": [{"b": 1}, {"c": 2}]}
    assert without(given, ("a", 1, "c")) == {"a": [{"b": 1}, {}]}
    assert given == {"a": [{"b": 1}, {"c": 2}]}
