"""The labels of a launcher pod, which other pods' rules and its own may look for.

Mirrors `podLabels` of `pkg/virt-controller/services/template.go` of KubeVirt.
"""

import hashlib
from collections.abc import Mapping
from functools import partial

from webhook.objects import PodInfo, VirtualMachine, VirtualMachineInstance

CREATED_BY = "kubevirt.io/created-by"
RESERVED = "pr.kubevirt.io/"
#: Of one migration, not of the next.
_MIGRATIONS = ("kubevirt.io/migrationJobUID", "kubevirt.io/migrationTargetNodeName")
_TOPOLOGY = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")
_LONGEST = 63
_SHA1 = partial(hashlib.sha1, usedforsecurity=False)

Labels = Mapping[str, str]


def unbound(labels: Labels) -> Labels:
    """A pod's labels before it is bound: binding copies topology labels of the node.

    Mirrors the PodTopologyLabels admission plugin (Kubernetes 1.35). A target carries those
    of its own node, so pod (anti-)affinity must not see the source's on it.
    """
    return {key: value for key, value in labels.items() if not key.startswith(_TOPOLOGY)}


def of_target(source: PodInfo, instance: VirtualMachineInstance) -> Labels:
    """Those of the VMI now, and what else the source pod was given, by other webhooks say.

    The UID of the migration is not known before there is one.
    """
    known = {**unbound(source.labels), **instance.labels}
    return {key: value for key, value in known.items() if key not in _MIGRATIONS}


def of_restart(source: PodInfo, instance: VirtualMachineInstance, vm: VirtualMachine) -> Labels:
    """Those of the VM's template, and what else the pod was given that the VMI does not have."""
    kept = {k: v for k, v in of_target(source, instance).items() if k not in instance.labels}
    return {**kept, **vm.labels}


def of_start(vm: VirtualMachine) -> Labels:
    """Those of a VM's first pod, but for the UID of the VMI."""
    return {
        **vm.labels,
        "kubevirt.io": "virt-launcher",
        "vm.kubevirt.io/name": vm.hostname or vm.name.partition(".")[0][:_LONGEST],
        "vmi.kubevirt.io/id": _identity(vm.name),
    }


def _identity(name: str) -> str:
    """The name, or what of it and of its hash fits into a label."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9]}-{_SHA1(name.encode()).hexdigest()[:8]}"
