"""VMs of one namespace in a cluster with the product, and what the product says of them."""

import json
import re

from tests.cluster.api import Object
from tests.cluster.product import Product
from tests.cluster.waiting import until
from tests.e2e.machines import VM, Machines

PHASE = "vmaffinity.io/phase"
TARGET, OBSERVED = "vmaffinity.io/target-hash", "vmaffinity.io/observed-hash"
REPORT_SECONDS = 60

_CALLS = re.compile(
    r"^apiserver_admission_webhook_request_total\{.*vmaffinity\.io.*\} (\d+)$", re.MULTILINE
)


class Moving(Machines):
    """What a test does with VMs that the product looks after."""

    def __init__(self, product: Product, namespace: str) -> None:
        super().__init__(product.cluster, namespace)
        self.product = product

    def annotations(self, vm: str = "web") -> Object:
        """Return the annotations of a VM."""
        return self.get(VM, vm)["metadata"].get("annotations", {})

    def wait_for_report(self, phase: str, vm: str = "web") -> None:
        """Wait until the reconciler has reported a phase for the present placement."""

        def reported() -> bool:
            shown = self.annotations(vm)
            return (shown.get(PHASE), shown.get(OBSERVED)) == (phase, shown.get(TARGET))

        until(f"{vm} is {phase}", reported, REPORT_SECONDS)

    def events(self, vm: str) -> Object:
        """Return the events about a VM."""
        field = f"involvedObject.name={vm},involvedObject.kind={VM}"
        return self.api.list("Event", self.namespace, fieldSelector=field)

    def record(self, vm: str) -> Object:
        """Return the AffinityRollout of a VM."""
        return json.loads(self.kubectl("get", "affinityrollout", vm, "-o", "json").stdout)

    def managed_fields(self, vm: str) -> Object:
        """Return who owns which field of a VM."""
        shown = self.kubectl("get", "vm", vm, "-o", "json", "--show-managed-fields")
        return json.loads(shown.stdout)["metadata"]["managedFields"]

    def webhook_calls(self) -> int:
        """How often the API server has called any of our webhooks."""
        metrics = self.cluster.kubectl("get", "--raw=/metrics").stdout
        return sum(int(count) for count in _CALLS.findall(metrics))

    def ended(self, phase: str) -> bool:
        """Whether any migration ended in this phase."""
        return any((m.get("status") or {}).get("phase") == phase for m in self.migrations())

    def fill(self, node: str, memory: str) -> None:
        """Bind a plain pod to a node past the scheduler."""
        container = {
            "name": "main",
            "image": "example.org/filler:1",
            "resources": {"requests": {"memory": memory}},
        }
        self.api.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"filler-{node}", "namespace": self.namespace},
                "spec": {"nodeName": node, "containers": [container]},
            }
        )

    def allocatable(self, node: str) -> str:
        """Return a node's memory."""
        return str(self.api.get("Node", node)["status"]["allocatable"]["memory"])
