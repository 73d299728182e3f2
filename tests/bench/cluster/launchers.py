"""The virt-launcher pods of guests, as KubeVirt renders them."""

from tests.bench.cluster.chance import Chance
from tests.bench.cluster.machines import (
    API,
    LAUNCHER,
    PCI,
    claim_name,
    instance_uid,
    labels,
    launcher_uid,
    machine_name,
    rules,
    spread,
    volumes,
)
from tests.bench.cluster.nodes import ZONE, node_name
from tests.bench.cluster.plan import CPU_RATIO, OVERHEAD, Plan, cores
from tests.bench.cluster.wire import TIME, Tree, condition, container, owner, raw
from tests.bench.cluster.workloads import REQUIRED, TOLERATIONS, namespace

OBSOLETE = {"key": "node-labeller.kubevirt.io/obsolete-host-model", "operator": "DoesNotExist"}


def launcher_name(plan: Plan, number: int) -> str:
    """The name of its pod."""
    suffix = f"{Chance(plan.seed, 28, number).bits() & 0xFFFFF:05x}"
    return f"virt-launcher-{machine_name(plan.machines[number])}-{suffix}"


def launcher_pod(plan: Plan, number: int) -> Tree:
    """Its virt-launcher pod."""
    pod, name = plan.machines[number], machine_name(plan.machines[number])
    own, node = instance_uid(plan, number), node_name(pod.node)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "annotations": _ANNOTATIONS | {"kubevirt.io/domain": name},
            "creationTimestamp": TIME,
            "generateName": f"virt-launcher-{name}-",
            "generation": 1,
            "labels": labels(pod)
            | {
                "kubevirt.io": "virt-launcher",
                "kubevirt.io/created-by": own,
                "kubevirt.io/nodeName": node,
                "topology.kubernetes.io/region": "eu",
                ZONE: plan.zone(pod.node),
                "vm.kubevirt.io/name": name,
                "vmi.kubevirt.io/id": name,
            },
            "name": launcher_name(plan, number),
            "namespace": namespace(pod.workload.namespace),
            "ownerReferences": owner(API, "VirtualMachineInstance", name, own),
            "resourceVersion": str(6_000_000 + number),
            "uid": launcher_uid(plan, number),
        },
        "spec": _launcher_spec(plan, number),
        "status": _POD_STATUS,
    }


def _launcher_spec(plan: Plan, number: int) -> Tree:
    pod, name = plan.machines[number], machine_name(plan.machines[number])
    devices = dict.fromkeys((f"devices.kubevirt.io/{d}" for d in ("kvm", "tun", "vhost-net")), "1")
    requests = {
        "cpu": f"{cores(pod.shape) * 1000 // CPU_RATIO}m",
        "ephemeral-storage": "50M",
        "memory": f"{pod.shape.memory + OVERHEAD}Mi",
    }
    arguments = ["--name", name, "--uid", instance_uid(plan, number), *_ARGUMENTS]
    compute = _COMPUTE | {
        "args": arguments,
        "resources": {"limits": devices, "requests": requests | devices},
    }
    claim = claim_name(plan, number)
    spec = {
        "affinity": _rendered(rules(plan, number).get("affinity", {})),
        "automountServiceAccountToken": False,
        "containers": [compute],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": False,
        "hostname": name,
        "initContainers": _SIDECARS,
        "nodeName": node_name(pod.node),
        "nodeSelector": {
            "kubernetes.io/arch": "amd64",
            "kubevirt.io/schedulable": "true",
            "machine-type.node.kubevirt.io/q35": "true",
        },
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "readinessGates": [{"conditionType": "kubevirt.io/virtual-machine-unpaused"}],
        "restartPolicy": "Never",
        "schedulerName": "default-scheduler",
        "securityContext": {"fsGroup": 107, "runAsNonRoot": True, "runAsUser": 107},
        "terminationGracePeriodSeconds": 210,
        "tolerations": TOLERATIONS,
        "volumes": [*_EMPTY, *([volumes(claim)[-1]] if claim else [])],
    }
    constraints = spread(pod)
    return spec | ({"topologySpreadConstraints": constraints} if constraints else {})


