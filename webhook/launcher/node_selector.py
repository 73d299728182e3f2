"""The nodeSelector of a launcher pod: the user's, KubeVirt's base and its forced labels.

Mirrors `pkg/virt-controller/services/nodeselectorrenderer.go`, and the CPU labels that
`pkg/virt-controller/watch/migration/migration.go` gives to a migration target.
"""

from collections.abc import Mapping
from dataclasses import replace

from webhook.objects import KubeVirt, NodeInfo
from webhook.objects.virtual_machine import Machine

Selector = Mapping[str, str]

SCHEDULABLE = "kubevirt.io/schedulable"
ARCHITECTURE = "kubernetes.io/arch"
FEATURE = "cpu-feature.node.kubevirt.io/"
HOST_MODELS = ("", "host-model")
_MODEL = "cpu-model.node.kubevirt.io/"
_MIGRATION_MODEL = "cpu-model-migration.node.kubevirt.io/"
_HOST_MODEL = "host-model-cpu.node.kubevirt.io/"
_HOST_FEATURE = "host-model-required-features.node.kubevirt.io/"
_VENDOR = "cpu-vendor.node.kubevirt.io/"
_MACHINE_TYPE = "machine-type.node.kubevirt.io/"
#: Keys that KubeVirt renders; a user's own selector has no need of them.
_RENDERED = (
    FEATURE,
    _MODEL,
    _MIGRATION_MODEL,
    _VENDOR,
    _MACHINE_TYPE,
    "hyperv.node.kubevirt.io/",
    "scheduling.node.kubevirt.io/",
    "kubevirt.io/",
)


def rendered(user: Selector, forced: Selector, machine: Machine, kubevirt: KubeVirt) -> Selector:
    """KubeVirt's base, overlaid by its CR's, by the user's and by the forced labels."""
    architecture = machine.architecture or kubevirt.default_architecture
    base = {SCHEDULABLE: "true", ARCHITECTURE: architecture}
    return {**base, **kubevirt.node_selectors, **user, **forced}


def for_start(machine: Machine) -> Selector:
    """The labels that this machine forces on its first pod."""
    forced = {f"{FEATURE}{name}": "true" for name in machine.required_features}
    if machine.cpu_model not in (*HOST_MODELS, "host-passthrough"):
        forced[f"{_MODEL}{machine.cpu_model}"] = "true"
    if machine.machine_type:
        forced[f"{_MACHINE_TYPE}{machine.machine_type}"] = "true"
    if machine.dedicated_cpu:
        forced["kubevirt.io/cpumanager"] = "true"
    if machine.encrypted:
        forced[machine.encrypted] = "true"
    return forced


def with_default_model(machine: Machine, kubevirt: KubeVirt) -> Machine:
    """The machine with the CPU model that KubeVirt's webhook gives to one without."""
    if machine.cpu_model:
        return machine
    architecture = machine.architecture or kubevirt.default_architecture
    model = "host-passthrough" if architecture == "arm64" else "host-model"
    return replace(machine, cpu_model=model)


def kept(source: Selector, machine: Machine) -> Selector:
    """The forced labels of a running pod, with the machine type that the guest really has."""
    forced = {
        key: value
        for key, value in source.items()
        if key.startswith(_RENDERED) and key != SCHEDULABLE and value == "true"
    }
    if machine.machine_type:
        forced = {k: v for k, v in forced.items() if not k.startswith(_MACHINE_TYPE)}
        forced[f"{_MACHINE_TYPE}{machine.machine_type}"] = "true"
    return forced


def without_migration_labels(forced: Selector, machine: Machine) -> Selector:
    """The forced labels less those that only a guest that migrated has to keep."""
    features = {f"{FEATURE}{name}" for name in machine.required_features}
    return {
        key: value
        for key, value in forced.items()
        if key in features or not key.startswith((FEATURE, _MIGRATION_MODEL, _VENDOR))
    }


def host_model(source: Selector, machine: Machine, node: NodeInfo) -> Selector:
    """The CPU labels that a migration target needs to carry on the guest's CPU.

    A guest that migrated before keeps the labels of its first host; KubeVirt reads them
    off the source pod. The vendor label is copied since KubeVirt 1.8, harmless before.
    """
    labels: dict[str, str] = {}
    if machine.cpu_model in HOST_MODELS:
        labels = {k: v for k, v in source.items() if k.startswith((FEATURE, _MIGRATION_MODEL))}
        if not labels:
            labels = {_renamed(k): "true" for k in node.labels if _renamed(k)}
    if not any(key.startswith(_VENDOR) for key in source):
        labels |= {k: "true" for k in node.labels if k.startswith(_VENDOR)}
    return labels


def _renamed(label: str) -> str:
    for prefix, required in ((_HOST_MODEL, _MIGRATION_MODEL), (_HOST_FEATURE, FEATURE)):
        if label.startswith(prefix):
            return required + label.removeprefix(prefix)
    return ""


def own(selector: Selector, user: Selector, kubevirt: KubeVirt) -> Selector:
    """A rendered selector without the keys that only KubeVirt has an interest in."""
    ours = {ARCHITECTURE, *kubevirt.node_selectors}
    return {
        key: value
        for key, value in selector.items()
        if key in user or (key not in ours and not key.startswith(_RENDERED))
    }
