"""What the volume predicates read: claims, volumes, classes and CSI's per-node facts.

Amounts of storage are exact, in nano bytes, as the scheduler compares them unrounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.objects.labels import LabelSelector, NodeSelector, Requirement

IMMEDIATE = "Immediate"
WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"
READ_WRITE_ONCE_POD = "ReadWriteOncePod"
#: The labels of nodes and volumes for where they are, and what they were called before 1.17.
ZONE = "topology.kubernetes.io/zone"
REGION = "topology.kubernetes.io/region"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
BETA_REGION = "failure-domain.beta.kubernetes.io/region"
_NO_SELECTOR = LabelSelector()


@dataclass(frozen=True, slots=True)
class PersistentVolumeClaim:
    """A claim. `volume_mode` is Filesystem where none is set; `controller_uid` is its owner's.

    `bind_completed` is the binder's annotation: without it a volume_name is only a wish.
    `selected_node` is where it is to be provisioned, None while no node has been chosen.
    """

    namespace: str
    name: str
    volume_name: str = ""
    storage_class: str = ""
    access_modes: frozenset[str] = frozenset()
    request: int = 0
    volume_mode: str = "Filesystem"
    selector: LabelSelector = _NO_SELECTOR
    attributes_class: str = ""
    phase: str = ""
    deleting: bool = False
    bind_completed: bool = False
    selected_node: str | None = None
    controller_uid: str = ""
    uid: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Claims are keyed by namespace and name."""
        return self.namespace, self.name

    @property
    def bound(self) -> bool:
        """Whether the binder is done with it."""
        return bool(self.volume_name) and self.bind_completed


@dataclass(frozen=True, slots=True)
class ClaimRef:
    """spec.claimRef of a volume: the claim that it is bound to, or reserved for."""

    namespace: str
    name: str
    uid: str = ""


@dataclass(frozen=True, slots=True)
class PersistentVolume:
    """A volume. `driver` and `handle` are those of CSI; `in_tree` names an old plugin instead.

    The handle of an in-tree volume is what identifies it to that plugin; `disk_kind` is
    azureDisk's own kind.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    capacity: int = 0
    access_modes: frozenset[str] = frozenset()
    storage_class: str = ""
    volume_mode: str = "Filesystem"
    attributes_class: str = ""
    phase: str = ""
    deleting: bool = False
    node_affinity: NodeSelector | None = None
    claim: ClaimRef | None = None
    driver: str = ""
    handle: str = ""
    in_tree: str = ""
    disk_kind: str = ""

    @property
    def key(self) -> str:
        """Volumes are keyed by name."""
        return self.name


@dataclass(frozen=True, slots=True)
class StorageClass:
    """A class. Its allowed topologies are terms, ORed, of requirements, ANDed; none allow all."""

    name: str
    provisioner: str = ""
    binding_mode: str = IMMEDIATE
    allowed_topologies: tuple[tuple[Requirement, ...], ...] = ()

    @property
    def key(self) -> str:
        """Classes are keyed by name."""
        return self.name


@dataclass(frozen=True, slots=True)
class CSINode:
    """What the CSI drivers on a node say of it: who is there, how many volumes each takes."""

    name: str
    drivers: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict)
    migrated_plugins: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """Keyed by the name of the node."""
        return self.name


@dataclass(frozen=True, slots=True)
class CSIDriver:
    """A driver, and whether it publishes how much storage is left where."""

    name: str
    storage_capacity: bool = False

    @property
    def key(self) -> str:
        """Drivers are keyed by name."""
        return self.name


@dataclass(frozen=True, slots=True)
class CSIStorageCapacity:
    """How much a class can still provision for the nodes of a topology; None is not said."""

    namespace: str
    name: str
    storage_class: str = ""
    topology: LabelSelector = _NO_SELECTOR
    capacity: int | None = None
    maximum_volume_size: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Keyed by namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class VolumeAttachment:
    """A volume that the attach controller has attached, or is attaching, to a node."""

    name: str
    attacher: str = ""
    node_name: str = ""
    volume_name: str = ""

    @property
    def key(self) -> str:
        """Attachments are keyed by name."""
        return self.name


StorageObject = (
    PersistentVolumeClaim
    | PersistentVolume
    | StorageClass
    | CSINode
    | CSIDriver
    | CSIStorageCapacity
    | VolumeAttachment
)
#: All of them, in the order in which they are listed.
STORAGE_TYPES: tuple[type[StorageObject], ...] = (
    PersistentVolumeClaim,
    PersistentVolume,
    StorageClass,
    CSINode,
    CSIDriver,
    CSIStorageCapacity,
    VolumeAttachment,
)
