"""tests.torture.rendered.shapes: the VMs of shapes.yaml."""

from tests.torture.rendered.shapes import Shape, merged, rounds


def test_a_merge_patch_adds_replaces_and_removes():
    item = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1]}
    patch = {"b": {"c": None, "x": {"y": None}}, "e": [2], "a": {"z": 1}}
    assert merged(item, patch) == {"a": {"z": 1}, "b": {"d": 3, "x": {}}, "e": [2]}


def test_a_shape_is_a_vm_that_does_not_run_yet():
    shape = Shape("a", {"hostname": "h"}, vm={"x": 1}, labels={"l": "m"}, annotations={"n": "o"})
    spec = shape.tree()["spec"]
    assert (spec["runStrategy"], spec["x"]) == ("Halted", 1)
    assert spec["template"]["metadata"] == {
        "labels": {"app": "a", "l": "m"},
        "annotations": {"n": "o"},
    }
    assert spec["template"]["spec"]["hostname"] == "h"
    assert spec["template"]["spec"]["domain"]


def test_there_are_many_shapes_and_each_has_a_name_of_its_own():
    every = [[shape.name for shape in each.shapes] for each in rounds()]
    assert sum(map(len, every)) >= 100
    assert all(len(names) == len(set(names)) for names in every)
