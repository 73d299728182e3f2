"""Watch events of pods, and that they leave the inventory as it was."""

import json
from collections import Counter

from tests.bench.cluster import Cluster
from tests.bench.pod_events import PodEvents
from webhook.inventory import Inventory
from webhook.objects import NodeInfo, PodInfo, Replaced


def known(inventory: Inventory, type_: type) -> dict:
    """The objects of a type, by key."""
    lists = [each for each in inventory.freeze() if isinstance(each, Replaced)]
    return {
        object_.key: object_ for each in lists if each.type is type_ for object_ in each.objects
    }


def test_events_are_taken_in_and_can_be_undone():
    cluster = Cluster(20, 600)
    inventory = cluster.inventory()
    pods, nodes = known(inventory, PodInfo), known(inventory, NodeInfo)
    events = PodEvents(cluster, inventory)
    for round_ in range(3):
        lines = events.lines(60, round_)
        types = Counter(json.loads(line)["type"] for line in lines)
        assert types == {"MODIFIED": 40, "DELETED": 10, "ADDED": 10}
        for line in lines:
            events.take_in(line)
    during = known(inventory, PodInfo)
    assert len(during) == len(pods) == 600
    assert 20 <= len(during.keys() - pods.keys()) <= 30
    assert not any(pod.deleting for pod in during.values())
    events.take_in_node(events.heartbeat(3))
    for line in events.lines(60, 3)[:33]:
        events.take_in(line)
    events.restore()
    assert known(inventory, PodInfo) == pods
    assert known(inventory, NodeInfo) == nodes


def test_the_object_of_a_line_is_its_text():
    cluster = Cluster(20, 600)
    events = PodEvents(cluster, cluster.inventory())
    line = events.lines(6, 0)[0]
    assert json.loads(events.object_of(line)) == json.loads(line)["object"]
