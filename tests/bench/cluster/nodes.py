"""Nodes and CSINodes: about 50 labels and 25 KiB each, as a kubelet and KubeVirt leave them."""

from tests.bench.cluster.chance import Chance
from tests.bench.cluster.plan import PODS_PER_NODE, Plan
from tests.bench.cluster.wire import TIME, Tree, condition, managed, raw, uid

EXAMPLE = "example.com"
ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"
DISKS = ("ssd", "nvme", "hdd")
NETS = ("10g", "25g", "100g")
POOLS = ("general", "compute", "memory", "storage")
FEATURES = ("avx512", "sriov", "tpm", "secure-boot", "rdma", "numa")
GENERATIONS = ("Haswell", "Broadwell", "Skylake-Server", "Cascadelake-Server", "Icelake-Server")
NODES_PER_RACK = 40
CSI = "csi.example.com"
_HYPERV = ("base", "frequencies", "ipi", "reset", "runtime", "synic", "time", "vpindex")
_CPU_FEATURES = ("vmx-exit-load", "arch-capabilities", "pdpe1gb", "ssbd", "stibp", "umip", "xsaves")


def node_name(number: int) -> str:
    """The name of a node."""
    return f"node-{number:05d}"


def labels(plan: Plan, number: int) -> dict[str, str]:
    """All labels of a node."""
    chance = Chance(plan.seed, 2, number)
    shape = plan.shapes[number]
    own = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        HOSTNAME: node_name(number),
        "node.kubernetes.io/instance-type": f"m{shape.cpu // 1000}.{shape.memory // 1024}g",
        "topology.kubernetes.io/region": "eu",
        ZONE: plan.zone(number),
        f"{EXAMPLE}/rack": f"r{number // NODES_PER_RACK:03d}",
        f"{EXAMPLE}/disk": chance.one_of(DISKS),
        f"{EXAMPLE}/net": chance.one_of(NETS),
        f"{EXAMPLE}/pool": chance.one_of(POOLS),
        f"{EXAMPLE}/generation": str(1 + chance.below(9)),
        f"{EXAMPLE}/age-days": str(chance.below(1500)),
        f"{EXAMPLE}/team": f"team-{chance.below(20)}",
    }
    own |= {f"{EXAMPLE}/{name}": "true" for name in FEATURES if chance.happens(0.6)}
    if shape.gpus:
        own[f"{EXAMPLE}/gpu"] = shape.model
    return own | _kubevirt_labels(plan, number, chance)


def _kubevirt_labels(plan: Plan, number: int, chance: Chance) -> dict[str, str]:
    """Those of KubeVirt's node labeller: newer hosts know the older models, too."""
    newest = chance.one_of((1, 2, 2, 3, 3, 4))
    known = GENERATIONS[: newest + 1]
    true = [
        "machine-type.node.kubevirt.io/q35",
        "machine-type.node.kubevirt.io/pc-q35-rhel9.6.0",
        "cpu-vendor.node.kubevirt.io/Intel",
        f"host-model-cpu.node.kubevirt.io/{known[-1]}",
        *(f"cpu-model.node.kubevirt.io/{model}" for model in known),
        *(f"cpu-model-migration.node.kubevirt.io/{model}" for model in known),
        *(f"hyperv.node.kubevirt.io/{name}" for name in _HYPERV),
        *(f"cpu-feature.node.kubevirt.io/{name}" for name in _CPU_FEATURES),
    ]
    return dict.fromkeys(true, "true") | {
        "kubevirt.io/schedulable": "true" if plan.schedulable[number] else "false",
        "cpu-timer.node.kubevirt.io/tsc-frequency": "2100000000",
        "cpu-timer.node.kubevirt.io/tsc-scalable": "true",
    }


_TAINTS: dict[str, list[Tree]] = {
    "": [],
    "gpu": [{"effect": "NoSchedule", "key": f"{EXAMPLE}/gpu", "value": "present"}],
    "infra": [{"effect": "NoSchedule", "key": "dedicated", "value": "infra"}],
    "maintenance": [{"effect": "NoSchedule", "key": "maintenance", "value": "planned"}],
    "cordoned": [{"effect": "NoSchedule", "key": "node.kubernetes.io/unschedulable"}],
    "not-ready": [
        {"effect": effect, "key": "node.kubernetes.io/not-ready"}
        for effect in ("NoSchedule", "NoExecute")
    ],
}
_REGISTRY = "registry.eu-central.example.com/platform-services/release-2026/component"
_IMAGES = raw(
    [
        {
            "names": [
                f"{_REGISTRY}-{each}@sha256:{(uid(each) * 2).replace('-', ''):.64}",
                f"{_REGISTRY}-{each}:v1.{each}.0-el10.20261122",
            ],
            "sizeBytes": 31_457_280 + 1_234_567 * each,
        }
        for each in range(50)
    ]
)
_INFO = raw(
    {
        "architecture": "amd64",
        "bootID": uid(1),
        "containerRuntimeVersion": "containerd://2.1.0",
        "kernelVersion": "6.12.0-55.el10.x86_64",
        "kubeProxyVersion": "v1.36.2",
        "kubeletVersion": "v1.36.2",
        "machineID": uid(2).replace("-", ""),
        "operatingSystem": "linux",
        "osImage": "Enterprise Linux 10.1",
        "systemUUID": uid(3),
    }
)


