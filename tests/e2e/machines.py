"""VMs of one namespace, as the tests speak of them: apply, wait, migrate, see where they are."""

import json

from tests.cluster.api import Object
from tests.cluster.control_plane import ControlPlane
from tests.cluster.waiting import until

VM, VMI = "VirtualMachine", "VirtualMachineInstance"
VMIM = "VirtualMachineInstanceMigration"
ZONE = "topology.kubernetes.io/zone"
FINAL = ("Succeeded", "Failed")
WAIT_SECONDS = 30


def virtual_machine(name: str, memory: str = "128Mi", **placement: Object) -> Object:
    """Return a VM that can be migrated, with `nodeSelector`, `affinity` or `tolerations`."""
    devices = {
        "disks": [{"name": "cloud-init", "disk": {"bus": "virtio"}}],
        "interfaces": [{"name": "default", "masquerade": {}}],
    }
    spec = {
        "evictionStrategy": "LiveMigrate",
        "domain": {"memory": {"guest": memory}, "devices": devices},
        "networks": [{"name": "default", "pod": {}}],
        "volumes": [{"name": "cloud-init", "cloudInitNoCloud": {"userData": "#cloud-config\n"}}],
        **placement,
    }
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": VM,
        "metadata": {"name": name},
        "spec": {
            "runStrategy": "Always",
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec},
        },
    }


def in_zone(zone: str) -> Object:
    """Return an affinity that requires a zone."""
    expression = {"key": ZONE, "operator": "In", "values": [zone]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


class Machines:
    """What a test does with the VMs of its namespace."""

    def __init__(self, cluster: ControlPlane, namespace: str) -> None:
        self.cluster, self.api, self.namespace = cluster, cluster.api, namespace

    def kubectl(self, *arguments: str, **options):
        """Run kubectl in the namespace."""
        return self.cluster.kubectl(f"--namespace={self.namespace}", *arguments, **options)

    def apply(self, item: Object) -> None:
        """Run `kubectl apply` as a person would."""
        self.kubectl("apply", "-f", "-", input=json.dumps(item))

    def run(self, item: Object) -> str:
        """Apply a VM, wait until it is ready, and return its node."""
        self.apply(item)
        return self.wait_until_ready(item["metadata"]["name"])

    def wait_until_ready(self, name: str) -> str:
        """Wait until a VM runs and is ready; returns its node."""
        until(f"{name} is ready", lambda: self.is_ready(name), WAIT_SECONDS)
        return self.node_of(name)

    def is_ready(self, name: str) -> bool:
        """Whether KubeVirt says that the VM runs and its guest is ready."""
        status = self.get(VM, name).get("status") or {}
        return bool(status.get("ready")) and status.get("printableStatus") == "Running"

    def get(self, kind: str, name: str) -> Object:
        """Read an object of the namespace."""
        return self.api.get(kind, name, self.namespace)

    def find(self, kind: str, name: str) -> Object | None:
        """Read an object of the namespace, or None."""
        return self.api.find(kind, name, self.namespace)

    def node_of(self, name: str) -> str:
        """Return the node that a VM's guest is on."""
        return str(self.get(VMI, name)["status"]["nodeName"])

    def zone_of(self, node: str) -> str:
        """Return a node's zone."""
        return str(self.api.get("Node", node)["metadata"]["labels"][ZONE])

    def migrations(self) -> Object:
        """Return all VMIMs of the namespace."""
        return self.api.list(VMIM, self.namespace)

    def start_migration(self, vm: str, name: str = "by-hand", **annotations: str) -> None:
        """Create a VMIM, with annotations of KubeVirt by their names after the slash."""
        metadata = {
            "name": name,
            "namespace": self.namespace,
            "annotations": {f"kubevirt.io/{key}": value for key, value in annotations.items()},
        }
        self.api.create(
            {
                "apiVersion": "kubevirt.io/v1",
                "kind": VMIM,
                "metadata": metadata,
                "spec": {"vmiName": vm},
            }
        )

    def wait_for_phase(self, migration: str, *phases: str) -> str:
        """Wait until a VMIM is in one of the phases; returns which."""

        def reached() -> str | None:
            phase = (self.get(VMIM, migration).get("status") or {}).get("phase")
            return phase if phase in phases else None

        return until(f"{migration} is {' or '.join(phases)}", reached, WAIT_SECONDS)

    def migrate(self, vm: str, name: str = "by-hand") -> str:
        """Migrate a VM to the end and return the phase that the VMIM ended in."""
        self.start_migration(vm, name)
        return self.wait_for_phase(name, *FINAL)

    def cancel(self, migration: str) -> None:
        """Delete a VMIM and wait until it is gone."""
        self.api.delete(VMIM, migration, self.namespace)
        until(f"{migration} is gone", lambda: self.find(VMIM, migration) is None, WAIT_SECONDS)

    def pod_phases(self, vm: str) -> dict[str, str]:
        """Return the phases of a VM's launcher pods by node; "" is the node of an unbound one."""
        pods = self.api.list("Pod", self.namespace, labelSelector=f"vm.kubevirt.io/name={vm}")
        return {pod["spec"].get("nodeName", ""): pod["status"]["phase"] for pod in pods}

    def condition(self, vm: str, kind: str) -> Object:
        """Return a condition of a VM's VMI, empty when it is not there."""
        conditions = self.get(VMI, vm)["status"].get("conditions", [])
        return next((each for each in conditions if each["type"] == kind), {})

    def delete_all(self) -> None:
        """Delete all VMs and wait until KubeVirt let go of them."""
        for vm in self.api.list(VM, self.namespace):
            self.api.delete(VM, vm["metadata"]["name"], self.namespace)
        until("all VMs are gone", lambda: not self.api.list(VM, self.namespace), WAIT_SECONDS)
