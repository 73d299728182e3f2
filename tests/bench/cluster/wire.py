"""The parts of API objects that are the same everywhere, and that a reader has to skip."""

from typing import Any

import msgspec

from tests.bench.cluster.chance import Chance

Tree = dict[str, Any]
TIME = "2026-11-22T14:45:21Z"

# The order of Go's structs, in which the API server writes the kinds that it was built with.
_OBJECT = ("kind", "apiVersion", "metadata", "spec", "status")
_METADATA = (
    *("name", "generateName", "namespace", "uid", "resourceVersion", "generation"),
    *("creationTimestamp", "labels", "annotations", "ownerReferences", "finalizers"),
    "managedFields",
)
_SPEC_AND_STATUS = (
    *("volumes", "initContainers", "containers", "restartPolicy", "terminationGracePeriodSeconds"),
    *("dnsPolicy", "nodeSelector", "serviceAccountName", "serviceAccount"),
    *("automountServiceAccountToken", "nodeName", "securityContext", "hostname", "affinity"),
    *("schedulerName", "tolerations", "priority", "readinessGates", "enableServiceLinks"),
    *("preemptionPolicy", "topologySpreadConstraints"),
    *("podCIDR", "providerID", "unschedulable", "taints"),
    *("capacity", "allocatable", "phase", "conditions", "addresses", "daemonEndpoints"),
    *("nodeInfo", "images"),
    *("hostIP", "podIP", "podIPs", "startTime", "initContainerStatuses", "containerStatuses"),
    "qosClass",
)
_CONTAINER = (
    *("name", "image", "command", "args", "ports", "env", "resources", "restartPolicy"),
    *("volumeMounts", "livenessProbe", "readinessProbe", "terminationMessagePath"),
    *("terminationMessagePolicy", "imagePullPolicy", "securityContext"),
)


def typed(tree: Tree) -> bytes:
    """An object of a kind that the API server was built with."""
    parts = {"metadata": _METADATA, "spec": _SPEC_AND_STATUS, "status": _SPEC_AND_STATUS}
    for part, order in parts.items():
        if part in tree and isinstance(tree[part], dict):
            tree[part] = _ordered(tree[part], order)
    return msgspec.json.encode(_ordered(tree, _OBJECT))


def custom(tree: Tree) -> bytes:
    """An object of a kind that came with a CRD: sorted, as Go writes maps."""
    return msgspec.json.encode(tree, order="sorted")


def container(tree: Tree) -> Tree:
    """A container in Go's order."""
    return _ordered(tree, _CONTAINER)


def _ordered(tree: Tree, order: tuple[str, ...]) -> Tree:
    """What the order does not name comes last."""
    found = {key: tree[key] for key in order if key in tree}
    return found if len(found) == len(tree) else found | tree


def raw(tree: Any) -> msgspec.Raw:
    """A part as JSON, made once and put into many objects."""
    return msgspec.Raw(msgspec.json.encode(tree))


def uid(*key: int) -> str:
    """The UID of an object, made from what it is called in the plan."""
    chance = Chance(*key)
    first, second = chance.bits(), chance.bits()
    text = f"{first:016x}{second:016x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def fields(tree: Any) -> Tree:
    """The FieldsV1 of a tree, as managedFields lists what a manager owns."""
    if isinstance(tree, dict):
        return {f"f:{key}": fields(value) for key, value in tree.items()}
    if isinstance(tree, list) and tree and isinstance(tree[0], dict) and "name" in tree[0]:
        return {f'k:{{"name":"{each["name"]}"}}': {".": {}, **fields(each)} for each in tree}
    return {}


def managed(manager: str, tree: Tree, subresource: str = "") -> Tree:
    """An entry of managedFields for this tree."""
    entry = {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": TIME,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields(tree),
    }
    return {**entry, "subresource": subresource} if subresource else entry


def condition(type_: str, status: str = "True", **more: str) -> Tree:
    """A condition of a status."""
    times = {"lastProbeTime": None, "lastTransitionTime": TIME}
    return {"type": type_, "status": status, **times, **more}


def owner(api_version: str, kind: str, name: str, uid_: str) -> list[Tree]:
    """ownerReferences with the one controller."""
    return [
        {
            "apiVersion": api_version,
            "blockOwnerDeletion": True,
            "controller": True,
            "kind": kind,
            "name": name,
            "uid": uid_,
        }
    ]
