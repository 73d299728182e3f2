"""The switches: what should go wrong, at which VM, migration or node.

Tests set them at run time (`cluster.faults.vm("web", Fault.MIGRATION_FAILS)`), people by an
annotation on the VirtualMachine, VirtualMachineInstanceMigration or Node:

    kubectl annotate vm web stand-in.vmaffinity.io/fault=migration-fails
    kubectl annotate vm web stand-in.vmaffinity.io/fault-          # and off again

`stand-in.vmaffinity.io/reason` replaces the text that is reported. A target that no node can take
needs no switch: the scheduler is the real one.
"""

import threading
from collections.abc import Callable
from enum import StrEnum

from tests.cluster.api import Object

ANNOTATION = "stand-in.vmaffinity.io/fault"
REASON = "stand-in.vmaffinity.io/reason"


class Fault(StrEnum):
    """What can go wrong; the value is what the annotation says."""

    NEVER_READY = "never-ready"
    """VM, migration: its pods that are not running yet never come up."""

    MIGRATION_FAILS = "migration-fails"
    """VM, migration: the source reports a failure once the migration runs."""

    MIGRATION_HANGS = "migration-hangs"
    """VM, migration: it starts and never ends; cancelling works."""

    NOT_MIGRATABLE = "not-migratable"
    """VM: LiveMigratable is False."""

    SILENT = "silent"
    """Node: neither kubelet nor virt-handler is heard of; guests there are lost to sight."""

    GONE = "gone"
    """Node: silent, and its Node object is deleted."""


REASONS = {
    Fault.MIGRATION_FAILS: "Live migration failed: operation failed: the guest could not be moved",
    Fault.NOT_MIGRATABLE: "cannot migrate VMI: PVC data is not shared",
}

InForce = dict[Fault, str]
"""The faults in force at one object, with their texts."""


class Faults:
    """Which switches are on."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._on: dict[tuple[str, str, str], InForce] = {}
        self._lock = threading.Lock()
        self._changed = changed

    def vm(self, name: str, fault: Fault, namespace: str = "default", reason: str = "") -> None:
        """Turn a fault on for a VM."""
        self._turn_on("VirtualMachine", namespace, name, fault, reason)

    def migration(
        self, name: str, fault: Fault, namespace: str = "default", reason: str = ""
    ) -> None:
        """Turn a fault on for a VirtualMachineInstanceMigration, before or while it runs."""
        self._turn_on("VirtualMachineInstanceMigration", namespace, name, fault, reason)

    def node(self, name: str, fault: Fault) -> None:
        """Turn a fault on for a node."""
        self._turn_on("Node", "", name, fault, "")

    def clear(self) -> None:
        """Turn everything off that was turned on here."""
        with self._lock:
            self._on.clear()
        self._changed()

    def at(self, kind: str, namespace: str, name: str, item: Object | None = None) -> InForce:
        """Return what is on for an object: by call, or by its annotation."""
        with self._lock:
            found = dict(self._on.get((kind, namespace, name), {}))
        annotations = ((item or {}).get("metadata") or {}).get("annotations") or {}
        if annotations.get(ANNOTATION) in list(Fault):
            fault = Fault(annotations[ANNOTATION])
            found[fault] = annotations.get(REASON) or REASONS.get(fault, "")
        return found

    def _turn_on(self, kind: str, namespace: str, name: str, fault: Fault, reason: str) -> None:
        with self._lock:
            switches = self._on.setdefault((kind, namespace, name), {})
            switches[fault] = reason or REASONS.get(fault, "")
        self._changed()
