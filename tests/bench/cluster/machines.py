"""VirtualMachines and their VirtualMachineInstances, as KubeVirt has them."""

from tests.bench.cluster.chance import Chance
from tests.bench.cluster.nodes import HOSTNAME, ZONE, node_name
from tests.bench.cluster.plan import ZONES, PlacedPod, Plan, cores
from tests.bench.cluster.wire import (
    TIME,
    Tree,
    condition,
    custom,
    managed,
    owner,
    raw,
    uid,
)
from tests.bench.cluster.workloads import REQUIRED, app, namespace

API = "kubevirt.io/v1"
CLAIMED = 0.6
"""The share of guests with a claim that two pods can mount."""
_NOT_MIGRATABLE = 0.02


def machine_name(pod: PlacedPod) -> str:
    """The name of a VM."""
    return f"{app(pod.workload)}-vm-{pod.ordinal}"


def claim_name(plan: Plan, number: int) -> str:
    """The claim of the number-th guest; empty if its disk is an image."""
    has = Chance(plan.seed, 20, number).happens(CLAIMED)
    return f"{machine_name(plan.machines[number])}-data" if has else ""


def machine_uid(plan: Plan, number: int) -> str:
    """The UID of the number-th VM."""
    return uid(plan.seed, 21, number)


def instance_uid(plan: Plan, number: int) -> str:
    """The UID of its VMI."""
    return uid(plan.seed, 22, number)


def labels(pod: PlacedPod) -> dict[str, str]:
    """The labels of the template."""
    own = {"app": app(pod.workload), "tier": pod.workload.tier}
    return own | {"team": f"team-{pod.workload.namespace % 20}"}


def rules(plan: Plan, number: int) -> Tree:
    """The placement that the guest was started with; its node satisfies it."""
    pod = plan.machines[number]
    chance = Chance(plan.seed, 23, pod.workload.number)
    own: Tree = {}
    if pod.workload.apart:
        term = {"labelSelector": {"matchLabels": {"app": app(pod.workload)}}}
        own["podAntiAffinity"] = {REQUIRED: [{**term, "topologyKey": HOSTNAME}]}
    if chance.happens(0.5):
        zones = {plan.zone(pod.node), chance.one_of(ZONES)}
        expression = {"key": ZONE, "operator": "In", "values": sorted(zones)}
        terms = [{"matchExpressions": [expression]}]
        own["nodeAffinity"] = {REQUIRED: {"nodeSelectorTerms": terms}}
    return {"affinity": own} if own else {}


def spread(pod: PlacedPod) -> list[Tree]:
    """Two constraints of every fourth group of guests, over zones and over nodes."""
    if pod.workload.number % 4:
        return []
    selector = {"matchLabels": {"app": app(pod.workload)}}
    return [
        {"labelSelector": selector, "maxSkew": skew, "topologyKey": key}
        | {"whenUnsatisfiable": "DoNotSchedule"}
        for key, skew in ((ZONE, 5), (HOSTNAME, 2))
    ]


def machine(plan: Plan, number: int, **template: object) -> Tree:
    """The number-th VirtualMachine; `template` overrides fields of spec.template.spec."""
    pod, name = plan.machines[number], machine_name(plan.machines[number])
    spec = _template(plan, number) | rules(plan, number) | template
    applied = {
        "runStrategy": "Always",
        "template": {
            "metadata": {"annotations": {PCI: "v3"}, "labels": labels(pod)},
            "spec": {key: value for key, value in spec.items() if value is not None},
        },
    }
    metadata = {"name": name, "namespace": namespace(pod.workload.namespace)}
    whole = {"apiVersion": API, "kind": "VirtualMachine", "metadata": metadata, "spec": applied}
    return whole | {
        "metadata": metadata
        | {
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": custom(whole).decode() + "\n",
                "kubevirt.io/latest-observed-api-version": "v1",
                "kubevirt.io/storage-observed-api-version": "v1",
            },
            "creationTimestamp": TIME,
            "finalizers": ["kubevirt.io/virtualMachineControllerFinalize"],
            "generation": 1,
            "managedFields": [
                managed("kubectl-client-side-apply", {"spec": applied}),
                _CONTROLLER,
                _HANDLER,
            ],
            "resourceVersion": str(4_000_000 + number),
            "uid": machine_uid(plan, number),
        },
        "status": _VM_STATUS,
    }


PCI = "kubevirt.io/pci-topology-version"


def _template(plan: Plan, number: int) -> Tree:
    pod = plan.machines[number]
    spec: Tree = {
        "architecture": "amd64",
        "domain": {
            "cpu": {"cores": cores(pod.shape)},
            "devices": _DEVICES,
            "firmware": {
                "serial": uid(plan.seed, 24, number),
                "uuid": uid(plan.seed, 25, number),
            },
            "machine": {"type": "q35"},
            "memory": {"guest": f"{pod.shape.memory}Mi"},
            "resources": {},
        },
        "evictionStrategy": "LiveMigrate",
        "networks": [{"name": "default", "pod": {}}],
        "terminationGracePeriodSeconds": 180,
        "volumes": volumes(claim_name(plan, number)),
    }
    constraints = spread(pod)
    return spec | ({"topologySpreadConstraints": constraints} if constraints else {})


