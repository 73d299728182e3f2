"""The stage: nodes that have everything, volumes, and what the VMs refer to."""

import json
from pathlib import Path

from tests.cluster.api import ApiClient, Object, path
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import FOUR_IN_TWO_ZONES, NodeSpec
from tests.cluster.waiting import until

HERE = Path(__file__).parent
NAMESPACES = ("default", "limited", "with-quota")
CLAIMS = ("shared-1", "shared-2", "shared-3")
LABELS = {
    "disk": "ssd",
    "hall": "north",
    "runtime": "heavy",
    "kubevirt.io/cpumanager": "true",
    "kubevirt.io/realtime": "true",
    "kubevirt.io/sev": "true",
    "kubevirt.io/sev-es": "true",
    "kubevirt.io/sev-snp": "true",
    "kubevirt.io/tdx": "true",
    "machine-type.node.kubevirt.io/pc-q35-rhel9.6.0": "true",
    "host-model-required-features.node.kubevirt.io/ss": "true",
    "host-model-required-features.node.kubevirt.io/vmx": "true",
    "cpu-timer.node.kubevirt.io/tsc-scalable": "true",
    "scheduling.node.kubevirt.io/tsc-frequency-1234567890": "true",
    **{f"cpu-feature.node.kubevirt.io/{name}": "true" for name in ("aes", "invtsc", "ss", "vmx")},
    **{
        f"hyperv.node.kubevirt.io/{name}": "true"
        for name in ("vpindex", "synic", "synictimer", "reenlightenment")
    },
}
FREQUENCIES = {"node-a": 2_400_000_000, "node-b": 2_100_000_000, "node-c": 2_300_000_000}
ROOM = {
    "cpu": "200",
    "memory": "400Gi",
    "hugepages-2Mi": "8Gi",
    "nvidia.com/T4": "100",
    "intel.com/qat": "100",
    "example.com/fast": "100",
    **{
        f"devices.kubevirt.io/{name}": "1k"
        for name in ("sev", "tdx", "vhost-vsock", "pr-helper", "kvm", "tun", "vhost-net")
    },
}


def nodes() -> list[NodeSpec]:
    """The usual four nodes with the labels of every feature that a VM asks for."""
    return [
        NodeSpec(spec.name, spec.zone, labels=LABELS | _frequency(spec.name))
        for spec in FOUR_IN_TWO_ZONES
    ]


def _frequency(node: str) -> dict[str, str]:
    own = FREQUENCIES.get(node)
    labels = {
        f"scheduling.node.kubevirt.io/tsc-frequency-{f}": "true" for f in FREQUENCIES.values()
    }
    return labels | ({"cpu-timer.node.kubevirt.io/tsc-frequency": str(own)} if own else {})


def definitions(cluster: ControlPlane) -> None:
    """Make the kinds of others that KubeVirt reads."""
    cluster.kubectl("apply", "-f", str(HERE / "definitions.yaml"))
    cluster.kubectl("wait", "--for=condition=Established", "-f", str(HERE / "definitions.yaml"))


def build(cluster: ControlPlane) -> None:
    """Give the nodes room for everything, and make what the VMs refer to."""
    definitions(cluster)
    for spec in FOUR_IN_TWO_ZONES:
        status = {"status": {"capacity": ROOM, "allocatable": ROOM}}
        cluster.api.patch(path("Node", spec.name) + "/status", status)
    cluster.kubectl("apply", "-f", str(HERE / "scene.yaml"))
    items = [item for name in CLAIMS for item in (volume(name), claim(name))]
    items += [volume(f"shared-state-{i}", "ReadWriteMany", "shared-state") for i in range(2)]
    items += [volume(f"state-{i}", "ReadWriteOnce", "state") for i in range(3)]
    for item in items:
        cluster.kubectl("apply", "-f", "-", input=json.dumps(item))
    until("every namespace can have pods", lambda: _accounts(cluster.api))
    until("the claims are bound", lambda: _bound(cluster.api))


def volume(name: str, access: str = "ReadWriteMany", storage_class: str = "") -> Object:
    """A volume that anything of its class can be bound to."""
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": [access],
        "storageClassName": storage_class,
        "nfs": {"server": "127.0.0.1", "path": f"/{name}"},
    }
    metadata = {"name": name}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


def claim(name: str) -> Object:
    """A claim that is bound to the volume of its name."""
    spec = {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "",
        "volumeName": name,
        "resources": {"requests": {"storage": "1Gi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def _accounts(api: ApiClient) -> bool:
    return all(api.find("ServiceAccount", "default", name) for name in NAMESPACES)


def _bound(api: ApiClient) -> bool:
    found = api.request("GET", "/api/v1/namespaces/default/persistentvolumeclaims")["items"]
    return len(found) == len(CLAIMS) and all(c["status"]["phase"] == "Bound" for c in found)
