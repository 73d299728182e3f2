"""Who runs where: the numbers behind a generated cluster, without any object.

Four sorts of pods: five daemons on every node; guests and batch pods, together as many per node
as in the real cluster and with its sizes; and small services, which fill up the number of pods.
What is placed fits: no node's allocatable is exceeded.
"""

from dataclasses import dataclass, field, replace

from tests.bench.cluster.chance import Chance, Weighted
from tests.bench.cluster.shapes import NodeShape, PodShape, Shapes

ZONES = ("eu-a", "eu-b", "eu-c")
DAEMONS = ("kube-proxy", "cilium", "csi-node", "node-exporter", "virt-handler")
DAEMON = PodShape(100, 128, 0)
PODS_PER_NODE = 110
PODS_PER_MACHINE = 7.5
"""One virt-launcher pod in so many pods: 20,000 of 150,000."""
NODES_PER_NAMESPACE = 5
SERVICE = Weighted(
    [
        (PodShape(10, 32, 0), 30),
        (PodShape(50, 64, 0), 25),
        (PodShape(100, 128, 0), 20),
        (PodShape(250, 512, 0), 15),
        (PodShape(500, 1024, 0), 8),
        (PodShape(1000, 2048, 0), 2),
    ]
)
TAINTS = ("", "gpu", "infra", "maintenance", "cordoned", "not-ready")
TIERS = Weighted([("web", 76), ("db", 14), ("cache", 5), ("queue", 3), ("batch", 2)])
_TRIES = 12
_PENDING = 0.002


@dataclass(frozen=True, slots=True)
class Workload:
    """Pods of one template: a Deployment, StatefulSet, Job or group of VMs.

    `apart` says that a node takes one of its pods at most.
    """

    number: int
    sort: str
    namespace: int
    tier: str
    size: int
    apart: bool


@dataclass(frozen=True, slots=True)
class PlacedPod:
    """A pod of a workload; node -1 while it waits for one."""

    workload: Workload
    ordinal: int
    shape: PodShape
    node: int


@dataclass(slots=True)
class _Node:
    """What is left of a node while the plan is made."""

    number: int
    cpu: int
    memory: int
    gpu: int
    pods: int = PODS_PER_NODE
    workloads: set[int] = field(default_factory=set)

    def takes(self, shape: PodShape, workload: Workload) -> bool:
        return (
            self.cpu >= shape.cpu
            and self.memory >= shape.memory
            and self.gpu >= shape.gpu
            and self.pods > 0
            and not (workload.apart and workload.number in self.workloads)
        )

    def take(self, shape: PodShape, workload: int) -> None:
        self.cpu -= shape.cpu
        self.memory -= shape.memory
        self.gpu -= shape.gpu
        self.pods -= 1
        self.workloads.add(workload)


@dataclass(frozen=True, slots=True)
class Plan:
    """The cluster in numbers; a node and a namespace are their numbers."""

    seed: int
    shapes: tuple[NodeShape, ...]
    taints: tuple[str, ...]
    schedulable: tuple[bool, ...]
    namespaces: int
    machines: tuple[PlacedPod, ...]
    others: tuple[PlacedPod, ...]

    def zone(self, node: int) -> str:
        """The zone of a node."""
        return ZONES[node % len(ZONES)]


def planned(nodes: int, pods: int, seed: int, shapes: Shapes) -> Plan:
    """The plan of a cluster of this size; the same for the same seed."""
    return _Planning(nodes, pods, seed, shapes).plan()


