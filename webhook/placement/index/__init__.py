"""ClusterIndex: the cluster as the predicates read it. State, without I/O or lock.

Nodes live in slots; a set of nodes is an int with one bit per slot. Labels, taints and
cordons are kept as node sets, what is allocatable and what is free of it as int64 matrices of
[resource, slot], placed pods as roaring bitmaps by label and namespace, anti-affinity terms
once each, host ports and the users of volumes by node.
"""

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from pyroaring import BitMap

from webhook.objects import (
    Applied,
    Deleted,
    Event,
    Features,
    NodeInfo,
    PodInfo,
    Profile,
    Replaced,
    Version,
)
from webhook.objects.events import Object
from webhook.objects.profile import DeviceClass, Namespace
from webhook.objects.storage import STORAGE_TYPES, StorageObject
from webhook.objects.version import NEWEST
from webhook.placement.index.columns import bits
from webhook.placement.index.known_pods import KnownPods, stand_alike
from webhook.placement.index.namespaces import Namespaces
from webhook.placement.index.node_sets import NodeSets
from webhook.placement.index.occupancy import Occupancy
from webhook.placement.index.pod_sets import PodSets
from webhook.placement.index.ports import HostPorts
from webhook.placement.index.resource_matrix import ResourceMatrix
from webhook.placement.index.storage import Storage
from webhook.placement.index.terms import Terms

__all__ = ["ClusterIndex", "bits"]


