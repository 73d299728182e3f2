"""PERMISSIONS: all that our ServiceAccount may do, each with its reason. Data.

manifests/base/rbac.yaml says the same to the API server; a test holds them together.
"""

from dataclasses import dataclass

from webhook.kube.expansion import EXPAND_VM_SPEC, SUBRESOURCES_GROUP
from webhook.kube.lease import LEASE_API
from webhook.kube.watched import KUBEVIRT_GROUP, ROLLOUT_GROUP, WATCHED

CLUSTER = "ClusterRole"
OWN_NAMESPACE = "Role"
READ = ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class Permission:
    """Verbs on one resource. `role` says where: in the cluster, or in our own namespace."""

    role: str
    api_group: str
    resource: str
    verbs: tuple[str, ...]
    reason: str


PERMISSIONS: tuple[Permission, ...] = (
    *(
        Permission(CLUSTER, row.group, row.resource, READ, f"the inventory holds every {row.kind}")
        for row in WATCHED
    ),
    Permission(
        CLUSTER,
        ROLLOUT_GROUP,
        "affinityrollouts",
        ("create",),
        "the reconciler keeps one for each VM whose placement changed",
    ),
    Permission(
        CLUSTER,
        ROLLOUT_GROUP,
        "affinityrollouts/status",
        ("patch",),
        "the reconciler writes attempts down before it makes them",
    ),
    Permission(
        CLUSTER,
        KUBEVIRT_GROUP,
        "virtualmachineinstancemigrations",
        ("create", "delete"),
        "the reconciler starts live migrations, and takes back those that cannot progress",
    ),
    Permission(
        CLUSTER,
        KUBEVIRT_GROUP,
        "virtualmachines",
        ("patch",),
        "the reconciler reports in annotations; RBAC knows nothing smaller than the object",
    ),
    Permission(
        CLUSTER,
        SUBRESOURCES_GROUP,
        EXPAND_VM_SPEC,
        ("update",),
        "KubeVirt tells what an instancetype contributes to a VM: a question by PUT, no write",
    ),
    Permission(
        CLUSTER,
        "",
        "events",
        ("create",),
        "the reconciler tells people about the VM, in the namespace of the VM",
    ),
    Permission(
        OWN_NAMESPACE,
        LEASE_API.partition("/")[0],
        "leases",
        ("get", "create", "update"),
        "one reconciler of several leads",
    ),
)
