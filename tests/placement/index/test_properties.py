"""Any sequence of events and assumptions gives the index that its contents would give."""

from collections.abc import Hashable
from copy import deepcopy
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pyroaring import BitMap

from tests.placement import clusters, storage, volumes
from webhook.objects import Applied, Deleted, NodeInfo, PodInfo, Profile, Replaced, Version
from webhook.objects.events import Object
from webhook.objects.profile import DeviceClass, Namespace
from webhook.objects.storage import STORAGE_TYPES, CSIDriver
from webhook.objects.version import NEWEST
from webhook.placement import ClusterIndex, evaluate
from webhook.placement.index.known_pods import PodsBy
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.pod_sets import PodSets
from webhook.placement.index.resource_matrix import ResourceMatrix
from webhook.placement.index.tally import Tally

chances = st.randoms(use_true_random=False)
node_names = st.sampled_from(clusters.NAMES)
any_node = st.builds(clusters.node, chances, node_names)
any_pod = st.builds(clusters.pod, chances, st.sampled_from(clusters.POD_NAMES))
few_nodes = st.lists(any_node, max_size=4, unique_by=lambda node: node.name)
few_pods = st.lists(any_pod, max_size=4, unique_by=lambda pod: pod.key)
#: Objects that are held as they are; the most is derived of those that volumes hang on.
stored = st.one_of(
    st.builds(
        storage.claim,
        chances,
        st.sampled_from(storage.NAMESPACES),
        st.sampled_from(storage.CLAIMS),
    ),
    st.builds(storage.volume, chances, st.sampled_from(storage.VOLUMES), st.integers(1, 9)),
    st.builds(storage.storage_class, chances, st.sampled_from(storage.CLASSES)),
    st.builds(storage.csi_node, chances, node_names),
    st.builds(CSIDriver, st.sampled_from(storage.DRIVERS[:2]), st.booleans()),
    st.builds(storage.csi_storage_capacity, chances, st.sampled_from(("k0", "k1"))),
    st.builds(storage.volume_attachment, chances, st.sampled_from(("a0", "a1"))),
    st.builds(DeviceClass, st.just("gpu"), st.sampled_from(("", "example.com/gpu"))),
)
STORED = (*STORAGE_TYPES, DeviceClass)
#: Asked for in each picture, so that the sets which are joined when asked for are kept up.
POD_LABELS = clusters.KEYS[:3]
SOME_NAMESPACES = frozenset({"red", "blue", *"abc"})


@dataclass
class Contents:
    """What an index was told, without anything derived from it."""

    nodes: dict[str, NodeInfo] = field(default_factory=dict)
    pods: dict[str, PodInfo] = field(default_factory=dict)
    namespaces: dict[str, Namespace] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)
    version: Version = NEWEST
    stored: dict[tuple[type, Hashable], Object] = field(default_factory=dict)

    def built(self) -> ClusterIndex:
        """An index of these contents, made in one go."""
        index = ClusterIndex()
        for objects in (self.nodes, self.pods, self.namespaces, self.stored):
            for object_ in objects.values():
                index.apply(Applied(object_))
        index.apply(Applied(self.profile))
        index.apply(Applied(self.version))
        return index


def picture(index: ClusterIndex) -> dict:
    """Everything the index holds and derives, by node name instead of by slot."""
    nodes = index.nodes
    return picture_of_pods(index) | {
        "nodes": nodes.infos,
        "all": names(nodes, nodes.all),
        "cordoned": names(nodes, nodes.cordoned),
        "labels": {
            (key, value): names(nodes, bits)
            for key, values in nodes.labels.items()
            for value, bits in values.items()
        },
        "keys": {key: names(nodes, nodes.with_key(key)) for key in nodes.labels},
        "taints": {taints: names(nodes, bits) for taints, bits in nodes.taints.items()},
        "allocatable": amounts(nodes, index.allocatable),
        "free": amounts(nodes, index.free),
        "columns": {key: values_of(nodes, key) for key in nodes.labels},
        "ports": {
            (*key, address): counts(nodes, tally)
            for key, addresses in index.ports._taken.items()
            for address, tally in addresses.items()
        },
        "storage": volumes.holdings(index),
        "device classes": index.device_classes,
        "namespaces": dict(index.namespaces),
        "profile": index.profile,
        "version": (index.version, index.features),
    }


