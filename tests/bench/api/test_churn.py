"""What the made-up life of a cluster looks like to who reads it."""

from collections import Counter

import msgspec
import pytest

from tests import builders
from tests.bench.api.churn import Churn, beaten, marker, paced, replaced
from tests.bench.api.samples import HASH, deployed, store
from webhook.objects import Applied, Deleted, PodInfo
from webhook.parse import decode

TYPES = ["MODIFIED", "DELETED", "ADDED", "MODIFIED", "MODIFIED", "MODIFIED"]


def copies(changes):
    """The changes, each with the object as it was at that moment."""
    return [(t, k, msgspec.json.decode(msgspec.json.encode(o))) for t, k, o in changes]


def test_a_pod_makes_way_for_a_successor_of_another_template_on_the_same_node():
    changes = copies(replaced(deployed(1), 7))
    assert [type_ for type_, _, _ in changes] == TYPES
    keys = [key for _, key, _ in changes]
    assert len(set(keys[:2])) == len(set(keys[2:])) == 1
    assert keys[0] != keys[2]
    ending, _, *news = (tree for _, _, tree in changes)
    assert ending["metadata"]["deletionTimestamp"]
    assert [tree["spec"].get("nodeName") for tree in news] == [None, "n1", "n1", "n1"]
    assert [t["status"]["phase"] for t in news] == ["Pending", "Pending", "Running", "Running"]
    new = news[-1]["metadata"]
    assert "deletionTimestamp" not in new
    assert new["labels"]["app"] == "web"
    assert new["labels"]["pod-template-hash"] != HASH
    assert new["name"].startswith(f"web-{new['labels']['pod-template-hash']}-")
    assert new["uid"] != "pod-1"


def test_a_pod_without_template_hash_keeps_its_name():
    keys = {key for _, key, _ in replaced(builders.pod("db-0", status={}), 7)}
    assert keys == {"default/db-0"}


def test_a_heartbeat_changes_nothing_that_is_read_of_a_node():
    node = builders.node("n1")
    node["status"]["conditions"] = [{"type": "Ready", "status": "True", "lastHeartbeatTime": "a"}]
    before = decode("Node", msgspec.json.encode(node), builders.FEATURES)
    type_, key, after = beaten(node, 3)
    assert (type_, key) == ("MODIFIED", "/n1")
    assert after["status"]["conditions"][0]["lastHeartbeatTime"] != "a"
    assert decode("Node", msgspec.json.encode(after), builders.FEATURES) == before


def test_the_same_seed_makes_the_same_changes():
    def lines(seed):
        made = store()
        churn = Churn(made, seed)
        for _ in range(300):
            churn.pod_event()
        return made.collections["Pod"].log.lines

    assert lines(1) == lines(1) != lines(2)


def test_following_the_changes_leads_to_what_is_listed():
    made = store()
    pods = made.collections["Pod"]
    churn = Churn(made)
    known = {key: pods[key] for key in pods.keys()}  # noqa: SIM118 - a method of its own
    types: Counter[str] = Counter()
    for _ in range(2000):
        churn.pod_event()
    for line in pods.log.lines:
        change = msgspec.json.decode(line)
        metadata, types[change["type"]] = change["object"]["metadata"], types[change["type"]] + 1
        key = f"{metadata['namespace']}/{metadata['name']}"
        if change["type"] == "DELETED":
            del known[key]
        else:
            known[key] = msgspec.json.encode(change["object"])
    assert known == {key: pods[key] for key in pods.keys()}  # noqa: SIM118
    assert types["MODIFIED"] > types["DELETED"] > 250
    assert abs(types["ADDED"] - types["DELETED"]) <= 64
    assert 200 - 64 <= len(pods) <= 200


def test_launchers_are_left_alone():
    guest = deployed(900, **{"kubevirt.io": "virt-launcher"})
    made = store([guest, *(deployed(n) for n in range(100))])
    churn = Churn(made)
    for _ in range(2000):
        churn.pod_event()
    assert guest["metadata"]["name"] not in str(made.collections["Pod"].log.lines)


def test_resource_versions_rise_over_all_kinds():
    made = store()
    churn = Churn(made)
    for _ in range(5):
        churn.pod_event()
        churn.node_event()
    pods, nodes = (made.collections[kind].log.versions for kind in ("Pod", "Node"))
    assert sorted(pods + nodes) == [made.version - n for n in range(9, -1, -1)]


def test_a_marker_is_a_pod_of_its_controller_and_goes_away():
    made = store()
    churn = Churn(made)
    uid = churn.mark()
    churn.unmark(uid)
    added, deleted = (msgspec.json.decode(line) for line in made.collections["Pod"].log.lines)
    pod = decode("Pod", msgspec.json.encode(added["object"]), builders.FEATURES)
    assert isinstance(pod, PodInfo)
    inventory = builders.inventory()
    inventory.apply([Applied(pod)])
    with inventory.reading() as world:
        assert [each.name for each in world.index.owned(uid)] == [uid]
    inventory.apply([Deleted(PodInfo, pod.key)])
    with inventory.reading() as world:
        assert not list(world.index.owned(uid))
    assert (added["type"], deleted["type"]) == ("ADDED", "DELETED")
    assert marker(uid, "n0")["spec"]["nodeName"] == "n0"


class Clock:
    """Seconds that pass while one naps, and some with every act."""

    def __init__(self, cost):
        self.now, self.cost, self.naps = 0.0, cost, 0

    def __call__(self):
        return self.now

    def nap(self, seconds):
        """Let them pass."""
        self.naps += 1
        self.now += seconds

    def act(self):
        """Be busy."""
        self.now += self.cost


@pytest.mark.parametrize("cost", [0.0, 0.0005])
def test_a_stream_keeps_its_rate_on_average(cost):
    clock = Clock(cost)
    done, seconds = paced(1000, clock.act, lambda: clock.now < 2, clock, clock.nap)
    assert done / seconds == pytest.approx(1000, rel=0.01)
    assert clock.naps


def test_a_stream_that_cannot_keep_up_says_how_many_it_made():
    clock = Clock(0.01)
    done, seconds = paced(1000, clock.act, lambda: clock.now < 2, clock, clock.nap)
    assert done / seconds == pytest.approx(100, rel=0.01)
