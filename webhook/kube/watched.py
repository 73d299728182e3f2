"""WATCHED: every kind that we read from the API, one row each. Data, without I/O.

The permissions to list and watch are made of these rows, and so are the reflectors.
"""

from dataclasses import dataclass

from webhook.objects import (
    KubeVirt,
    Migration,
    NodeInfo,
    PodInfo,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.classes import NetworkAttachment, PriorityClass, RuntimeClass
from webhook.objects.profile import DeviceClass, Namespace
from webhook.objects.quota import LimitRange, ResourceQuota
from webhook.objects.rollout import RolloutRecord
from webhook.objects.storage import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)

KUBEVIRT_GROUP = "kubevirt.io"
KUBEVIRT_API = f"{KUBEVIRT_GROUP}/v1"
STORAGE_API = "storage.k8s.io/v1"
ROLLOUT_GROUP = "vmaffinity.io"
ROLLOUT_API = f"{ROLLOUT_GROUP}/v1alpha1"


@dataclass(frozen=True, slots=True)
class Watched:
    """One kind: its value's type, where it is in the API, and how it is named there.

    An optional kind may be unknown to the API server (404): that is an empty list then.
    """

    type: type
    kind: str
    resource: str
    api_version: str = "v1"
    required: bool = True
    field_selector: str = ""

    @property
    def group(self) -> str:
        """The API group, as RBAC spells it."""
        return self.api_version.rpartition("/")[0]

    @property
    def path(self) -> str:
        """The list over all namespaces."""
        return f"/{'apis' if self.group else 'api'}/{self.api_version}/{self.resource}"


def namespaced(api_version: str, namespace: str, resource: str, name: str = "") -> str:
    """The path of one object, or without a name of a namespace's list."""
    root = "apis" if "/" in api_version else "api"
    path = f"/{root}/{api_version}/namespaces/{namespace}/{resource}"
    return f"{path}/{name}" if name else path


# A terminated pod holds nothing of its node; the watch says DELETED when one gets there.
_UNFINISHED = "status.phase!=Succeeded,status.phase!=Failed"

WATCHED: tuple[Watched, ...] = (
    Watched(NodeInfo, "Node", "nodes"),
    Watched(PodInfo, "Pod", "pods", field_selector=_UNFINISHED),
    Watched(Namespace, "Namespace", "namespaces"),
    Watched(ResourceQuota, "ResourceQuota", "resourcequotas"),
    Watched(LimitRange, "LimitRange", "limitranges"),
    Watched(PersistentVolumeClaim, "PersistentVolumeClaim", "persistentvolumeclaims"),
    Watched(PersistentVolume, "PersistentVolume", "persistentvolumes"),
    Watched(StorageClass, "StorageClass", "storageclasses", STORAGE_API),
    Watched(CSINode, "CSINode", "csinodes", STORAGE_API),
    Watched(CSIDriver, "CSIDriver", "csidrivers", STORAGE_API),
    Watched(CSIStorageCapacity, "CSIStorageCapacity", "csistoragecapacities", STORAGE_API),
    Watched(VolumeAttachment, "VolumeAttachment", "volumeattachments", STORAGE_API),
    # served since 1.34; before, no DeviceClass stands in for an extended resource
    Watched(DeviceClass, "DeviceClass", "deviceclasses", "resource.k8s.io/v1", required=False),
    # of a first pod; what is not seen of them is told to be unknown
    Watched(
        PriorityClass,
        "PriorityClass",
        "priorityclasses",
        "scheduling.k8s.io/v1",
        required=False,
    ),
    Watched(RuntimeClass, "RuntimeClass", "runtimeclasses", "node.k8s.io/v1", required=False),
    Watched(
        NetworkAttachment,
        "NetworkAttachmentDefinition",
        "network-attachment-definitions",
        "k8s.cni.cncf.io/v1",
        required=False,
    ),
    Watched(KubeVirt, "KubeVirt", "kubevirts", KUBEVIRT_API),
    Watched(VirtualMachine, "VirtualMachine", "virtualmachines", KUBEVIRT_API),
    Watched(
        VirtualMachineInstance, "VirtualMachineInstance", "virtualmachineinstances", KUBEVIRT_API
    ),
    Watched(
        Migration,
        "VirtualMachineInstanceMigration",
        "virtualmachineinstancemigrations",
        KUBEVIRT_API,
    ),
    # the webhook judges without it, and a cluster may not have our CRDs yet
    Watched(RolloutRecord, "AffinityRollout", "affinityrollouts", ROLLOUT_API, required=False),
)
