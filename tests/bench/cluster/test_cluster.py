"""The objects of a generated cluster: there, of the right size, and readable by what we ship."""

import json
from collections import Counter

import pytest

from tests.bench.cluster import Cluster, NoSuchCluster
from tests.bench.cluster.loading import SERVER
from tests.bench.cluster.plan import DAEMONS
from webhook.judge import Subject, judge
from webhook.kube.watched import WATCHED
from webhook.objects import Features, NodeInfo, PodInfo
from webhook.parse import decode

FEATURES = Features.of(SERVER)


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster(60, 1_800)


@pytest.fixture(scope="module")
def inventory(cluster):
    return cluster.inventory()


@pytest.mark.parametrize(("nodes", "pods"), [(10, 300), (100, 1_000), (100, 9_000)])
def test_a_size_that_cannot_be_planned_is_told(nodes, pods):
    with pytest.raises(NoSuchCluster):
        Cluster(nodes, pods)


def test_the_same_seed_gives_the_same_bytes(cluster):
    again, other = Cluster(60, 1_800), Cluster(60, 1_800, seed=2)
    for kind in cluster.kinds():
        assert list(again.objects(kind)) == list(cluster.objects(kind))
    assert next(other.objects("Pod")) != next(cluster.objects("Pod"))


def test_every_watched_kind_is_counted_and_can_be_read(cluster):
    assert cluster.kinds() == tuple(row.kind for row in WATCHED)
    for kind in cluster.kinds():
        found = [decode(kind, each, FEATURES) for each in cluster.objects(kind)]
        assert len(found) == cluster.count(kind)
        assert len({each.key for each in found}) == len(found)


def test_names_and_uids_are_unique(cluster):
    for kind in cluster.kinds():
        trees = [json.loads(each)["metadata"] for each in cluster.objects(kind)]
        assert len({each["uid"] for each in trees}) == len(trees)
        assert len({(each.get("namespace"), each["name"]) for each in trees}) == len(trees)


@pytest.mark.parametrize(("kind", "least", "most"), [("Node", 22, 27), ("Pod", 4.5, 6)])
def test_objects_are_as_big_as_real_ones(cluster, kind, least, most):
    sizes = [len(each) for each in cluster.objects(kind)]
    assert least < sum(sizes) / len(sizes) / 1024 < most


def test_a_node_has_about_fifty_labels(cluster):
    counts = [len(json.loads(each)["metadata"]["labels"]) for each in cluster.objects("Node")]
    assert 45 < sum(counts) / len(counts) < 55


def test_a_single_object_is_the_one_of_the_list(cluster):
    assert [cluster.pod(at) for at in range(1_800)] == list(cluster.objects("Pod"))
    assert [cluster.node(at) for at in range(60)] == list(cluster.objects("Node"))


def test_the_sorts_of_pods_are_there(cluster):
    owners: Counter[str] = Counter()
    for each in cluster.objects("Pod"):
        owners[json.loads(each)["metadata"]["ownerReferences"][0]["kind"]] += 1
    assert owners["DaemonSet"] == 60 * len(DAEMONS)
    assert owners["VirtualMachineInstance"] == cluster.count("VirtualMachine") == 240
    assert owners.keys() > {"ReplicaSet", "StatefulSet", "Job"}


def test_requests_stay_within_what_the_nodes_have(cluster):
    nodes = {}
    for each in cluster.objects("Node"):
        node = decode("Node", each, FEATURES)
        assert isinstance(node, NodeInfo)
        nodes[node.name] = dict(node.allocatable)
    for each in cluster.objects("Pod"):
        pod = decode("Pod", each, FEATURES)
        assert isinstance(pod, PodInfo)
        for resource, amount in pod.requests.items() if pod.node_name else ():
            nodes[pod.node_name][resource] -= amount
    assert min(min(left.values()) for left in nodes.values()) >= 0


def test_pages_hold_every_object_once_and_only_the_last_one_ends_the_list(cluster):
    pages = [json.loads(page) for page in cluster.pages("Pod", 500)]
    assert [len(page["items"]) for page in pages] == [500, 500, 500, 300]
    assert [bool(page["metadata"].get("continue")) for page in pages] == [True] * 3 + [False]
    assert "kind" not in pages[0]["items"][0]
    assert json.loads(next(cluster.pages("VirtualMachine", 5)))["items"][0]["kind"]
    assert [json.loads(page)["items"] for page in cluster.pages("DeviceClass", 500)] == [[]]


def test_a_loaded_inventory_knows_everything(cluster, inventory):
    assert inventory.unknown == ""
    with inventory.reading() as world:
        assert len(world.index.nodes.infos) == 60
        assert len(world.instances()) == 240
        assert world.kubevirt.live_update


def test_every_guest_runs_where_its_rules_want_it_in_a_pod_that_was_rendered_from_them(inventory):
    with inventory.reading() as world:
        for vm in world.virtual_machines():
            findings = judge(Subject(vm, vm), world)
            assert findings.source is not None
            assert findings.stays
            assert findings.back_to_source
            assert not findings.at_restart


def test_the_trace_itself_can_be_drawn_from(cluster, tmp_path, monkeypatch):
    (tmp_path / "openb_node_list_all_node.csv").write_text(
        "sn,cpu_milli,memory_mib,gpu,model\na,64000,524288,0,\n"
    )
    (tmp_path / "openb_pod_list_gpuspec33.csv").write_text(
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np,1000,512,0,0\n"
    )
    monkeypatch.setenv("VM_AFFINITY_OPENB", str(tmp_path))
    drawn = Cluster(60, 1_800).plan
    assert set(drawn.shapes) == {(64000, 524288, 0, "")}
    assert {pod.shape for pod in drawn.machines} == {(1000, 512, 0)}
