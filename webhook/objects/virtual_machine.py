"""KubeVirt's objects, reduced to what placement and rollout read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webhook.objects.pod import SchedulingRules

TARGET_HASH = "vmaffinity.io/target-hash"
REQUESTED_BY = "vmaffinity.io/requested-by"
ROLLOUT = "vmaffinity.io/rollout"
RETRY_NONCE = "vmaffinity.io/retry-nonce"
OBSERVED_HASH = "vmaffinity.io/observed-hash"
PHASE = "vmaffinity.io/phase"
MESSAGE = "vmaffinity.io/message"
#: The label of our migrations: the placement hash that they carry out.
HASH = "vmaffinity.io/hash"


@dataclass(frozen=True, slots=True)
class Placement:
    """The placement as it stands in the VM: canonical JSON by field path.

    Only fields that are set are held: absent, null and empty are the same, and nothing
    deeper is normalised.
    """

    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """First 16 hex digits of sha256 over the canonical JSON of the set fields."""
        body = ",".join(f'"{path}":{text}' for path, text in sorted(self.fields.items()))
        return hashlib.sha256(f"{{{body}}}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Machine:
    """What KubeVirt's rendering of a launcher pod reads of a VM template or VMI spec.

    Quantities are integers: memory in bytes, cpu in milli units. `io_threads` are those of a
    supplemental pool; `encrypted` is the node label that the guest's memory encryption needs.
    """

    architecture: str = ""
    cpu_model: str = ""
    required_features: tuple[str, ...] = ()
    forbidden_features: tuple[str, ...] = ()
    machine_type: str = ""
    vcpus: int = 1
    io_threads: int = 0
    dedicated_cpu: bool = False
    guest_memory: int = 0
    hugepages: str = ""
    requests: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    graphics: bool = True
    interfaces: bool = True
    virtio_interfaces: bool = True
    tpm: bool = False
    extended: Mapping[str, int] = field(default_factory=dict)
    host_devices: bool = False
    isolated_emulator: bool = False
    console_log: bool = True
    vsock: bool = False
    encrypted: str = ""
    added_overhead: int = 0
    overhead_is_overcommitted: bool = False


@dataclass(frozen=True, slots=True)
class VirtualMachine:
    """A VirtualMachine. `other_fields` is canonical JSON of what only a restart applies."""

    namespace: str
    name: str
    uid: str = ""
    deleting: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)
    rules: SchedulingRules = field(default_factory=SchedulingRules)
    other_fields: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    machine: Machine = field(default_factory=Machine)
    scheduler_name: str = "default-scheduler"
    instancetype: str = ""
    preference: str = ""
    restart_required: bool = False
    unmodelled: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """VMs are keyed by namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class VirtualMachineInstance:
    """A VirtualMachineInstance: KubeVirt's resolved picture of a started VM."""

    namespace: str
    name: str
    uid: str = ""
    phase: str = ""
    node_name: str = ""
    deleting: bool = False
    rules: SchedulingRules = field(default_factory=SchedulingRules)
    machine: Machine = field(default_factory=Machine)
    not_migratable: str = ""
    evacuation_node_name: str = ""
    migrating: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """VMIs carry the key of their VM."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Migration:
    """A VirtualMachineInstanceMigration.

    `hash` is our label, empty on anybody else's. `finished_at` is when the final phase was
    reached; None before that, and where KubeVirt did not write it down.
    """

    namespace: str
    name: str
    instance_name: str
    phase: str = ""
    uid: str = ""
    hash: str = ""
    created: datetime | None = None
    finished_at: datetime | None = None
    deleting: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Migrations are keyed by namespace and name."""
        return self.namespace, self.name

    @property
    def finished(self) -> bool:
        """Succeeded and Failed are final."""
        return self.phase in ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class KubeVirt:
    """The settings of the KubeVirt CR that reach a launcher pod or its rollout.

    The defaults are those of a cluster whose CR was not given: LiveUpdate.
    """

    live_update: bool = True
    version: str = ""
    default_architecture: str = "amd64"
    node_selectors: Mapping[str, str] = field(default_factory=dict)
    cpu_allocation_ratio: int = 10
    memory_overcommit: int = 100
    overhead_ratio: float = 1.0
    use_emulation: bool = False
    parallel_migrations_per_cluster: int = 5
    parallel_outbound_migrations_per_node: int = 2

    @property
    def key(self) -> str:
        """There is one KubeVirt per cluster."""
        return ""
