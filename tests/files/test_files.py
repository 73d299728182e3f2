"""A cluster from files: which objects count, which version it has, and what is refused."""

import json

import pytest

from tests import builders
from tests.recorded import INVENTORY, items, recorded, written
from webhook import files
from webhook.objects import KubeVirt, NodeInfo, PodInfo, Version, VirtualMachine
from webhook.objects.profile import Namespace, Profile
from webhook.objects.version import NEWEST


@pytest.fixture
def load(tmp_path):
    """Load trees from one file."""
    return lambda *trees, **options: files.load([written(tmp_path / "c.yaml", *trees)], **options)


def test_the_recorded_cluster_fills_an_inventory():
    cluster = files.load([str(INVENTORY)])
    assert cluster.version == Version(1, 36, 2)
    inventory = files.inventory(cluster)
    assert inventory.unknown == ""
    with inventory.reading() as world:
        assert world.index.nodes.all.bit_count() == 15
        assert [vm.name for vm in world.virtual_machines()][:2] == ["etl", "notebook"]


def test_yaml_and_json_give_the_same_cluster(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"kind": "List", "items": items()}))
    assert files.load([str(path)]) == files.load([str(INVENTORY)])


def test_other_kinds_and_other_groups_are_passed_over(load):
    foreign = {**builders.node("n2"), "apiVersion": "example.org/v1"}
    cluster = load(builders.node(), foreign, {"kind": "Secret", "metadata": 5}, {"kind": "X"})
    assert [node.name for node in cluster.objects[NodeInfo]] == ["n1"]


def test_the_later_of_two_equal_keys_counts(load):
    cluster = load(builders.node(labels={"a": "1"}), builders.node(labels={"a": "2"}))
    (node,) = cluster.objects[NodeInfo]
    assert node.labels["a"] == "2"


@pytest.mark.parametrize(
    ("kubelets", "version"),
    [
        (["v1.34.1", "v1.35.0-eks-1"], Version(1, 35)),
        (["v1.9.0", "v1.10.0"], Version(1, 10)),
        (["new", ""], NEWEST),
        ([None], NEWEST),
    ],
)
def test_the_version_is_the_newest_kubelets(load, kubelets, version):
    nodes = []
    for number, kubelet in enumerate(kubelets):
        node = builders.node(f"n{number}")
        node["status"]["nodeInfo"] = {"kubeletVersion": kubelet}
        nodes.append(node)
    assert load(*nodes).version == version
    assert load(*nodes, version=Version(1, 31)).version == Version(1, 31)


def test_a_status_of_a_wrong_type_is_refused_where_it_is_read(load):
    assert load({**builders.node(), "status": None}).version == NEWEST
    with pytest.raises(files.BadFile, match=r'Node n1: status: expected an object, got "x"'):
        load({**builders.node(), "status": "x"})


def test_what_is_absent_is_named(load):
    cluster = load(builders.node())
    kinds = (NodeInfo, PodInfo, Namespace, VirtualMachine, KubeVirt)
    assert cluster.absent(kinds) == ["Pod", "Namespace", "VirtualMachine", "KubeVirt"]


def test_a_scheduler_profile_needs_no_name(load):
    profile = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": "mine"}],
    }
    cluster = load(builders.node(), profile)
    assert cluster.objects[Profile] == (Profile("mine"),)
    with files.inventory(cluster).reading() as world:
        assert world.index.profile.scheduler_name == "mine"


@pytest.mark.parametrize(
    ("trees", "words"),
    [
        ([builders.pod()], "no Node in the --cluster files; add the output of kubectl get nodes"),
        ([builders.node(), "text"], "document 2: expected a Kubernetes object"),
        ([{**builders.node(), "metadata": {}}], "Node (unnamed) has no metadata.name"),
        ([{**builders.node(), "metadata": None}], "Node (unnamed) has no metadata.name"),
        (
            [builders.node(), builders.pod(nodeName=5)],
            "Pod default/p: spec.nodeName: expected text",
        ),
        ([builders.node(allocatable={"cpu": "12 GiB"})], "Node n1: "),
        ([builders.node(taints={})], "Node n1: spec.taints: expected a list, got {}"),
        ([builders.node(), {**recorded("VirtualMachine", "web-1"), "spec": {}}], "spec.template"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_sentence(load, trees, words):
    with pytest.raises(files.BadFile) as refusal:
        load(*trees)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


CONFIGURATION = {
    "apiVersion": "kubescheduler.config.k8s.io/v1",
    "kind": "KubeSchedulerConfiguration",
    "profiles": [
        {
            "pluginConfig": [
                {"name": "NodeResourcesFit", "args": {"ignoredResources": ["example.com/fpga"]}}
            ]
        }
    ],
}


def test_the_scheduler_of_a_live_cluster_has_its_profile_in_a_file(tmp_path):
    path = written(tmp_path / "scheduler.yaml", builders.node(), CONFIGURATION)
    profile = files.scheduler_profile(path)
    assert profile == Profile(ignored_resources=frozenset({"example.com/fpga"}))


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        (builders.node(), "holds no KubeSchedulerConfiguration; name kube-scheduler's --config"),
        ({**CONFIGURATION, "profiles": 5}, "profiles: expected a list, got 5"),
    ],
)
def test_a_file_without_a_usable_profile_is_one_sentence(tmp_path, tree, sentence):
    path = written(tmp_path / "scheduler.yaml", tree)
    with pytest.raises(files.BadFile) as refusal:
        files.scheduler_profile(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert sentence in str(refusal.value)
