"""Node objects, as kubelet registers them and virt-handler's node labeller labels them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.cluster.api import Object

HEARTBEAT = "kubevirt.io/heartbeat"
MACHINE_TYPE = "pc-q35-rhel9.8.0"
"""What `q35` stands for in the virt-launcher of the pinned release; a VMI's status has this."""

CPU_MODEL = "Skylake-Client-IBRS"
KUBELET_VERSION = "v1.36.3"
LEASE_SECONDS = 40


@dataclass(frozen=True)
class NodeSpec:
    """What distinguishes a node; the rest is alike on all of them."""

    name: str
    zone: str
    cpu: str = "8"
    memory: str = "32Gi"
    cpu_model: str = CPU_MODEL
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()


FOUR_IN_TWO_ZONES = (
    NodeSpec("node-a", "zone-1"),
    NodeSpec("node-b", "zone-1"),
    NodeSpec("node-c", "zone-2"),
    NodeSpec("node-d", "zone-2"),
)


def node(spec: NodeSpec, now: str) -> Object:
    """Return the Node that kubelet creates, already labelled for KubeVirt."""
    labels = {
        "kubernetes.io/hostname": spec.name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": "region-1",
        "topology.kubernetes.io/zone": spec.zone,
        "kubevirt.io/schedulable": "true",
        "cpu-vendor.node.kubevirt.io/Intel": "true",
        "machine-type.node.kubevirt.io/q35": "true",
        f"machine-type.node.kubevirt.io/{MACHINE_TYPE}": "true",
        f"host-model-cpu.node.kubevirt.io/{spec.cpu_model}": "true",
        f"cpu-model.node.kubevirt.io/{spec.cpu_model}": "true",
        f"cpu-model-migration.node.kubevirt.io/{spec.cpu_model}": "true",
        **spec.labels,
    }
    metadata = {"name": spec.name, "labels": labels, "annotations": {HEARTBEAT: now}}
    taints = [dict(taint) for taint in spec.taints]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "spec": {"taints": taints} if taints else {},
    }


def status(spec: NodeSpec, now: str) -> Object:
    """Return the status that kubelet writes: what the node has, and that it is ready."""
    devices = ("kvm", "tun", "vhost-net")
    room = {
        "cpu": spec.cpu,
        "memory": spec.memory,
        "ephemeral-storage": "100Gi",
        "pods": "110",
        **{f"devices.kubevirt.io/{device}": "1k" for device in devices},
    }
    addresses = (("InternalIP", "127.0.0.1"), ("Hostname", spec.name))
    return {
        "capacity": room,
        "allocatable": room,
        "addresses": [{"type": kind, "address": address} for kind, address in addresses],
        "conditions": conditions(now),
        "nodeInfo": {
            "architecture": "amd64",
            "operatingSystem": "linux",
            "kubeletVersion": KUBELET_VERSION,
            "kubeProxyVersion": "",
            "kernelVersion": "6.12",
            "osImage": "stand-in",
            "containerRuntimeVersion": "stand-in://1",
            "machineID": spec.name,
            "systemUUID": spec.name,
            "bootID": spec.name,
        },
    }


def conditions(now: str) -> list[Object]:
    """Return the conditions of a healthy node."""
    states = {
        "Ready": ("True", "KubeletReady"),
        "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID"),
    }
    return [
        {
            "type": kind,
            "status": state,
            "reason": reason,
            "message": reason,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        for kind, (state, reason) in states.items()
    ]


def lease(name: str, now: str) -> Object:
    """Return the Lease by which kubelet says that it is alive; `now` has microseconds."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": "kube-node-lease"},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now},
    }


def is_ready(found: Object | None) -> bool:
    """Whether a Node says that it is ready."""
    shown = ((found or {}).get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in shown)
