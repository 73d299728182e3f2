"""What the pods that stand on nodes take up there."""

from dataclasses import dataclass

from webhook.objects import PodInfo
from webhook.placement.index.pod_sets import PodSets
from webhook.placement.index.ports import HostPorts
from webhook.placement.index.resource_matrix import ResourceMatrix
from webhook.placement.index.storage import Storage
from webhook.placement.index.terms import Terms

_ONE_POD = {"pods": 1}


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The parts of an index in which a pod counts on its node slot, changed together."""

    free: ResourceMatrix
    placed: PodSets
    terms: Terms
    ports: HostPorts
    storage: Storage

    def add(self, pod: PodInfo, node: int) -> None:
        """The pod stands on the node slot from now on."""
        self.free.add(node, pod.usage, -1)
        self.free.add(node, _ONE_POD, -1)
        self.terms.add(pod, self.placed.add(pod, node))
        self.ports.place(pod, node, 1)
        self.storage.place(pod, node, 1)

    def remove(self, pod: PodInfo, node: int) -> None:
        """The pod stood on the node slot until now."""
        self.free.add(node, pod.usage)
        self.free.add(node, _ONE_POD)
        self.terms.remove(pod, self.placed.remove(pod))
        self.ports.place(pod, node, -1)
        self.storage.place(pod, node, -1)

    def replace(self, before: PodInfo, pod: PodInfo, node: int) -> None:
        """The pod changed where it stands: only what differs is counted anew.

        Its volumes are looked up by the pod itself, so they change hands in any case.
        """
        if before.usage != pod.usage:
            self.free.add(node, before.usage)
            self.free.add(node, pod.usage, -1)
        slot = self.placed.update(before, pod)
        if before.rules.pod_anti_affinity != pod.rules.pod_anti_affinity:
            self.terms.remove(before, slot)
            self.terms.add(pod, slot)
        if before.host_ports != pod.host_ports:
            self.ports.place(before, node, -1)
            self.ports.place(pod, node, 1)
        if before.claims or before.disks or pod.claims or pod.disks:
            self.storage.place(before, node, -1)
            self.storage.place(pod, node, 1)
