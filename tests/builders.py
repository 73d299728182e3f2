"""Values for tests, with everything defaulted that a case does not speak of.

Trees are plain JSON as the API shows it; `value` runs one through the real parser.
"""

import json
from copy import deepcopy
from typing import Any

from webhook.inventory import REQUIRED, Inventory
from webhook.objects import Applied, Features, Replaced, Version
from webhook.objects.version import NEWEST
from webhook.parse import parse
from webhook.placement import ClusterIndex

FEATURES = Features.of(NEWEST)
ROOM = {"cpu": "4", "memory": "16Gi", "pods": "110"}


def node(name="n1", labels=None, allocatable=None, **spec) -> dict[str, Any]:
    """A Node with a hostname label; `spec` takes taints and unschedulable."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": spec,
        "status": {"allocatable": deepcopy(ROOM if allocatable is None else allocatable)},
    }


def pod(name="p", namespace="default", labels=None, requests=None, status=None, **spec):
    """A Pod of one container; `spec` takes nodeName, affinity, tolerations …"""
    container = {"name": "c", "image": "i", "resources": {"requests": requests or {}}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {"containers": [container], **spec},
        "status": status or {},
    }


def namespace(name="default", labels=None):
    """A Namespace with the label that the API server gives it."""
    labels = {"kubernetes.io/metadata.name": name, **(labels or {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def vm(name="vm", namespace="default", spec=None, annotations=None, status=None, **template):
    """A VirtualMachine; `template` goes into spec.template.spec."""
    domain = {"cpu": {"cores": 1}, "memory": {"guest": "1Gi"}, "devices": {}}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"vm-{name}",
            "annotations": annotations or {},
        },
        "spec": {
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"domain": domain, "architecture": "amd64", **template},
            },
            **(spec or {}),
        },
        "status": status or {},
    }


def vmi(name="vm", namespace="default", node_name="n1", phase="Running", status=None, **spec):
    """A VirtualMachineInstance on a node, live-migratable unless `status` says otherwise."""
    conditions = [{"type": "LiveMigratable", "status": "True"}]
    cpu = {"cores": 1, "model": "host-model", "maxSockets": 16}
    domain = {"cpu": cpu, "memory": {"guest": "1Gi", "maxGuest": "4Gi"}}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": name, "namespace": namespace, "uid": f"vmi-{name}"},
        "spec": {"domain": domain, "architecture": "amd64", **spec},
        "status": {
            "phase": phase,
            "nodeName": node_name,
            "conditions": conditions,
            **(status or {}),
        },
    }


OBSOLETE = {"key": "node-labeller.kubevirt.io/obsolete-host-model", "operator": "DoesNotExist"}


def launcher(name="vm", namespace="default", node_name="n1", requests=None, **rules):
    """The launcher pod that KubeVirt renders for `vm(name, **rules)` on a host-model CPU.

    `rules` takes nodeSelector, affinity and tolerations of the VM. The default tolerations
    of the API server are there.
    """
    evict = [
        {"key": f"node.kubernetes.io/{k}", "operator": "Exists", "effect": "NoExecute"}
        for k in ("not-ready", "unreachable")
    ]
    rendered = {"kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64"}
    tree = pod(
        f"virt-launcher-{name}",
        namespace,
        labels={
            "app": name,
            "kubevirt.io": "virt-launcher",
            "kubevirt.io/created-by": f"vmi-{name}",
        },
        requests=requests or {"cpu": "100m", "memory": "1Gi"},
        status={"phase": "Running"},
        nodeName=node_name,
        nodeSelector={**rendered, **rules.get("nodeSelector", {})},
        affinity=_rendered_affinity(rules.get("affinity", {})),
        tolerations=[*rules.get("tolerations", []), *evict],
    )
    tree["spec"]["containers"][0]["name"] = "compute"
    tree["metadata"]["uid"] = f"pod-{name}"
    owner = {"kind": "VirtualMachineInstance", "uid": f"vmi-{name}", "controller": True}
    tree["metadata"]["ownerReferences"] = [owner]
    return tree


def _rendered_affinity(affinity):
    """KubeVirt's own requirement in every term, also where the VM has none."""
    rendered = deepcopy(affinity)
    node = rendered.setdefault("nodeAffinity", {})
    required = node.setdefault("requiredDuringSchedulingIgnoredDuringExecution", {})
    for term in required.setdefault("nodeSelectorTerms", [{}]):
        term.setdefault("matchExpressions", []).append(OBSOLETE)
    return rendered


def required(*terms):
    """An affinity of these required node selector terms."""
    chosen = {"nodeSelectorTerms": list(terms)}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": chosen}}


def term(key, operator, *values):
    """A node selector term of one expression."""
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def apart(labels, topology_key="kubernetes.io/hostname", kind="podAntiAffinity"):
    """A required pod anti-affinity (or affinity) to pods of these labels."""
    terms = [{"labelSelector": {"matchLabels": labels}, "topologyKey": topology_key}]
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def admission_review(new, old=None, operation=None, username="dev", **request) -> bytes:
    """An AdmissionReview of a VM as the API server sends it; without `old` a CREATE."""
    request = {
        "uid": "42",
        "operation": operation or ("CREATE" if old is None else "UPDATE"),
        "kind": {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"},
        "userInfo": {"username": username},
        "object": new,
        "oldObject": old,
        **request,
    }
    version = "admission.k8s.io/v1"
    review = {"apiVersion": version, "kind": "AdmissionReview", "request": request}
    return json.dumps(review).encode()


def kubevirt_node(name="n1", labels=None, allocatable=None, **spec):
    """A node that KubeVirt's launcher pods can run on; `allocatable` goes over its own."""
    ready = {
        "kubevirt.io/schedulable": "true",
        "kubernetes.io/arch": "amd64",
        "machine-type.node.kubevirt.io/q35": "true",
    }
    devices = {f"devices.kubevirt.io/{name}": "1k" for name in ("kvm", "tun", "vhost-net")}
    room = {**ROOM, "ephemeral-storage": "100Gi", **devices, **(allocatable or {})}
    return node(name, {**ready, **(labels or {})}, room, **spec)


def value(tree, version=None) -> Any:
    """The parsed value of a tree."""
    return parse(tree, Features.of(version) if version else FEATURES)


def index(*trees, version: Version = NEWEST) -> ClusterIndex:
    """A ClusterIndex of these objects."""
    built = ClusterIndex(version)
    for tree in trees:
        built.apply(Applied(value(tree, version)))
    return built


def inventory(*trees, version: Version = NEWEST) -> Inventory:
    """An Inventory in which everything has been listed and these objects were found."""
    filled = Inventory()
    filled.apply([Applied(version), *(Replaced(type_, ()) for type_ in REQUIRED)])
    filled.apply(Applied(value(tree, version)) for tree in trees)
    return filled