def _rendered(affinity: Tree) -> Tree:
    """The affinity with what KubeVirt adds to every term."""
    terms = affinity.get("nodeAffinity", {}).get(REQUIRED, {}).get("nodeSelectorTerms")
    found = [
        {"matchExpressions": [*term.get("matchExpressions", []), OBSOLETE]}
        for term in terms or [{}]
    ]
    return affinity | {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": found}}}


_ANNOTATIONS = {
    "descheduler.alpha.kubernetes.io/request-evict-only": "",
    "istio.io/reroute-virtual-interfaces": "k6t-eth0",
    "kubectl.kubernetes.io/default-container": "compute",
    "kubevirt.io/memory-overhead-bytes": str(OVERHEAD * 2**20),
    "kubevirt.io/migrationTransportUnix": "true",
    PCI: "v3",
    "kubevirt.io/vm-generation": "1",
    "post.hook.backup.velero.io/command": '["/usr/bin/virt-freezer", "--unfreeze"]',
    "post.hook.backup.velero.io/container": "compute",
    "pre.hook.backup.velero.io/command": '["/usr/bin/virt-freezer", "--freeze"]',
    "pre.hook.backup.velero.io/container": "compute",
    "pre.hook.backup.velero.io/timeout": "60s",
    "traffic.sidecar.istio.io/kubevirtInterfaces": "k6t-eth0",
}
_ARGUMENTS = (
    *("--qemu-timeout", "243s", "--kubevirt-share-dir", "/var/run/kubevirt"),
    *("--ephemeral-disk-dir", "/var/run/kubevirt-ephemeral-disks"),
    *("--container-disk-dir", "/var/run/kubevirt/container-disks"),
    *("--grace-period-seconds", "195", "--hook-sidecars", "0", "--hypervisor", "kvm"),
    *("--disk-memory-limit", "2097152000", "--run-as-nonroot", "--image-volume"),
)
_DIRECTORIES = ("private", "public", "ephemeral-disks", "libvirt-runtime", "sockets", "hotplug")
_EMPTY = [{"emptyDir": {}, "name": name} for name in _DIRECTORIES]
_SECURITY: Tree = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_COMPUTE = container(
    {
        "name": "compute",
        "args": [],
        "resources": {},
        "command": ["/usr/bin/virt-launcher-monitor"],
        "env": [
            {"name": "XDG_CACHE_HOME", "value": "/var/run/kubevirt-private"},
            {"name": "XDG_CONFIG_HOME", "value": "/var/run/kubevirt-private"},
            {"name": "XDG_RUNTIME_DIR", "value": "/var/run"},
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "image": LAUNCHER,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": _SECURITY,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"mountPath": f"/var/run/kubevirt-{name}", "name": name} for name in _DIRECTORIES
        ],
    }
)


def _sidecar(name: str, image: str, limits: dict[str, str], requests: dict[str, str]) -> Tree:
    made = {
        "command": [f"/usr/bin/{name}"],
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "name": name,
        "resources": {"limits": limits, "requests": requests},
        "restartPolicy": "Always",
        "securityContext": _SECURITY,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    return container(made)


_SIDECARS = [
    _sidecar(
        "guest-console-log",
        LAUNCHER,
        {"cpu": "15m", "memory": "60M"},
        {"cpu": "5m", "memory": "35M"},
    ),
    _sidecar(
        "volumeroot",
        "quay.io/containerdisks/fedora:latest",
        {"cpu": "10m", "memory": "40M"},
        {"cpu": "1m", "ephemeral-storage": "50M", "memory": "1M"},
    ),
]
_POD_STATUS = raw(
    {
        "conditions": [
            *(condition(each) for each in ("Initialized", "ContainersReady", "Ready")),
            condition("kubevirt.io/virtual-machine-unpaused", reason="NotPaused"),
            condition("PodScheduled"),
        ],
        "containerStatuses": [
            {
                "image": LAUNCHER,
                "imageID": f"quay.io/kubevirt/virt-launcher@sha256:{'0' * 64}",
                "lastState": {},
                "name": "compute",
                "ready": True,
                "restartCount": 0,
                "started": True,
                "state": {"running": {"startedAt": TIME}},
            }
        ],
        "phase": "Running",
        "podIP": "10.244.0.16",
        "podIPs": [{"ip": "10.244.0.16"}],
        "qosClass": "Burstable",
        "startTime": TIME,
    }
)
