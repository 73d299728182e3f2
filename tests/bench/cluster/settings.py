"""Namespaces and their quotas, KubeVirt's CR and the few migrations that are on record."""

from collections.abc import Iterator

from tests.bench.cluster.machines import API, machine_name
from tests.bench.cluster.plan import Plan, requested
from tests.bench.cluster.wire import TIME, Tree, condition, uid
from tests.bench.cluster.workloads import namespace

SYSTEM = ("kube-system", "kubevirt")
ENVIRONMENTS = ("prod", "stage", "stage", *("dev",) * 7)
_QUOTA_EVERY = 10


def _metadata(plan: Plan, kind: int, number: int, name: str) -> Tree:
    return {
        "creationTimestamp": TIME,
        "name": name,
        "resourceVersion": str((20 + kind) * 1_000_000 + number),
        "uid": uid(plan.seed, 60 + kind, number),
    }


def namespaces(plan: Plan) -> Iterator[Tree]:
    """The system's and the users'; one of ten is `env: prod`, and there are 20 teams."""
    names = [*map(namespace, range(plan.namespaces)), *SYSTEM]
    for number, name in enumerate(names):
        labels = {"kubernetes.io/metadata.name": name}
        if name not in SYSTEM:
            labels |= {"env": ENVIRONMENTS[number % 10], "team": f"team-{number % 20}"}
        yield {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {**_metadata(plan, 0, number, name), "labels": labels},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }


def quotas(plan: Plan) -> Iterator[Tree]:
    """Every tenth namespace bounds its memory; every other of those is nearly full."""
    used = [0] * plan.namespaces
    for pod in plan.machines:
        used[pod.workload.namespace] += requested(pod.shape).memory
    for pod in plan.others:
        used[pod.workload.namespace] += pod.shape.memory
    for number in range(0, plan.namespaces, _QUOTA_EVERY):
        room = 1024 if number % (2 * _QUOTA_EVERY) == 0 else 10 * 2**20
        hard = {"requests.memory": f"{used[number] + room}Mi"}
        yield {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {
                **_metadata(plan, 1, number, "memory"),
                "namespace": namespace(number),
            },
            "spec": {"hard": hard},
            "status": {"hard": hard, "used": {"requests.memory": f"{used[number]}Mi"}},
        }


def limit_ranges(plan: Plan) -> Iterator[Tree]:
    """A few namespaces give their containers defaults."""
    for number in range(0, plan.namespaces, 4 * _QUOTA_EVERY):
        limit = {"type": "Container", "defaultRequest": {"cpu": "50m", "memory": "64Mi"}}
        yield {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {
                **_metadata(plan, 2, number, "defaults"),
                "namespace": namespace(number),
            },
            "spec": {"limits": [limit]},
        }


def kubevirts(plan: Plan) -> Iterator[Tree]:
    """The one CR: changes of placement reach a running guest."""
    yield {
        "apiVersion": API,
        "kind": "KubeVirt",
        "metadata": {
            **_metadata(plan, 3, 0, "kubevirt"),
            "generation": 1,
            "namespace": "kubevirt",
        },
        "spec": {
            "configuration": {
                "developerConfiguration": {"featureGates": []},
                "evictionStrategy": "LiveMigrate",
                "migrations": {
                    "parallelMigrationsPerCluster": 5,
                    "parallelOutboundMigrationsPerNode": 2,
                },
                "vmRolloutStrategy": "LiveUpdate",
            }
        },
        "status": {
            "conditions": [condition("Available", reason="AllComponentsReady")],
            "defaultArchitecture": "amd64",
            "observedKubeVirtVersion": "v1.8.4",
            "phase": "Deployed",
        },
    }


def migrations(plan: Plan) -> Iterator[Tree]:
    """Every hundredth guest has moved before; five are on their way."""
    for number in range(0, len(plan.machines), 100):
        pod = plan.machines[number]
        yield {
            "apiVersion": API,
            "kind": "VirtualMachineInstanceMigration",
            "metadata": {
                **_metadata(plan, 4, number, f"kubevirt-evacuation-{number:05d}"),
                "namespace": namespace(pod.workload.namespace),
            },
            "spec": {"vmiName": machine_name(pod)},
            "status": {"phase": "Running" if number < 500 else "Succeeded"},
        }


def priority_classes(plan: Plan) -> Iterator[Tree]:
    """Those that every cluster has."""
    values = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
    for number, (name, value) in enumerate(values.items()):
        yield {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": _metadata(plan, 5, number, name),
            "preemptionPolicy": "PreemptLowerPriority",
            "value": value,
        }
