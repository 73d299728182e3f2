"""The nodeSelector of a launcher pod: the user's, KubeVirt's base and its forced labels.

Mirrors `pkg/virt-controller/services/nodeselectorrenderer.go`, and the CPU labels that
`pkg/virt-controller/watch/migration/migration.go` gives to a migration target.
"""

from collections.abc import Iterable, Mapping

from webhook.objects import KubeVirt, NodeInfo
from webhook.objects.labels import int64
from webhook.objects.machine import Machine

Selector = Mapping[str, str]

SCHEDULABLE = "kubevirt.io/schedulable"
ARCHITECTURE = "kubernetes.io/arch"
FEATURE = "cpu-feature.node.kubevirt.io/"
HOST_MODEL = "host-model"
_OF_HOST = (HOST_MODEL, "host-passthrough")
_MODEL = "cpu-model.node.kubevirt.io/"
_MIGRATION_MODEL = "cpu-model-migration.node.kubevirt.io/"
_HOST_MODEL = "host-model-cpu.node.kubevirt.io/"
_HOST_FEATURE = "host-model-required-features.node.kubevirt.io/"
_VENDOR = "cpu-vendor.node.kubevirt.io/"
_MACHINE_TYPE = "machine-type.node.kubevirt.io/"
_HYPERV = "hyperv.node.kubevirt.io/"
_SCHEDULING_TSC = "scheduling.node.kubevirt.io/tsc-frequency-"
_NODES_TSC = "cpu-timer.node.kubevirt.io/tsc-frequency"
_STRICT_HYPERV = "HypervStrictCheck"
#: The enlightenments that need something of the host's kernel.
_NEEDING = frozenset(
    {"vpindex", "runtime", "reset", "synic", "synictimer", "frequencies"}
    | {"reenlightenment", "tlbflush", "ipi"}
)
#: What a host says of its CPU that its guests may need elsewhere.
_HOSTS = (_HOST_MODEL, _HOST_FEATURE, _VENDOR)
#: What a guest takes along to its next pod, or is known by once it runs.
_FOLLOWING = (FEATURE, _MIGRATION_MODEL, _VENDOR, _MACHINE_TYPE)


def rendered(user: Selector, machine: Machine, kubevirt: KubeVirt) -> Selector:
    """KubeVirt's base, overlaid by its CR's, by the user's and by what the machine forces.

    The API server adds what the pod's runtime class asks for.
    """
    architecture = machine.architecture or kubevirt.default_architecture
    base = {SCHEDULABLE: "true", ARCHITECTURE: architecture.lower()}
    own = {**base, **kubevirt.node_selectors, **user, **forced(machine, kubevirt)}
    return {**own, **kubevirt.runtime.node_selector} if kubevirt.runtime else own


def forced(machine: Machine, kubevirt: KubeVirt) -> Selector:
    """The labels that this machine forces on its pods, whatever the user wants."""
    labels = list(machine.node_labels)
    if machine.dedicated_cpu:
        labels.append("kubevirt.io/cpumanager")
    if machine.cpu_model:
        labels += [f"{FEATURE}{name}" for name in machine.required_features]
    if machine.cpu_model and machine.cpu_model not in _OF_HOST:
        labels.append(f"{_MODEL}{machine.cpu_model}")
    if machine.machine_type:
        labels.append(f"{_MACHINE_TYPE}{machine.machine_type}")
    if machine.tsc_required and machine.tsc_frequency:
        labels.append(f"{_SCHEDULING_TSC}{machine.tsc_frequency}")
    if _STRICT_HYPERV in kubevirt.gates:
        labels += [f"{_HYPERV}{name}" for name in machine.hyperv & _NEEDING]
        labels += [f"{_VENDOR}Intel"] if "evmcs" in machine.hyperv else []
    return dict.fromkeys(labels, "true")


def of_migration(
    rendered_: Selector, source: Selector, machine: Machine, node: Selector
) -> Selector:
    """A rendered selector with the CPU labels that a guest needs to be carried on.

    `source` is the selector of its pod, `node` are the labels of its node.

    A guest that migrated before keeps the labels of its first host; KubeVirt reads them off
    the source pod. The vendor label is copied since KubeVirt 1.8, harmless before.
    """
    labels, hosts = dict(rendered_), [label for label in node if label.startswith(_HOSTS)]
    if machine.cpu_model == HOST_MODEL:
        sticky = {k: v for k, v in source.items() if k.startswith((FEATURE, _MIGRATION_MODEL))}
        labels |= sticky or {_renamed(k): node[k] for k in hosts if not k.startswith(_VENDOR)}
    if not any(key.startswith(_VENDOR) for key in labels):
        labels |= {label: "true" for label in hosts if label.startswith(_VENDOR)}
    return labels


def _renamed(label: str) -> str:
    if label.startswith(_HOST_MODEL):
        return _MIGRATION_MODEL + label.removeprefix(_HOST_MODEL)
    return FEATURE + label.removeprefix(_HOST_FEATURE)


def is_rendered(actual: Selector, user: Selector, machine: Machine, kubevirt: KubeVirt) -> bool:
    """Whether a pod's selector was rendered from this one of the user.

    What only KubeVirt has put there, now or in an earlier version, and what follows the guest
    about does not count: the labels of migrations, and the machine type, which a guest that
    runs knows more exactly than the VM.
    """
    expected = rendered(user, machine, kubevirt)
    users = {
        key: value
        for key, value in actual.items()
        if key in user or not (key in expected or key.startswith(_FOLLOWING))
    }
    return users == {key: expected[key] for key in user}


def lowest_tsc_frequency(nodes: Iterable[NodeInfo], occupied: frozenset[str]) -> int:
    """The clock that every node can do that runs a guest (`occupied`) or may; 0 if none says.

    Mirrors `LowestTSCFrequencyOnCluster` of `pkg/virt-controller/watch/topology`.
    """
    usable = (n for n in nodes if n.name in occupied or n.labels.get(SCHEDULABLE) == "true")
    found = (int64(n.labels[_NODES_TSC]) or 0 for n in usable if _NODES_TSC in n.labels)
    return min((frequency for frequency in found if frequency > 0), default=0)