def picture_of_pods(index: ClusterIndex) -> dict:
    """What the index holds of pods."""
    nodes, placed = index.nodes, index.placed
    return {
        "homes": {key: nodes.names[placed.node[slot]] for key, slot in placed._slots.items()},
        "all pods": keys(placed, placed.all),
        "deleting": keys(placed, placed.deleting),
        "nominated pods": keys(placed, placed.nominated),
        "labelled": {
            (key, value): keys(placed, pods)
            for key, values in placed._labelled.items()
            for value, pods in values.items()
        },
        "keyed": {key: keys(placed, placed._with_key(key)) for key in POD_LABELS},
        "within": keys(placed, placed.within(SOME_NAMESPACES)),
        "namespaced": {name: keys(placed, pods) for name, pods in placed._namespaces.items()},
        "terms": {key: keys(placed, each.pods) for key, each in index.terms.carried.items()},
        "terms by anchor": {
            anchor: {(each.namespace, each.term) for each in carried}
            for anchor, carried in index.terms._anchored.items()
        },
        "pods": index.pods,
        "awaiting": pods_by(index._known.awaiting),
        "standing on": {name: set(placed.keys_on(slot)) for name, slot in nodes.slots.items()},
        "nominated": pods_by(index._known.nominated),
        "owned": pods_by(index._known.owned),
    }


def pods_by(table: PodsBy) -> dict[str, dict[str, PodInfo]]:
    """The pods of each name by key."""
    return {name: {pod.key: pod for pod in pods} for name, pods in table.items()}


def keys(placed: PodSets, pods: BitMap) -> set[str]:
    """The keys of a set of pods; each of its slots is somebody's."""
    by_slot = {slot: key for key, slot in placed._slots.items()}
    return {by_slot[slot] for slot in pods}


def values_of(nodes: NodeSets, key: str) -> dict[str, set[str]]:
    """The nodes by their value of a label, as its column has them."""
    codes = nodes.column(key).codes
    found: dict[int, set[str]] = {}
    for name, slot in nodes.slots.items():
        if codes[slot]:
            found.setdefault(int(codes[slot]), set()).add(name)
    return {nodes.infos[min(members)].labels[key]: members for members in found.values()}


def names(nodes: NodeSets, bits: int) -> set[str]:
    """The names of a node set, none of them twice."""
    found = list(nodes.named(bits))
    assert len(found) == len(set(found))
    return set(found)


def amounts(nodes: NodeSets, matrix: ResourceMatrix) -> dict[tuple[str, str], int]:
    """The amounts that are not zero; a free slot may hold nothing."""
    rows = {resource: matrix.row(resource) for resource in (*clusters.RESOURCES, "pods")}
    free = [slot for slot in range(len(rows["pods"])) if not nodes.all >> slot & 1]
    assert [row[slot] for row in rows.values() for slot in free if row[slot]] == []
    return {
        (name, resource): int(row[slot])
        for resource, row in rows.items()
        for name, slot in nodes.slots.items()
        if row[slot]
    }


def counts(nodes: NodeSets, tally: Tally) -> dict[str, int]:
    """How many sit on each node; the set says on which any does."""
    assert tally.nodes == sum(1 << slot for slot in tally.counts)
    return {nodes.names[slot]: count for slot, count in tally.counts.items()}


class Stop(Exception):
    """Raised inside an assumption."""


