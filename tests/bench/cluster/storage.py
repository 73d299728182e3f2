"""Claims, volumes and what attaches them: of guests that share disks, and of StatefulSets."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.bench.cluster.machines import claim_name
from tests.bench.cluster.nodes import CSI, ZONE, node_name
from tests.bench.cluster.plan import Plan
from tests.bench.cluster.wire import TIME, Tree, uid
from tests.bench.cluster.workloads import claimed, namespace

STORAGE = "storage.k8s.io/v1"
ANYWHERE, ZONAL = "shared", "zonal"


class BoundClaim(NamedTuple):
    """A bound claim: where it is, what it is called, and the node whose pod mounts it."""

    number: int
    namespace: str
    name: str
    node: int
    mode: str


def claims(plan: Plan) -> Iterator[BoundClaim]:
    """All claims; a guest's can be mounted by many, a StatefulSet's by one node."""
    number = 0
    for at, pod in enumerate(plan.machines):
        if name := claim_name(plan, at):
            yield BoundClaim(
                number, namespace(pod.workload.namespace), name, pod.node, "ReadWriteMany"
            )
            number += 1
    for pod in plan.others:
        if name := claimed(pod):
            yield BoundClaim(
                number, namespace(pod.workload.namespace), name, pod.node, "ReadWriteOnce"
            )
            number += 1


def _class(claim: BoundClaim) -> str:
    return ZONAL if claim.number % 3 == 0 else ANYWHERE


def _metadata(plan: Plan, kind: int, number: int, name: str) -> Tree:
    return {
        "creationTimestamp": TIME,
        "name": name,
        "resourceVersion": str((7 + kind) * 1_000_000 + number),
        "uid": uid(plan.seed, 40 + kind, number),
    }


def claim(plan: Plan, bound: BoundClaim) -> Tree:
    """Its PersistentVolumeClaim."""
    notes = {"pv.kubernetes.io/bind-completed": "yes", f"volume.{STORAGE}": CSI}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            **_metadata(plan, 0, bound.number, bound.name),
            "annotations": notes,
            "finalizers": ["kubernetes.io/pvc-protection"],
            "namespace": bound.namespace,
        },
        "spec": {
            "accessModes": [bound.mode],
            "resources": {"requests": {"storage": "50Gi"}},
            "storageClassName": _class(bound),
            "volumeMode": "Filesystem",
            "volumeName": f"pvc-{uid(plan.seed, 40, bound.number)}",
        },
        "status": {
            "accessModes": [bound.mode],
            "capacity": {"storage": "50Gi"},
            "phase": "Bound",
        },
    }


def volume(plan: Plan, bound: BoundClaim) -> Tree:
    """Its PersistentVolume; a third can be reached from one zone or its neighbour only."""
    claim_uid = uid(plan.seed, 40, bound.number)
    spec: Tree = {
        "accessModes": [bound.mode],
        "capacity": {"storage": "50Gi"},
        "claimRef": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": bound.name,
            "namespace": bound.namespace,
            "resourceVersion": str(7_000_000 + bound.number),
            "uid": claim_uid,
        },
        "csi": {
            "driver": CSI,
            "fsType": "ext4",
            "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": f"1-8081-{CSI}"},
            "volumeHandle": f"volume-{bound.number:06d}",
        },
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": _class(bound),
        "volumeMode": "Filesystem",
    }
    if _class(bound) == ZONAL:
        zones = sorted({plan.zone(bound.node), plan.zone(bound.node + 1)})
        expression = {"key": ZONE, "operator": "In", "values": zones}
        terms = [{"matchExpressions": [expression]}]
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            **_metadata(plan, 1, bound.number, f"pvc-{claim_uid}"),
            "annotations": {"pv.kubernetes.io/provisioned-by": CSI},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": spec,
        "status": {"lastPhaseTransitionTime": TIME, "phase": "Bound"},
    }


def attachment(plan: Plan, bound: BoundClaim) -> Tree:
    """Its VolumeAttachment."""
    name = f"csi-{uid(plan.seed, 42, bound.number).replace('-', '') * 2}"
    return {
        "apiVersion": STORAGE,
        "kind": "VolumeAttachment",
        "metadata": {
            **_metadata(plan, 2, bound.number, name),
            "annotations": {"csi.alpha.kubernetes.io/node-id": node_name(bound.node)},
            "finalizers": [f"external-attacher/{CSI.replace('.', '-')}"],
        },
        "spec": {
            "attacher": CSI,
            "nodeName": node_name(bound.node),
            "source": {"persistentVolumeName": f"pvc-{uid(plan.seed, 40, bound.number)}"},
        },
        "status": {"attached": True},
    }


def classes(plan: Plan) -> Iterator[Tree]:
    """The StorageClasses: one for disks of everywhere, one for those of a zone."""
    for number, (name, mode) in enumerate(
        ((ANYWHERE, "Immediate"), (ZONAL, "WaitForFirstConsumer"))
    ):
        yield {
            "apiVersion": STORAGE,
            "kind": "StorageClass",
            "metadata": _metadata(plan, 3, number, name),
            "provisioner": CSI,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": mode,
        }


def drivers(plan: Plan) -> Iterator[Tree]:
    """The CSIDriver of those."""
    yield {
        "apiVersion": STORAGE,
        "kind": "CSIDriver",
        "metadata": _metadata(plan, 4, 0, CSI),
        "spec": {"attachRequired": True, "podInfoOnMount": False, "storageCapacity": False},
    }
