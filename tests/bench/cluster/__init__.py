"""Cluster: every API object of a generated cluster as JSON, and requests about its VMs.

Nothing big is kept: the plan (who runs where) is some ten MiB at full size, and each object is
made from it whenever it is asked for. The same size and seed give the same bytes.

chance      seeded draws
shapes      how big nodes and pods are, from a real cluster
plan        who runs where
wire        parts that all objects share
nodes, workloads, machines, launchers, storage, settings    the objects
queries     AdmissionReviews
loading     an Inventory, loaded as from an API server
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path

from tests.bench.cluster import (
    launchers,
    loading,
    machines,
    nodes,
    queries,
    settings,
    storage,
    workloads,
)
from tests.bench.cluster.plan import DAEMONS, Plan, planned
from tests.bench.cluster.queries import Query
from tests.bench.cluster.shapes import RECORDED, read
from tests.bench.cluster.wire import Tree, custom, typed
from webhook.inventory import Inventory
from webhook.kube.watched import WATCHED

__all__ = ["Cluster", "NoSuchCluster", "Query"]

FEWEST_NODES = 20
PODS_PER_NODE = range(15, 51)
TRACE = "VM_AFFINITY_OPENB"
CUSTOM = frozenset(
    {"KubeVirt", "VirtualMachine"} | {f"VirtualMachineInstance{m}" for m in ("", "Migration")}
)
"""The kinds that came with a CRD: in a list, only their items say what they are."""


class NoSuchCluster(ValueError):
    """A cluster of this size cannot be planned; the text is one sentence."""


class Cluster:
    """A cluster of so many nodes and pods. Raises NoSuchCluster, and NoTrace of `shapes`."""

    def __init__(self, nodes: int = 5_000, pods: int = 150_000, seed: int = 1) -> None:
        if nodes < FEWEST_NODES:
            raise NoSuchCluster(f"a cluster has at least {FEWEST_NODES} nodes, not {nodes}")
        if pods // nodes not in PODS_PER_NODE:
            low, high = PODS_PER_NODE[0], PODS_PER_NODE[-1]
            raise NoSuchCluster(
                f"{pods:,} pods are not {low} to {high} for each of {nodes:,} nodes"
            )
        self.nodes, self.pods, self.seed = nodes, pods, seed

    @cached_property
    def plan(self) -> Plan:
        """Who runs where."""
        folder = os.environ.get(TRACE)
        shapes = read(Path(folder)) if folder else RECORDED
        return planned(self.nodes, self.pods, self.seed, shapes)

    def kinds(self) -> tuple[str, ...]:
        """Every kind that the webhook watches, in the order in which it lists them."""
        return tuple(row.kind for row in WATCHED)

    def objects(self, kind: str) -> Iterator[bytes]:
        """The JSON of each object of this kind; none of a kind that the cluster lacks."""
        return map(custom if kind in CUSTOM else typed, self._trees(kind))

    def _trees(self, kind: str) -> Iterable[Tree]:
        plan = self.plan
        made = _MADE.get(kind)
        return made(plan) if made else ()

    def count(self, kind: str) -> int:
        """How many objects of this kind there are."""
        if kind in ("Node", "CSINode"):
            return self.nodes
        if kind == "Pod":
            return self.pods
        if kind in ("VirtualMachine", "VirtualMachineInstance"):
            return len(self.plan.machines)
        return sum(1 for _ in self._trees(kind))

    def pages(self, kind: str, size: int) -> Iterator[bytes]:
        """The answers to a paged LIST of this kind; the last one has no `continue`."""
        version, objects = "9000000", map(_item, self.objects(kind))
        page = list(islice(objects, size))
        while True:
            following = list(islice(objects, size))
            more = b',"continue":"next"' if following else b""
            head = f'{{"kind":"{kind}List","metadata":{{"resourceVersion":"{version}"'.encode()
            yield head + more + b'},"items":[' + b",".join(page) + b"]}"
            if not following:
                return
            page = following

    def pod(self, number: int) -> bytes:
        """The JSON of the number-th pod: daemons, then guests, then the others."""
        return typed(_pod(self.plan, number))

    def node(self, number: int) -> bytes:
        """The JSON of the number-th node."""
        return typed(nodes.node(self.plan, number))

    def inventory(self) -> Inventory:
        """Everything read from list pages and applied, as the webhook does it."""
        return loading.loaded(self)

    def queries(self, count: int, seed: int = 1) -> list[Query]:
        """Changes of the placement of running VMs, a mix of all sorts; see `queries`."""
        return queries.mix(self.plan, count, seed)

    def broad(self, selector: str, count: int, seed: int = 1) -> list[Query]:
        """Changes with one such selector of `queries.BROAD` and nothing else."""
        return queries.broad(self.plan, selector, count, seed)


def _item(object_: bytes) -> bytes:
    """An object as an item of a list, which says the kind of those that are built in."""
    return _KIND.sub(b"{", object_, count=1)


_KIND = re.compile(rb'^\{"kind":"\w+","apiVersion":"[\w./]+",')


def _pod(plan: Plan, number: int) -> Tree:
    daemons, guests = len(plan.shapes) * len(DAEMONS), len(plan.machines)
    if number < daemons:
        return workloads.daemon_pod(plan, number)
    if number < daemons + guests:
        return launchers.launcher_pod(plan, number - daemons)
    at = number - daemons - guests
    return workloads.service_pod(plan, at, plan.others[at])


def _pods(plan: Plan) -> Iterator[Tree]:
    count = len(plan.shapes) * len(DAEMONS) + len(plan.machines) + len(plan.others)
    return (_pod(plan, number) for number in range(count))


def _each(make: Callable[[Plan, int], Tree], guests: bool) -> Callable[[Plan], Iterator[Tree]]:
    """One object for each guest, or for each node."""

    def objects(plan: Plan) -> Iterator[Tree]:
        return (make(plan, at) for at in range(len(plan.machines if guests else plan.shapes)))

    return objects


def _claimed(make: Callable[[Plan, storage.BoundClaim], Tree]) -> Callable[[Plan], Iterator[Tree]]:
    return lambda plan: (make(plan, bound) for bound in storage.claims(plan))


_MADE: Mapping[str, Callable[[Plan], Iterator[Tree]]] = {
    "Node": _each(nodes.node, guests=False),
    "CSINode": _each(nodes.csi_node, guests=False),
    "Pod": _pods,
    "VirtualMachine": _each(machines.machine, guests=True),
    "VirtualMachineInstance": _each(machines.instance, guests=True),
    "VirtualMachineInstanceMigration": settings.migrations,
    "Namespace": settings.namespaces,
    "ResourceQuota": settings.quotas,
    "LimitRange": settings.limit_ranges,
    "KubeVirt": settings.kubevirts,
    "PriorityClass": settings.priority_classes,
    "PersistentVolumeClaim": _claimed(storage.claim),
    "PersistentVolume": _claimed(storage.volume),
    "VolumeAttachment": _claimed(storage.attachment),
    "StorageClass": storage.classes,
    "CSIDriver": storage.drivers,
}