class IndexMachine(RuleBasedStateMachine):
    """Events and assumptions on one index, and what it should hold by them."""

    def __init__(self) -> None:
        super().__init__()
        self.index = ClusterIndex()
        self.contents = Contents()

    @rule(node=any_node)
    def a_node_comes_or_changes(self, node):
        self.index.apply(Applied(node))
        self.contents.nodes[node.name] = node

    @rule(name=node_names, chance=chances)
    def a_node_is_labelled_anew(self, name, chance):
        if name in self.contents.nodes:
            labels = clusters.labels(chance)
            self.a_node_comes_or_changes(replace(self.contents.nodes[name], labels=labels))

    @rule(name=node_names)
    def a_node_goes(self, name):
        self.index.apply(Deleted(NodeInfo, name))
        self.contents.nodes.pop(name, None)

    @rule(nodes=few_nodes)
    def the_nodes_are_listed(self, nodes):
        self.index.apply(Replaced(NodeInfo, tuple(nodes)))
        self.contents.nodes = {node.name: node for node in nodes}

    @rule(pod=any_pod)
    def a_pod_comes_or_changes(self, pod):
        self.index.apply(Applied(pod))
        self.contents.pods[pod.key] = pod

    @rule(data=st.data(), phase=st.sampled_from(("Running", "Succeeded", "Failed")))
    def a_pod_changes_its_phase(self, data, phase):
        if self.contents.pods:
            pod = data.draw(st.sampled_from(list(self.contents.pods.values())))
            self.a_pod_comes_or_changes(replace(pod, phase=phase))

    @rule(data=st.data(), name=st.sampled_from(("", "nowhere", *clusters.NAMES)))
    def a_pod_moves(self, data, name):
        if self.contents.pods:
            pod = data.draw(st.sampled_from(list(self.contents.pods.values())))
            self.a_pod_comes_or_changes(replace(pod, node_name=name, nominated_node_name=""))

    @rule(pod=any_pod)
    def a_pod_goes(self, pod):
        self.index.apply(Deleted(PodInfo, pod.key))
        self.contents.pods.pop(pod.key, None)

    @rule(pods=few_pods)
    def the_pods_are_listed(self, pods):
        self.index.apply(Replaced(PodInfo, tuple(pods)))
        self.contents.pods = {pod.key: pod for pod in pods}

    @rule(object_=stored)
    def another_object_comes_or_changes(self, object_):
        self.index.apply(Applied(object_))
        self.contents.stored[type(object_), object_.key] = object_

    @rule(data=st.data())
    def another_object_goes(self, data):
        known = [*self.contents.stored, *((type_, "unknown") for type_ in STORED)]
        type_, key = data.draw(st.sampled_from(known))
        self.index.apply(Deleted(type_, key))
        self.contents.stored.pop((type_, key), None)

    @rule(objects=st.lists(stored, min_size=1, max_size=5))
    def other_objects_are_listed(self, objects):
        type_ = type(objects[0])
        found = {each.key: each for each in objects if type(each) is type_}
        self.index.apply(Replaced(type_, tuple(found.values())))
        kept = {key: each for key, each in self.contents.stored.items() if key[0] is not type_}
        self.contents.stored = kept | {(type_, key): each for key, each in found.items()}

    @rule(chance=chances)
    def the_namespaces_are_listed(self, chance):
        found = clusters.namespaces(chance)
        listed = tuple(Namespace(name, labels) for name, labels in found.items())
        self.index.apply(Replaced(Namespace, listed))
        self.contents.namespaces = {namespace.name: namespace for namespace in listed}

    @rule(name=st.sampled_from(clusters.NAMESPACES))
    def a_namespace_goes(self, name):
        self.index.apply(Deleted(Namespace, name))
        self.contents.namespaces.pop(name, None)

    @rule(profile=st.builds(clusters.profile, chances))
    def the_profile_changes(self, profile):
        self.index.apply(Applied(profile))
        self.contents.profile = profile

    @rule(version=st.sampled_from(clusters.VERSIONS))
    def the_server_is_upgraded(self, version):
        self.index.apply(Applied(version))
        self.contents.version = version

    @rule(gone=few_pods, here=few_pods, then=few_pods, raises=st.booleans())
    def something_is_assumed(self, gone, here, then, raises):
        before = deepcopy(picture(self.index))
        assumed = Contents(**vars(self.contents) | {"pods": dict(self.contents.pods)})
        for pod in gone:
            assumed.pods.pop(pod.key, None)
        assumed.pods |= {pod.key: pod for pod in here}
        try:
            with self.index.assuming(gone=gone, here=here) as same:
                assert same is self.index
                assert picture(self.index) == picture(assumed.built())
                self._assume_further(assumed, then)
                assert picture(self.index) == picture(assumed.built())
                if raises:
                    raise Stop
        except Stop:
            pass
        assert picture(self.index) == before

    def _assume_further(self, assumed: Contents, pods: list[PodInfo]) -> None:
        """Inside of an assumption the same pods are gone and come back elsewhere."""
        further = Contents(**vars(assumed) | {"pods": assumed.pods | {p.key: p for p in pods}})
        with self.index.assuming(gone=pods, here=pods):
            assert picture(self.index) == picture(further.built())

    @invariant()
    def it_equals_an_index_built_in_one_go(self):
        built = self.contents.built()
        assert picture(self.index) == picture(built)

    @invariant()
    def it_equals_an_index_built_from_its_own_freeze(self):
        thawed = ClusterIndex()
        for event in self.index.freeze():
            thawed.apply(event)
        assert picture(thawed) == picture(self.index)

    @rule(pod=st.builds(clusters.asking, chances))
    def it_answers_as_an_index_built_in_one_go(self, pod):
        before = picture(self.contents.built())
        assert evaluate(pod, self.index).table() == evaluate(pod, self.contents.built()).table()
        assert picture(self.index) == before


IndexMachine.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestIndex = pytest.mark.timeout(120)(IndexMachine.TestCase)
