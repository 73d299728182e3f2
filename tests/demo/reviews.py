"""The demo's changes: VMs of the recorded inventory, as a person would edit them."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

INVENTORY = Path(__file__).parent.parent / "data" / "inventory.yaml"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
USER = "ana@example.com"

Tree = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """One edit of a VM's template, and what it is meant to show."""

    title: str
    namespace: str
    name: str
    fields: Tree


def zone(*values: str) -> Tree:
    """Required node affinity to these zones."""
    expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [*values]}
    return {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}


def recorded() -> list[Tree]:
    """The objects of the inventory."""
    items: list[Tree] = yaml.load(INVENTORY.read_text(), Loader=yaml.CSafeLoader)["items"]
    return items


def find(objects: list[Tree], kind: str, namespace: str, name: str) -> Tree:
    """A copy of one object."""
    wanted = (kind, namespace, name)
    return deepcopy(
        next(
            o
            for o in objects
            if (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) == wanted
        )
    )


def edits(objects: list[Tree]) -> list[Edit]:
    """One change for each thing that the webhook can say."""
    apart = find(objects, "VirtualMachine", "shop", "web-3")["spec"]["template"]["spec"]["affinity"]
    return [
        Edit(
            "A move within reach: from zone eu-c to eu-b",
            "shop",
            "web-3",
            {"affinity": {**apart, "nodeAffinity": zone("eu-b")}},
        ),
        Edit(
            "Wider rules that the current node already satisfies",
            "shop",
            "web-1",
            {"affinity": {**apart, "nodeAffinity": zone("eu-a", "eu-b")}},
        ),
        Edit("A label that no node has", "shop", "web-2", {"nodeSelector": {"disk": "nvme"}}),
        Edit("A node that is cordoned", "analytics", "notebook", {"nodeSelector": {"rack": "a4"}}),
        Edit(
            "A namespace whose quota has no room for the second pod of a migration",
            "analytics",
            "etl",
            {"nodeSelector": {"rack": "a1"}},
        ),
        Edit(
            "A VM that cannot be live-migrated (recorded as migratable; the demo gives it the VMI\n"
            "   that virt-handler would report with a disk that is not shared)",
            "shop",
            "legacy",
            {"nodeSelector": {"rack": "b2"}},
        ),
    ]


def edited(tree: Tree, edit: Edit) -> Tree:
    """The VM or VMI with the edit in it."""
    changed = deepcopy(tree)
    spec = changed["spec"]
    (spec["template"]["spec"] if "template" in spec else spec).update(deepcopy(edit.fields))
    return changed


def not_migratable(objects: list[Tree]) -> Tree:
    """The VMI of shop/legacy as virt-handler reports one with a disk that is not shared."""
    instance = find(objects, "VirtualMachineInstance", "shop", "legacy")
    for condition in instance["status"]["conditions"]:
        if condition["type"] == "LiveMigratable":
            condition |= {
                "status": "False",
                "reason": "DisksNotLiveMigratable",
                "message": "cannot migrate VMI: PVC legacy-root is not shared",
            }
    return instance


def review(path: str, old: Tree, new: Tree) -> Tree:
    """The AdmissionReview that the API server sends for an update."""
    kind = {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"}
    metadata = new["metadata"]
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": f"demo{path.replace('/', '-')}-{metadata['name']}",
            "kind": kind,
            "resource": {"group": "kubevirt.io", "version": "v1", "resource": "virtualmachines"},
            "operation": "UPDATE",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "userInfo": {"username": USER},
            "object": new,
            "oldObject": old,
            "dryRun": False,
        },
    }