class ClusterIndex:
    """Nodes, pods, namespaces and the scheduler's settings; updated event by event."""

    def __init__(self, version: Version = NEWEST) -> None:
        self.version = version
        self.features = Features.of(version)
        self.profile = Profile()
        self.nodes = NodeSets()
        self.placed = PodSets()
        self.terms = Terms()
        self.ports = HostPorts()
        self.storage = Storage(self.nodes.slots, self.features)
        self.allocatable = ResourceMatrix()
        self.free = ResourceMatrix()
        self.namespaces = Namespaces()
        self.device_classes: dict[str, DeviceClass] = {}
        self._occupancy = Occupancy(self.free, self.placed, self.terms, self.ports, self.storage)
        self._known = KnownPods(self.nodes.slots)
        self.pods = self._known.by_key

    def apply(self, event: Event) -> None:
        """Take in one event; kinds that the verdict does not read are ignored."""
        if isinstance(event, Applied):
            self._applied(event.object)
        elif isinstance(event, Deleted):
            self._deleted(event.type, event.key)
        else:  # a whole list
            for change in event.changes(self.keys(event.type)):
                self.apply(change)

    def _applied(self, object_: Object) -> None:
        match object_:
            case PodInfo():
                self._put_pod(object_)
            case NodeInfo():
                self._put_node(object_)
            case Namespace():
                self.namespaces.put(object_.name, object_.labels)
            case DeviceClass():
                self.device_classes[object_.name] = object_
            case Profile():
                self.profile = object_
            case Version():
                self.version, self.features = object_, Features.of(object_)
                self.storage.judge_by(self.features)
            case _ if type(object_) in STORAGE_TYPES:
                self.storage.put(cast("StorageObject", object_))
            case _:
                pass

    def _deleted(self, type_: type, key: Hashable) -> None:
        if type_ is PodInfo and key in self.pods:
            self._drop_pod(self.pods[str(key)])
        elif type_ is NodeInfo and key in self.nodes.infos:
            self._drop_node(str(key))
        elif type_ is Namespace:
            self.namespaces.drop(str(key))
        elif type_ is DeviceClass:
            self.device_classes.pop(str(key), None)
        elif type_ in STORAGE_TYPES:
            self.storage.remove(type_, key)
        elif type_ is Profile:
            self.profile = Profile()

    def keys(self, type_: type) -> list[Hashable]:
        """The keys of all objects of the type that are known here."""
        if type_ is NodeInfo:
            return list(self.nodes.infos)
        if type_ is PodInfo:
            return list(self.pods)
        if type_ in STORAGE_TYPES:
            return list(self.storage.of(type_))
        if type_ is DeviceClass:
            return list(self.device_classes)
        return list(self.namespaces) if type_ is Namespace else []

    @contextmanager
    def assuming(
        self, gone: Iterable[PodInfo] = (), here: Iterable[PodInfo] = ()
    ) -> Iterator["ClusterIndex"]:
        """The index as if these pods were gone and those were there; exactly undone."""
        undo: list[tuple[PodInfo | None, PodInfo | None]] = []
        try:
            for pod in gone:
                undo.append((None, self.pods.get(pod.key)))
                self._swap(self.pods.get(pod.key), None)
            for pod in here:
                undo.append((pod, self.pods.get(pod.key)))
                self._swap(self.pods.get(pod.key), pod)
            yield self
        finally:
            for present, before in reversed(undo):
                self._swap(present, before)

    def _swap(self, old: PodInfo | None, new: PodInfo | None) -> None:
        if old is not None:
            self._drop_pod(old)
        if new is not None:
            self._put_pod(new)

    def freeze(self) -> tuple[Event, ...]:
        """The events that build an equal index."""
        namespaces = tuple(Namespace(name, labels) for name, labels in self.namespaces.items())
        return (
            Applied(self.version),
            Applied(self.profile),
            Replaced(Namespace, namespaces),
            Replaced(NodeInfo, tuple(self.nodes.infos.values())),
            Replaced(PodInfo, tuple(self.pods.values())),
            Replaced(DeviceClass, tuple(self.device_classes.values())),
            *(Replaced(type_, tuple(self.storage.of(type_).values())) for type_ in STORAGE_TYPES),
        )

    def delegated(self, resource: str) -> int:
        """The nodes on which DynamicResources, not NodeResourcesFit, decides on a resource.

        Since 1.36: those without any of it, where a DeviceClass serves it.
        """
        if not (self.device_classes and self.features.devices_as_resources):
            return 0
        if not any(resource in each.resources for each in self.device_classes.values()):
            return 0
        return bits(self.allocatable.row(resource) <= 0) & self.nodes.all

    def nominated(self, pod: PodInfo) -> Iterator[tuple[int, list[PodInfo]]]:
        """Per node, the pods nominated to it that the pod must leave room for.

        A scheduler knows only those nominations that are of pods in its own queue.
        """
        for name, pods in self._known.nominated.items():
            ahead = [p for p in pods if p.priority >= pod.priority and p.key != pod.key]
            ahead = [p for p in ahead if p.scheduler_name == pod.scheduler_name]
            if ahead and self.nodes.bit(name):
                yield self.nodes.bit(name), ahead

    def standing(self, pods: BitMap) -> int:
        """The nodes on which any of these placed pods stands."""
        return self.placed.nodes(pods, len(self.nodes.names))

    def owned(self, uid: str) -> Iterable[PodInfo]:
        """The pods whose controller has this uid."""
        return self._known.owned[uid]

    def _put_node(self, info: NodeInfo) -> None:
        known = self.nodes.infos.get(info.name)
        if known == info:
            return
        if known is not None:
            slot = self.nodes.update(info)
            self.free.add(slot, known.allocatable, -1)
            self.allocatable.clear(slot)
        else:
            slot = self.nodes.add(info)
            self.allocatable.reserve(slot + 1)
            self.free.reserve(slot + 1)
            self.storage.join(info.name, slot)
            for pod in self._known.awaiting.pop(info.name):
                self._occupancy.add(pod, slot)
        self.allocatable.add(slot, info.allocatable)
        self.free.add(slot, info.allocatable)

    def _drop_node(self, name: str) -> None:
        slot = self.nodes.slots[name]
        for key in self.placed.keys_on(slot):
            self._occupancy.remove(self.pods[key], slot)
            self._known.awaiting.put(name, self.pods[key])
        self.storage.leave(name, slot)
        self.nodes.remove(name)
        self.allocatable.clear(slot)
        self.free.clear(slot)

    def _put_pod(self, pod: PodInfo) -> None:
        known = self.pods.get(pod.key)
        if known == pod:
            return
        slot = self._slot(pod)
        if known is None or not stand_alike(known, pod):
            if known is not None:
                self._drop_pod(known)
            if slot is not None:
                self._occupancy.add(pod, slot)
        elif slot is not None:
            self._occupancy.replace(known, pod, slot)
        self._known.put(pod)

    def _drop_pod(self, pod: PodInfo) -> None:
        slot = self._slot(pod)
        if slot is not None:
            self._occupancy.remove(pod, slot)
        self._known.drop(pod)

    def _slot(self, pod: PodInfo) -> int | None:
        """Where the pod counts; a terminated one, or one on no known node, nowhere."""
        return None if pod.terminated else self.nodes.slots.get(pod.node_name)
