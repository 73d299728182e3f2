"""VolumeUsers: the placed pods that have volumes, and what these name."""

from tests.placement.volumes import pod
from webhook.objects import Claim, Disk
from webhook.placement.index.volume_users import VolumeUsers

IMAGE = Disk("rbd", "i")


def placed(*pods):
    users = VolumeUsers()
    for slot, each in pods:
        users.place(each, slot, 1)
    return users


def named(tallies):
    return {key: dict(tallies.counts(key)) for key in tallies}


def test_the_users_of_a_claim_are_counted_by_node():
    first, second = pod("c", "d", name="q"), pod("c", name="r")
    elsewhere = pod("c", name="s", namespace="n")
    users = placed((0, first), (2, second), (1, elsewhere))
    assert named(users.claims) == {
        ("default", "c"): {0: 1, 2: 1},
        ("default", "d"): {0: 1},
        ("n", "c"): {1: 1},
    }
    assert {slot: list(pods) for slot, pods in users.pods.items()} == {
        0: ["uid-q"],
        1: ["uid-s"],
        2: ["uid-r"],
    }
    users.place(first, 0, -1)
    assert named(users.claims) == {("default", "c"): {2: 1}, ("n", "c"): {1: 1}}
    assert users.pods == {1: {"uid-s": elsewhere}, 2: {"uid-r": second}}


def test_two_pods_of_a_node_stand_beside_each_other():
    first, second = pod("c", name="q"), pod("c", name="r")
    users = placed((0, first), (0, second))
    users.place(first, 0, -1)
    assert users.pods == {0: {"uid-r": second}}
    assert named(users.claims) == {("default", "c"): {0: 1}}
    users.place(second, 0, -1)
    assert (users.pods, named(users.claims)) == ({}, {})


def test_a_claim_behind_two_volumes_of_a_pod_goes_with_it():
    users = placed((0, pod("c", "c")))
    assert named(users.claims) == {("default", "c"): {0: 2}}
    users.place(pod("c", "c"), 0, -1)
    assert named(users.claims) == {}


def test_the_claims_of_ephemeral_volumes_are_kept_apart():
    users = placed((0, pod(name="q", ephemeral=["e"])))
    assert (named(users.claims), named(users.ephemeral)) == ({}, {("default", "e"): {0: 1}})
    users.place(pod(name="q", ephemeral=["e"]), 0, -1)
    assert named(users.ephemeral) == {}


def test_disks_are_counted_by_what_identifies_them():
    read = Disk("rbd", "i", read_only=True)
    first, second = pod(name="q", disks=[IMAGE, IMAGE]), pod(name="r", disks=[read])
    users = placed((0, first), (1, second), (2, second))
    found = {disk: tally.counts for disk, tally in users.disks["rbd", "i"].items()}
    assert found == {IMAGE: {0: 2}, read: {1: 1, 2: 1}}
    users.place(first, 0, -1)
    users.place(second, 1, -1)
    assert {disk: tally.nodes for disk, tally in users.disks["rbd", "i"].items()} == {read: 0b100}
    users.place(second, 2, -1)
    assert users.disks == {}


def test_the_claims_of_nominated_pods_are_counted_by_name():
    def nominated(name, *claims, **fields):
        return pod(*claims, name=name, node_name="a", nominated_node_name="a", **fields)

    first = nominated("q", "c", "d", ephemeral=["e"])
    second = nominated("r", "c", namespace="n")
    users = placed((0, first), (0, second), (1, pod("x", name="s", node_name="b")))
    assert users.nominated == {"c": 2, "d": 1}
    users.place(first, 0, -1)
    assert users.nominated == {"c": 1}
    users.place(second, 0, -1)
    assert "c" not in users.nominated


def test_a_claim_leads_to_the_volumes_that_name_it():
    twice = pod("c", "d", "c", name="q")
    its_own = pod(name="r", ephemeral=["c"])
    users = placed((0, twice), (3, its_own), (3, pod("c", namespace="n")), (1, pod("d", name="s")))
    found = [(each.name, claim, slot) for each, claim, slot in users.naming(("default", "c"))]
    assert sorted(found, key=str) == [
        ("q", Claim("c"), 0),
        ("q", Claim("c"), 0),
        ("r", Claim("c", ephemeral=True), 3),
    ]
    assert list(users.naming(("default", "x"))) == []
