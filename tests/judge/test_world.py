"""webhook.judge.world: what a verdict reads, while the inventory's lock is held."""

import pytest

from tests.builders import inventory, launcher, node, pod, value, vm, vmi
from webhook.judge import World
from webhook.judge.stores import Stores
from webhook.objects import Applied, KubeVirt, Version
from webhook.objects.classes import RuntimeClass
from webhook.objects.quota import LimitRange, ResourceQuota
from webhook.placement import ClusterIndex


def migration(name, instance, phase=None):
    """Return a VirtualMachineInstanceMigration."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceMigration",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"vmiName": instance},
        "status": {"phase": phase},
    }


def test_objects_are_found_by_namespace_and_name():
    with inventory(vm("b"), vm("a"), vm("a", "other"), vmi("a")).reading() as world:
        found = world.virtual_machine(("other", "a"))
        assert found is not None
        assert found.key == ("other", "a")
        assert world.virtual_machine(("other", "b")) is None
        instance = world.instance(("default", "a"))
        assert instance is not None
        assert instance.uid == "vmi-a"
        assert world.instance(("default", "b")) is None
        keys = [vm.key for vm in world.virtual_machines()]
    assert keys == [("default", "a"), ("default", "b"), ("other", "a")]


def test_without_a_kubevirt_cr_its_defaults_stand():
    strategy = {"spec": {"configuration": {"vmRolloutStrategy": "Stage"}}}
    cr = {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": {"name": "kv"}}
    with inventory().reading() as world:
        assert world.kubevirt == KubeVirt()
        assert world.kubevirt.live_update
    with inventory(cr | strategy).reading() as world:
        assert not world.kubevirt.live_update


def test_migrations_that_are_over_are_left_out():
    trees = [
        migration("d", "vm", "Failed"),
        migration("c", "vm", "Succeeded"),
        migration("b", "vm", "Running"),
        migration("a", "vm"),
    ]
    with inventory(*trees).reading() as world:
        assert [found.name for found in world.unfinished_migrations()] == ["a", "b"]


def test_the_launcher_on_the_instances_node_comes_first_and_dead_ones_not_at_all():
    here, target, dead = (launcher() for _ in range(3))
    target["metadata"] |= {"uid": "a-target", "name": "target"}
    target["spec"]["nodeName"] = "n2"
    dead["metadata"] |= {"uid": "a-dead", "name": "dead"}
    dead["status"]["phase"] = "Succeeded"
    with inventory(target, dead, here, launcher("other"), pod()).reading() as world:
        found = world.launchers(value(vmi()))
    assert [found.key for found in found] == ["pod-vm", "a-target"]


def test_what_limits_a_namespace_is_found_by_name():
    def found(kind, namespace, name):
        metadata = {"namespace": namespace, "name": name}
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata}

    named = [("a", "2"), ("b", "1"), ("a", "1"), ("a", "3")]
    trees = [found(kind, *each) for each in named for kind in ("ResourceQuota", "LimitRange")]
    with inventory(*trees).reading() as world:
        for asked in (world.quotas, world.limit_ranges):
            assert [each.name for each in asked("a")] == ["1", "2", "3"]
            assert [each.key for each in asked("b")] == [("b", "1")]
            assert asked("c") == []
        assert {type(each) for each in world.quotas("a")} == {ResourceQuota}
        assert {type(each) for each in world.limit_ranges("a")} == {LimitRange}


def test_what_limits_a_namespace_is_that_of_the_moment():
    tree = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"namespace": "a", "name": "r"}}
    cluster = inventory()
    with cluster.reading() as world:
        assert world.limit_ranges("a") == []
    cluster.apply([Applied(value(tree))])
    with cluster.reading() as world:
        assert [each.name for each in world.limit_ranges("a")] == ["r"]


def classed(kind, group, name, **fields):
    """Return an object that others name."""
    metadata = {"name": name, **fields.pop("metadata", {})}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, **fields}


def test_a_priority_is_that_of_the_class_that_is_named_or_of_the_default():
    trees = [
        classed("PriorityClass", "scheduling.k8s.io", "low", value=1, globalDefault=True),
        classed("PriorityClass", "scheduling.k8s.io", "high", value=7),
    ]
    with inventory(*trees).reading() as world:
        assert [world.priority(name) for name in ("", "low", "high", "none")] == [1, 1, 7, 0]
    with inventory(trees[1]).reading() as world:
        assert world.priority("") == 0


def test_networks_are_known_by_their_resource():
    notes = {"k8s.v1.cni.cncf.io/resourceName": "a.com/f"}
    trees = [
        classed(
            "NetworkAttachmentDefinition",
            "k8s.cni.cncf.io",
            name,
            metadata={"namespace": "red", "annotations": annotations},
        )
        for name, annotations in (("fast", notes), ("plain", None))
    ]
    with inventory(*trees).reading() as world:
        found = world.networks(["red/fast", "red/plain", "red/unseen", "no/network/name"])
    assert found == {"red/fast": "a.com/f", "red/plain": ""}


def test_kubevirts_runtime_class_is_looked_up():
    configuration = {"configuration": {"defaultRuntimeClass": "kata"}}
    settings = classed("KubeVirt", "kubevirt.io", "kv", spec=configuration)
    kata = classed("RuntimeClass", "node.k8s.io", "kata")
    with inventory(settings, kata).reading() as world:
        assert world.kubevirt.runtime == RuntimeClass("kata")
    with inventory(settings).reading() as world:
        assert (world.kubevirt.runtime_class, world.kubevirt.runtime) == ("kata", None)
    with inventory(kata).reading() as world:
        assert world.kubevirt.runtime is None


def test_a_world_is_dead_once_it_is_closed():
    with inventory(node(), version=Version(1, 33)).reading() as world:
        assert world.features.resize_status_counts
        assert not world.features.pod_level_resources
    for look in (
        lambda: world.index,
        lambda: world.features,
        lambda: world.kubevirt,
        lambda: world.virtual_machine(("default", "vm")),
        lambda: world.instance(("default", "vm")),
        world.virtual_machines,
        world.instances,
        lambda: world.networks(["red/fast"]),
        lambda: world.priority(""),
        lambda: world.migrations(("default", "vm")),
        world.unfinished_migrations,
        lambda: world.launchers(value(vmi())),
        lambda: world.quotas("default"),
        lambda: world.limit_ranges("default"),
    ):
        with pytest.raises(RuntimeError, match="after the inventory's lock was released"):
            look()


def test_an_empty_world_knows_nothing_and_is_trusted():
    world = World(ClusterIndex(), Stores())
    assert (world.virtual_machines(), world.unknown) == ([], "")