def volumes(claim: str) -> list[Tree]:
    """The disks of a guest; the claim, if there is one, is the last."""
    image = {"containerDisk": {"image": "quay.io/containerdisks/fedora:latest"}, "name": "root"}
    init = {"cloudInitNoCloud": {"userData": _USER_DATA}, "name": "init"}
    data = {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
    return [image, init, *([data] if claim else [])]


_USER_DATA = (
    "#cloud-config\npackages: [qemu-guest-agent]\nssh_authorized_keys:\n"
    f"  - ssh-ed25519 {'A' * 68} operator@example.com\n"
)


def instance(plan: Plan, number: int) -> Tree:
    """Its VirtualMachineInstance, running."""
    pod, name = plan.machines[number], machine_name(plan.machines[number])
    spec = _template(plan, number) | rules(plan, number)
    domain = spec["domain"]
    domain["cpu"] |= {"model": "host-model", "maxSockets": 4}
    domain["memory"] |= {"maxGuest": f"{pod.shape.memory * 4}Mi"}
    domain["features"] = {"acpi": {"enabled": True}}
    return {
        "apiVersion": API,
        "kind": "VirtualMachineInstance",
        "metadata": {
            "annotations": {PCI: "v3", "kubevirt.io/vm-generation": "1"},
            "creationTimestamp": TIME,
            "finalizers": ["kubevirt.io/foregroundDeleteVirtualMachine"],
            "generation": 6,
            "labels": labels(pod) | {"kubevirt.io/nodeName": node_name(pod.node)},
            "managedFields": [_CONTROLLER, _HANDLER],
            "name": name,
            "namespace": namespace(pod.workload.namespace),
            "ownerReferences": owner(API, "VirtualMachine", name, machine_uid(plan, number)),
            "resourceVersion": str(5_000_000 + number),
            "uid": instance_uid(plan, number),
        },
        "spec": spec,
        "status": _running(plan, number),
    }


def _running(plan: Plan, number: int) -> Tree:
    """The status of a VMI."""
    pod = plan.machines[number]
    node, guest = node_name(pod.node), f"{pod.shape.memory}Mi"
    migratable = condition("LiveMigratable")
    if Chance(plan.seed, 26, number).happens(_NOT_MIGRATABLE):
        why = {"message": "cannot migrate VMI: PVC disk is not shared", "reason": "DisksNotLive"}
        migratable = condition("LiveMigratable", "False", **why)
    conditions = [condition("Ready"), migratable, condition("AgentConnected")]
    return {
        "activePods": {launcher_uid(plan, number): node},
        "conditions": conditions,
        "currentCPUTopology": {"cores": cores(pod.shape), "sockets": 1, "threads": 1},
        "guestOSInfo": {"id": "fedora", "name": "Fedora Linux", "version": "43"},
        "interfaces": [{"ipAddress": "10.0.2.2", "mac": "02:00:00:00:00:01", "name": "default"}],
        "launcherContainerImageVersion": LAUNCHER,
        "machine": {"type": "pc-q35-rhel9.6.0"},
        "memory": {"guestAtBoot": guest, "guestCurrent": guest, "guestRequested": guest},
        "migrationMethod": "LiveMigration",
        "migrationTransport": "Unix",
        "nodeName": node,
        "phase": "Running",
        "phaseTransitionTimestamps": _PHASES,
        "qosClass": "Burstable",
        "runtimeUser": 107,
        "virtualMachineRevisionName": f"revision-start-vm-{machine_uid(plan, number)}-1",
        "volumeStatus": [{"name": "root", "target": "vda"}, {"name": "init", "target": "vdb"}],
    }


LAUNCHER = "quay.io/kubevirt/virt-launcher:v1.8.4"


def launcher_uid(plan: Plan, number: int) -> str:
    """The UID of its pod."""
    return uid(plan.seed, 27, number)


_DEVICES = {
    "disks": [
        {"bootOrder": 1, "disk": {"bus": "virtio"}, "name": "root"},
        {"disk": {"bus": "virtio"}, "name": "init"},
        {"disk": {"bus": "virtio"}, "name": "data"},
    ],
    "interfaces": [{"masquerade": {}, "name": "default", "ports": [{"name": "ssh", "port": 22}]}],
    "rng": {},
}
_PHASES = raw(
    [
        {"phase": phase, "phaseTransitionTimestamp": TIME}
        for phase in ("Pending", "Scheduling", "Scheduled", "Running")
    ]
)
_VM_CONDITIONS = ("Ready", "LiveMigratable", "StorageLiveMigratable", "AgentConnected")
_VM_STATUS: Tree = {
    "conditions": [condition(type_) for type_ in _VM_CONDITIONS],
    "created": True,
    "desiredGeneration": 1,
    "observedGeneration": 1,
    "printableStatus": "Running",
    "ready": True,
    "runStrategy": "Always",
    "volumeSnapshotStatuses": [
        {"enabled": False, "name": name, "reason": f"Snapshot is not supported for [{name}]"}
        for name in ("root", "init")
    ],
}
_CONTROLLER = raw(managed("virt-controller", {"status": _VM_STATUS}, "status"))
_HANDLER = raw(
    managed(
        "virt-api",
        {"metadata": {"annotations": {"kubevirt.io/latest-observed-api-version": ""}}},
    )
)