def node(plan: Plan, number: int) -> Tree:
    """A Node."""
    name, own = node_name(number), labels(plan, number)
    taint = plan.taints[number]
    spec: Tree = {"podCIDR": f"10.{number // 256 % 256}.{number % 256}.0/24", "providerID": name}
    if taint:
        spec["taints"] = [{**each, "timeAdded": TIME} for each in _TAINTS[taint]]
    if taint == "cordoned":
        spec["unschedulable"] = True
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "annotations": _annotations(number),
            "creationTimestamp": TIME,
            "labels": own,
            "managedFields": [
                _MANAGED,
                managed("virt-handler", {"metadata": {"labels": own}}),
            ],
            "name": name,
            "resourceVersion": str(1_000_000 + number),
            "uid": uid(plan.seed, 3, number),
        },
        "spec": spec,
        "status": _status(plan, number),
    }


def _annotations(number: int) -> dict[str, str]:
    config = f'{{"mtu":9000,"bond":"bond0","vlan":{number % 4000}}}'
    return {
        "csi.volume.kubernetes.io/nodeid": f'{{"{CSI}":"{node_name(number)}"}}',
        "kubevirt.io/heartbeat": TIME,
        "kubevirt.io/ksm-enabled": "false",
        "network.example.com/node-config": f"[{','.join([config] * 40)}]",
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }


def _status(plan: Plan, number: int) -> Tree:
    shape = plan.shapes[number]
    ready = "Unknown" if plan.taints[number] == "not-ready" else "True"
    pressures = ("MemoryPressure", "DiskPressure", "PIDPressure")
    return {
        "addresses": [
            {"address": f"192.168.{number // 256}.{number % 256}", "type": "InternalIP"},
            {"address": node_name(number), "type": "Hostname"},
        ],
        "allocatable": _resources(shape.cpu - 500, shape.memory - 2048, shape.gpus),
        "capacity": _resources(shape.cpu, shape.memory, shape.gpus),
        "conditions": [
            *(_condition(type_, "False", "KubeletHasNo" + type_) for type_ in pressures),
            _condition("Ready", ready, "KubeletReady"),
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "images": _IMAGES,
        "nodeInfo": _INFO,
    }


def _condition(type_: str, status: str, reason: str) -> Tree:
    more = {"lastHeartbeatTime": TIME, "message": f"kubelet says {reason}", "reason": reason}
    return condition(type_, status, **more)


def _resources(cpu: int, memory: int, gpus: int) -> dict[str, str]:
    own = {
        "cpu": f"{cpu}m",
        "devices.kubevirt.io/kvm": "1k",
        "devices.kubevirt.io/tun": "1k",
        "devices.kubevirt.io/vhost-net": "1k",
        "ephemeral-storage": "1800Gi",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{memory}Mi",
        "pods": str(PODS_PER_NODE),
    }
    return own | ({f"{EXAMPLE}/gpu": str(gpus * 1000)} if gpus else {})


_MANAGED = raw(
    managed(
        "kubelet",
        {
            "metadata": {"annotations": _annotations(0), "labels": {"kubernetes.io/os": ""}},
            "status": {
                "addresses": {},
                "allocatable": _resources(0, 0, 1),
                "capacity": _resources(0, 0, 1),
                "conditions": [
                    {"name": each, "lastHeartbeatTime": "", "message": "", "reason": ""}
                    for each in ("DiskPressure", "MemoryPressure", "PIDPressure", "Ready")
                ],
                "images": {},
                "nodeInfo": {},
            },
        },
        "status",
    )
)


def csi_node(plan: Plan, number: int) -> Tree:
    """A CSINode: one driver with a limit, and one without."""
    name = node_name(number)
    drivers = [
        {
            "name": CSI,
            "nodeID": name,
            "topologyKeys": [ZONE],
            "allocatable": {"count": 24 + 8 * (number % 3)},
        },
        {"name": "nfs.csi.k8s.io", "nodeID": name, "topologyKeys": None},
    ]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {
            "annotations": {"storage.alpha.kubernetes.io/migrated-plugins": "kubernetes.io/cinder"},
            "creationTimestamp": TIME,
            "name": name,
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Node",
                    "name": name,
                    "uid": uid(plan.seed, 3, number),
                }
            ],
            "resourceVersion": str(1_000_000 + number),
            "uid": uid(plan.seed, 4, number),
        },
        "spec": {"drivers": drivers},
    }
