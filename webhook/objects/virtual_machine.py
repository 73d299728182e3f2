"""KubeVirt's objects, reduced to what placement and rollout read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webhook.objects.classes import RuntimeClass
from webhook.objects.labels import LabelSelector
from webhook.objects.machine import Binding, Machine, Resizing, Support
from webhook.objects.pod import Claim, SchedulingRules, SpreadConstraint

#: The prefix of our annotations and labels.
OURS = "vmaffinity.io/"
TARGET_HASH = "vmaffinity.io/target-hash"
REQUESTED_BY = "vmaffinity.io/requested-by"
ROLLOUT = "vmaffinity.io/rollout"
RETRY_NONCE = "vmaffinity.io/retry-nonce"
OBSERVED_HASH = "vmaffinity.io/observed-hash"
PHASE = "vmaffinity.io/phase"
MESSAGE = "vmaffinity.io/message"
#: The label of our migrations: the placement hash that they carry out.
HASH = "vmaffinity.io/hash"


_NO_NAMESPACE = LabelSelector(nothing=True)


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
class VirtualMachine:
    """A VirtualMachine. `other_fields` is canonical JSON of what only a restart applies.

    `annotations` are those of ours, in the metadata of the VM.
    `claims` are behind the volumes that its launcher pod mounts; those behind `hotplugged`
    volumes are mounted by a pod of their own on the same node.
    """

    namespace: str
    name: str
    uid: str = ""
    deleting: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)
    rules: SchedulingRules = field(default_factory=SchedulingRules)
    other_fields: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    hostname: str = ""
    machine: Machine = field(default_factory=Machine)
    scheduler_name: str = "default-scheduler"
    priority_class: str = ""
    instancetype: str = ""
    preference: str = ""
    restart_required: bool = False
    spread: tuple[SpreadConstraint, ...] = ()
    claims: tuple[Claim, ...] = ()
    hotplugged: tuple[Claim, ...] = ()
    unmodelled: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """VMs are keyed by namespace and name."""
        return self.namespace, self.name

    @property
    def references(self) -> tuple[str, ...]:
        """What it refers to: `instancetype u1`, `preference fedora`."""
        named = (("instancetype", self.instancetype), ("preference", self.preference))
        return tuple(f"{kind} {name}" for kind, name in named if name)


@dataclass(frozen=True, slots=True)
class VirtualMachineInstance:
    """A VirtualMachineInstance: KubeVirt's resolved picture of a started VM.

    `hotplugged` are the claims behind volumes that its launcher pod does not mount,
    `replaced` is the claim of its state, of which a migration makes a new one.
    """

    namespace: str
    name: str
    uid: str = ""
    phase: str = ""
    node_name: str = ""
    deleting: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    rules: SchedulingRules = field(default_factory=SchedulingRules)
    machine: Machine = field(default_factory=Machine)
    resizing: Resizing = field(default_factory=Resizing)
    hotplugged: tuple[Claim, ...] = ()
    replaced: Claim | None = None
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

    The defaults are those of a cluster whose CR was not given: LiveUpdate. `limits_cpu_in`
    selects the namespaces, by their labels, in which every guest gets a CPU limit. `gates` are
    the feature gates that are on, `overhead_ratio` is text as it was written, `cpu_request` and
    `tsc_frequency` are 0 where none is set, `machine_types` are by architecture and `support`
    by kind of container. `runtime` is what `runtime_class` names, None where that is not seen.
    """

    live_update: bool = True
    version: str = ""
    default_architecture: str = "amd64"
    node_selectors: Mapping[str, str] = field(default_factory=dict)
    cpu_allocation_ratio: int = 10
    memory_overcommit: int = 100
    overhead_ratio: str = ""
    use_emulation: bool = False
    gates: frozenset[str] = frozenset()
    cpu_model: str = ""
    cpu_request: int = 0
    machine_types: Mapping[str, str] = field(default_factory=dict)
    tsc_frequency: int = 0
    completes_to_even_parity: bool = False
    console_log: bool = True
    support: Mapping[str, Support] = field(default_factory=dict)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    runtime_class: str = ""
    runtime: RuntimeClass | None = None
    limits_cpu_in: LabelSelector = _NO_NAMESPACE
    parallel_migrations_per_cluster: int = 5
    parallel_outbound_migrations_per_node: int = 2

    @property
    def key(self) -> str:
        """There is one KubeVirt per cluster."""
        return ""
