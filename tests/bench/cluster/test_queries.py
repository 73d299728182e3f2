"""Reviews about running VMs: as the API server sends them, and with mixed answers."""

import json
from collections import Counter

import pytest

from tests.bench.cluster import Cluster, Query
from tests.bench.cluster.queries import BROAD
from webhook.judge import Findings, Subject, World, judge
from webhook.policy import decide
from webhook.review import decode

CODES = ("001", "101", "201", "203", "301", "302")


@pytest.fixture(scope="module")
def cluster():
    return Cluster(300, 9_000)


@pytest.fixture(scope="module")
def inventory(cluster):
    return cluster.inventory()


def found(query: Query, world: World) -> Findings:
    old, new = decode(query.review).subject(world.features)
    return judge(Subject(new, old), world)


def test_the_same_seed_gives_the_same_reviews(cluster):
    assert cluster.queries(5) == cluster.queries(5)
    assert cluster.queries(5) != cluster.queries(5, seed=2)


def test_a_review_is_as_big_as_a_real_one_and_tells_its_vm(cluster):
    queries = cluster.queries(50)
    assert 16_000 < sum(len(each.review) for each in queries) / 50 < 17_000
    assert len({each.key for each in queries}) == 50
    request = json.loads(queries[0].review)["request"]
    assert (request["namespace"], request["name"]) == queries[0].key
    for name in ("object", "oldObject"):
        assert request[name]["metadata"]["managedFields"]
        assert request[name]["kind"] == "VirtualMachine"


def test_more_reviews_than_vms_can_be_had():
    small = Cluster(20, 600)
    assert len(small.queries(200)) == 200


def test_every_review_asks_for_a_move_and_most_are_admitted(cluster, inventory):
    """Beside those, every refusal that a change of placement can meet is there."""
    codes: Counter[str | None] = Counter()
    with inventory.reading() as world:
        for query in cluster.queries(250):
            findings = found(query, world)
            assert findings.question == "move"
            codes[decide(findings).code] += 1
    assert codes[None] > 125
    assert (
        {"VMA-201", "VMA-203"}
        <= codes.keys()
        <= {*(None, "VMA-001", "VMA-101", "VMA-201", "VMA-203", "VMA-301", "VMA-302")}
    )


def test_the_mix_has_the_rules_that_it_promises(cluster, inventory):
    with inventory.reading() as world:
        pods = [found(query, world).pod for query in cluster.queries(150)]
    terms = [len(pod.rules.node_affinity.terms) for pod in pods if pod.rules.node_affinity]
    assert Counter(terms).keys() == {1, 2, 3}
    # with the term that keeps a target off its source's node
    assert Counter(len(pod.rules.pod_anti_affinity) for pod in pods).keys() == {1, 2, 3, 4}
    assert 15 < sum(bool(pod.rules.pod_affinity) for pod in pods) < 60
    assert 15 < sum(len(pod.spread) == 2 for pod in pods) < 60
    assert {len(pod.requests) for pod in pods} <= {6, 7}


@pytest.mark.parametrize("selector", BROAD)
def test_a_broad_selector_is_a_rule_of_the_target_over_nodes_and_zones(
    cluster, inventory, selector
):
    with inventory.reading() as world:
        pods = [found(query, world).pod for query in cluster.broad(selector, 4)]
    keys = [
        [term.topology_key.rpartition("/")[2] for term in terms]
        for pod in pods
        for terms in (pod.rules.pod_anti_affinity[:-1], pod.rules.pod_affinity)
    ]
    assert keys == [["hostname"], [], [], ["hostname"], ["zone"], [], [], ["zone"]]