class _Planning:
    def __init__(self, nodes: int, pods: int, seed: int, shapes: Shapes) -> None:
        self.seed, self.pods = seed, pods
        self.chance = Chance(seed, 1)
        self.pod_shapes = Weighted(shapes.pods)
        node_shapes = Weighted(shapes.nodes)
        self.shapes = tuple(node_shapes.of(self.chance) for _ in range(nodes))
        self.taints = tuple(self._taint(shape) for shape in self.shapes)
        self.schedulable = tuple(not self.chance.happens(0.03) for _ in range(nodes))
        self.namespaces = max(5, nodes // NODES_PER_NAMESPACE)
        self.left = [
            _Node(number, *_allocatable(shape)) for number, shape in enumerate(self.shapes)
        ]
        self.machines = round(pods / PODS_PER_MACHINE)
        self.batch = max(0, round(nodes * shapes.density) - self.machines)
        self.workloads = 0

    def plan(self) -> Plan:
        for node in self.left:
            for _ in DAEMONS:
                node.take(DAEMON, -1)
        open_ = [node for node in self.left if self.taints[node.number] not in ("gpu", "infra")]
        hosts = [node for node in open_ if self.schedulable[node.number]]
        machines = self._placed("VM", self.machines, hosts)
        batch = self._placed("Job", self.batch, self.left)
        rest = self.pods - len(self.left) * len(DAEMONS) - self.machines - self.batch
        services = self._placed("Service", rest, open_)
        return Plan(
            seed=self.seed,
            shapes=self.shapes,
            taints=self.taints,
            schedulable=self.schedulable,
            namespaces=self.namespaces,
            machines=tuple(machines),
            others=tuple(batch + services),
        )

    def _taint(self, shape: NodeShape) -> str:
        if shape.gpus and self.chance.happens(0.15):
            return "gpu"
        return Weighted(
            [("", 920), ("infra", 30), ("maintenance", 20), ("cordoned", 25), ("not-ready", 5)]
        ).of(self.chance)

    def _placed(self, sort: str, count: int, nodes: list[_Node]) -> list[PlacedPod]:
        found: list[PlacedPod] = []
        while len(found) < count:
            workload = self._workload(sort, count - len(found))
            shape = self._shape(sort)
            for ordinal in range(workload.size):
                found.append(self._place(workload, ordinal, shape, nodes))
        return found

    def _workload(self, sort: str, most: int) -> Workload:
        """Most have few pods and some have many; a VM is in a group of its own or of a few."""
        self.workloads += 1
        chance = self.chance
        largest = chance.one_of((1, 1, 2, 3, 5, 8) if sort == "VM" else (1, 2, 3, 3, 8, 24))
        kinds = {"Service": ("Deployment", "Deployment", "StatefulSet")}.get(sort, (sort,))
        return Workload(
            number=self.workloads,
            sort=chance.one_of(kinds),
            namespace=min(chance.below(self.namespaces), chance.below(2 * self.namespaces)),
            tier=TIERS.of(chance),
            size=min(1 + chance.below(largest), most),
            apart=largest > 1 and chance.happens(0.4 if sort == "VM" else 0.15),
        )

    def _shape(self, sort: str) -> PodShape:
        if sort == "Service":
            return SERVICE.of(self.chance)
        shape = self.pod_shapes.of(self.chance)
        return shape._replace(gpu=0) if sort == "VM" else shape

    def _place(
        self, workload: Workload, ordinal: int, shape: PodShape, nodes: list[_Node]
    ) -> PlacedPod:
        """On one of a few nodes that take it, or smaller; a service may have to wait."""
        guest = workload.sort == "VM"
        if not guest and self.chance.happens(_PENDING):
            return PlacedPod(workload, ordinal, shape, -1)
        while shape.cpu > 1:
            asked = requested(shape) if guest else shape
            if node := self._fitting(asked, workload, nodes):
                node.take(asked, workload.number)
                return PlacedPod(workload, ordinal, shape, node.number)
            shape = PodShape(shape.cpu // 2, shape.memory // 2, 0)
        if guest and workload.apart:  # more of them than there are nodes for them
            beside = replace(workload, apart=False)
            return self._place(beside, ordinal, PodShape(500, 512, 0), nodes)
        return PlacedPod(workload, ordinal, shape, -1)

    def _fitting(self, asked: PodShape, workload: Workload, nodes: list[_Node]) -> _Node | None:
        """One of a few nodes that takes it; on half of the draws the one with least left."""
        packed = self.chance.happens(0.5)
        for _ in range(_TRIES):
            drawn = [self.chance.one_of(nodes) for _ in range(3 if packed else 1)]
            fitting = [node for node in drawn if node.takes(asked, workload)]
            if fitting:
                return min(fitting, key=lambda each: each.memory)
        return None


OVERHEAD = 420
"""MiB that a launcher pod asks for beside the guest's memory."""
CPU_RATIO = 10
"""KubeVirt's cpuAllocationRatio: a guest's CPU asks for a tenth of one."""


def cores(shape: PodShape) -> int:
    """The CPUs of a guest of this size."""
    return max(1, round(shape.cpu / 1000))


def requested(shape: PodShape) -> PodShape:
    """What the launcher pod of a guest of this size asks for, sidecars included."""
    return PodShape(cores(shape) * 1000 // CPU_RATIO + 6, shape.memory + OVERHEAD + 40, 0)


def _allocatable(shape: NodeShape) -> tuple[int, int, int]:
    """Millicores, MiB and thousandths of GPUs for pods: the system keeps some."""
    return shape.cpu - 500, shape.memory - 2048, shape.gpus * 1000
