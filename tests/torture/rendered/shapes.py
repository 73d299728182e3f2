"""The VMs of shapes.yaml: what each is made of, and what is changed of it while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.cluster.api import Object
from tests.e2e.machines import virtual_machine

FILE = Path(__file__).with_name("shapes.yaml")
MOVE: Object = {"nodeSelector": {"disk": "ssd"}}


@dataclass(frozen=True)
class Shape:
    """One VM; shapes.yaml says what the fields mean."""

    name: str
    spec: Object = field(default_factory=dict)
    change: Object = field(default_factory=lambda: MOVE)
    before: Object = field(default_factory=dict)
    vm: Object = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "default"
    unknown: Mapping[str, Sequence[str]] = field(default_factory=dict)
    migrated: bool = False
    hotplug: str = ""

    def tree(self) -> Object:
        """The VM to create; it does not run yet."""
        found = virtual_machine(self.name)
        found["metadata"]["namespace"] = self.namespace
        template = found["spec"]["template"]
        template["metadata"]["labels"] |= self.labels
        template["metadata"]["annotations"] = dict(self.annotations)
        template["spec"] = merged(template["spec"], self.spec)
        found["spec"] = merged(found["spec"], {"runStrategy": "Halted", **self.vm})
        return found


@dataclass(frozen=True)
class Round:
    """Shapes that run in one control plane, with one configuration of KubeVirt."""

    name: str
    configuration: Object
    shapes: Sequence[Shape]


def rounds() -> list[Round]:
    """All rounds of shapes.yaml."""
    return [
        Round(each["round"], each["configuration"], [Shape(**shape) for shape in each["shapes"]])
        for each in yaml.safe_load(FILE.read_text("utf-8"))
    ]


def merged(item: Object, patch: Object) -> Object:
    """A JSON merge patch (RFC 7396) applied."""
    if not isinstance(patch, dict):
        return patch
    item = item if isinstance(item, dict) else {}
    found = {key: value for key, value in item.items() if key not in patch}
    return found | {k: merged(item.get(k), v) for k, v in patch.items() if v is not None}
