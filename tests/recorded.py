"""The recorded cluster of tests/data/inventory.yaml as trees, and AdmissionReviews about it."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Tree = dict[str, Any]

INVENTORY = Path(__file__).parent / "data" / "inventory.yaml"


class _Loader(yaml.CSafeLoader):
    """PyYAML's own, but for timestamps, which are text in a manifest."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@cache
def _items() -> list[Tree]:
    listed: dict[str, list[Tree]] = yaml.load(INVENTORY.read_text("utf-8"), Loader=_Loader)  # noqa: S506
    return listed["items"]


def items(*kinds: str) -> list[Tree]:
    """Every object of these kinds, or of all; copies."""
    return [deepcopy(item) for item in _items() if not kinds or item["kind"] in kinds]


def recorded(kind: str, name: str) -> Tree:
    """One object; a copy."""
    return next(item for item in items(kind) if item["metadata"]["name"] == name)


def vm(name: str, **template: Any) -> Tree:
    """A recorded VirtualMachine with these fields of spec.template.spec set; None removes one."""
    tree = recorded("VirtualMachine", name)
    spec = tree["spec"]["template"]["spec"]
    spec |= template
    for key in [key for key, value in template.items() if value is None]:
        del spec[key]
    return tree


def zone(name: str) -> Tree:
    """Required node affinity to a zone."""
    key = "topology.kubernetes.io/zone"
    term = {"matchExpressions": [{"key": key, "operator": "In", "values": [name]}]}
    required = {"nodeSelectorTerms": [term]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def review(new: Tree | None, old: Tree | None = None, **request: Any) -> Tree:
    """An AdmissionReview: UPDATE with an old object, CREATE without; `request` overrides."""
    kind = {"group": "kubevirt.io", "version": "v1", "kind": "VirtualMachine"}
    asked = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": kind,
        "operation": "CREATE" if old is None else "UPDATE",
        "userInfo": {"username": "jane"},
        "object": new,
        "oldObject": old,
    }
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {**asked, **request},
    }


def written(path: Path, *trees: Any) -> str:
    """The trees as documents of one YAML file (JSON if so named, one object a line)."""
    lines = (json.dumps(tree) for tree in trees)
    path.write_text(("\n" if path.suffix == ".json" else "\n---\n").join(lines), "utf-8")
    return str(path)
