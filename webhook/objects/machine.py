"""The guest as far as its launcher pod shows it, and what KubeVirt's settings add."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Machine:
    """What KubeVirt's rendering of a launcher pod reads of a VM template or VMI spec.

    Quantities are integers: memory in bytes, cpu in milli units. 0 vCPUs and 0 bytes of guest
    memory are left to KubeVirt's defaults, which a VMI has and a VM need not have.
    """

    architecture: str = ""
    cpu_model: str = ""
    required_features: tuple[str, ...] = ()
    forbidden_features: tuple[str, ...] = ()
    machine_type: str = ""
    vcpus: int = 0
    dedicated_cpu: bool = False
    isolated_emulator: bool = False
    #: An isolated emulator thread takes a second CPU where that makes their number even.
    even_parity: bool = False
    io_threads: int = 0
    guest_memory: int = 0
    #: The size of a huge page as it was written, and in bytes.
    hugepages: str = ""
    page_size: int = 0
    requests: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    added_overhead: int = 0
    overhead_is_overcommitted: bool = False

    #: Labels that its node must have beside those of CPU and machine type.
    node_labels: tuple[str, ...] = ()
    #: The Hyper-V enlightenments that are on.
    hyperv: frozenset[str] = frozenset()
    #: Whether its clock must not change its frequency, and the frequency of a started guest.
    tsc_required: bool = False
    tsc_frequency: int = 0

    graphics: bool = True
    #: None where KubeVirt's CR decides.
    console_log: bool | None = None
    interfaces: bool = True
    virtio_interfaces: bool = True
    passt: bool = False
    #: The network binding plugins of its interfaces.
    bindings: frozenset[str] = frozenset()
    #: The networks of Multus: names of NetworkAttachmentDefinitions, or namespace/name.
    networks: tuple[str, ...] = ()
    tpm: bool = False
    #: TPM or firmware variables are kept in a claim that KubeVirt makes.
    persistent_state: bool = False
    extended: Mapping[str, int] = field(default_factory=dict)
    #: GPUs, host devices, or interfaces that are devices of the host.
    host_devices: bool = False
    vsock: bool = False
    #: Memory encrypted by AMD's SEV in any of its forms.
    sev: bool = False
    persistent_reservation: bool = False
    downward_metrics: bool = False
    exec_probes: int = 0

    #: Containers beside the guest's: volumes that are images, shared file systems, hooks.
    images: tuple[str, ...] = ()
    file_systems: tuple[str, ...] = ()
    hooks: int = 0


@dataclass(frozen=True, slots=True)
class Resizing:
    """How far a running guest was resized, and how far it may be; 0 is not said.

    `vcpus` and `guest_requested` are what its pod was rendered for; `guest_current` is what
    the guest has of its memory.
    """

    vcpus: int = 0
    max_vcpus: int = 0
    guest_requested: int = 0
    guest_current: int = 0
    guest_at_boot: int = 0
    max_guest: int = 0


@dataclass(frozen=True, slots=True)
class Binding:
    """A network binding plugin: its bytes of memory, and whether it has a sidecar."""

    memory: int = 0
    sidecar: bool = False


@dataclass(frozen=True, slots=True)
class Support:
    """What KubeVirt's CR asks for a kind of supporting container, in nano units."""

    requests: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
