"""Scenes are drawn from their seed alone, and are what the oracle can store."""

import json

import pytest

from tests.torture.differential import scene as scenes
from tests.torture.differential.generator import ASKING, claims, pods, residents, scene
from tests.torture.differential.generator.chance import chance
from tests.torture.differential.generator.claims import Claims
from tests.torture.differential.generator.pods import Surroundings
from tests.torture.differential.scene import PRIORITIES, key


@pytest.fixture(scope="module")
def drawn():
    """Return some scenes of one seed."""
    return [scene(1, number) for number in range(4)]


def test_the_same_seed_gives_the_same_scene():
    assert scene(7, 3) == scene(7, 3)


@pytest.mark.parametrize(("seed", "number"), [(7, 4), (8, 3)])
def test_another_seed_or_number_gives_another_scene(seed, number):
    assert scene(seed, number) != scene(7, 3)


def test_nothing_hangs_on_the_process():
    assert chance("scene", 1, 0).randint(0, 10**6) == 208_844


def test_so_many_pods_ask(drawn):
    assert [len(each.asking) for each in drawn] == [ASKING] * len(drawn)


def test_every_object_is_the_only_one_of_its_key(drawn):
    for each in drawn:
        keys = [key(tree) for tree in (*each.objects, *each.asking)]
        assert len(keys) == len(set(keys))


def test_no_object_shares_a_part_with_another(drawn):
    """What shrinking drops from one must not vanish from another."""
    for each in drawn:
        assert json.loads(json.dumps(each.objects)) == list(each.objects)


def test_nobody_drives_anybody_out(drawn):
    """Preemption would change the scene while it is asked about."""
    for each in drawn:
        waiting = [t for t in each.objects if t["kind"] == "Pod" and "nodeName" not in t["spec"]]
        classes = {tree["spec"]["priorityClassName"] for tree in (*each.asking, *waiting)}
        assert classes <= set(PRIORITIES)
    priorities = [tree for tree in scenes.furniture() if tree["kind"] == "PriorityClass"]
    assert {tree["preemptionPolicy"] for tree in priorities} == {"Never"}


def test_no_two_volumes_of_a_size_are_left_to_choose_from(drawn):
    for each in drawn:
        sizes = [
            tree["spec"]["capacity"]["storage"]
            for tree in each.objects
            if tree["kind"] == "PersistentVolume" and tree["status"]["phase"] == "Available"
        ]
        assert len(sizes) == len(set(sizes))


def test_a_claim_that_a_pod_owns_stands_with_the_key_of_that_pod(drawn):
    for each in drawn:
        asking = {key(tree) for tree in each.asking}
        for tree in each.objects:
            for owner in tree["metadata"].get("ownerReferences", ()):
                assert owner["uid"] in asking


@pytest.fixture
def around():
    """Return surroundings of three nodes."""
    made, nodes = chance("test"), ["a", "b", "c"]
    return Surroundings(made, nodes, Claims(made, nodes))


@pytest.mark.parametrize("traits", [pods.DEMANDS, residents.TRAITS], ids=["asking", "resident"])
def test_every_trait_asks_for_more_than_a_plain_pod(around, traits):
    for trait in traits:
        before = pods.plain(around, "p")
        after = json.loads(json.dumps(before))
        trait(around, after)
        assert after != before, trait


@pytest.mark.parametrize("maker", claims.KINDS, ids=lambda maker: maker.__name__)
def test_a_claim_is_made_under_the_name_that_is_returned(around, maker):
    name = maker(around.claims, "red")
    made = [key(tree) for tree in around.claims.objects if tree["kind"] != "PersistentVolume"]
    assert made == ([] if maker is Claims.missing else [f"PersistentVolumeClaim/red/{name}"])
