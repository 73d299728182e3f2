"""What virt-handler writes next to a VMI: running, each step of a migration, stopped.

A function of the VMI, the faults and which nodes are alive, so that it can be tested without a
cluster. The table of the steps is `STEPS`: the first that has something to say is the next write,
made by the virt-handler of the node that it names. Each step waits for what virt-controller or the
other side wrote before, as the real ones do.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.api import Object
from tests.cluster.faults import Fault, InForce
from tests.cluster.nodes import MACHINE_TYPE

NODE = "kubevirt.io/nodeName"
TARGET = "kubevirt.io/migrationTargetNodeName"
OUTDATED = "kubevirt.io/outdatedLauncherImage"
EVICTION_SOURCE = "kubevirt.io/eviction-source"
TARGET_PORTS = {"40001": 0, "40002": 49152}
LOST = "Live migration failed: lost connection to the destination host"
ABORTED = "Live migration aborted"
DISKS = "DisksNotLiveMigratable"
CPU_CHANGE, MEMORY_CHANGE = "HotVCPUChange", "HotMemoryChange"
HOTPLUG_LABELS = (
    "kubevirt.io/vmi-pod-cpu-resource-limits",
    "kubevirt.io/vmi-pod-memory-resource-requests",
    "kubevirt.io/memory-hotplug-overhead-ratio",
)


@dataclass(frozen=True)
class View:
    """A VMI and what bears on it."""

    vmi: Object
    now: str
    faults: InForce
    is_alive: Callable[[str], bool]

    @property
    def status(self) -> Object:
        """The VMI's status."""
        return self.vmi.setdefault("status", {})

    @property
    def labels(self) -> Object:
        """The VMI's labels."""
        return self.vmi["metadata"].setdefault("labels", {})

    @property
    def migration(self) -> Object:
        """The state of its newest migration that was handed over, or nothing."""
        return self.status.get("migrationState") or {}

    @property
    def node(self) -> str:
        """The node that the guest is on."""
        return str(self.status.get("nodeName") or "")

    @property
    def target(self) -> str:
        """The node that was told to prepare for the guest."""
        return str(self.labels.get(TARGET) or "")

    @property
    def is_under_way(self) -> bool:
        """Whether the guest is being moved right now."""
        state = self.migration
        return bool(state.get("startTimestamp")) and not state.get("completed")


@dataclass(frozen=True)
class VmiWrite:
    """The VMI to write back, as the virt-handler of this node."""

    what: str
    node: str
    vmi: Object


def next_write(
    vmi: Object, faults: InForce, is_alive: Callable[[str], bool], now: str
) -> VmiWrite | None:
    """Return what the virt-handler of some node has to write now, if anything."""
    for step in STEPS:
        view = View(copy.deepcopy(vmi), now, faults, is_alive)
        if node := step(view):
            if not is_alive(node):
                return None
            return VmiWrite(step.__name__.strip("_").replace("_", " "), node, view.vmi)
    return None


Step = Callable[[View], str | None]
"""Changes the view's VMI and returns the node whose virt-handler does so, or returns None."""


def _stopped(view: View) -> str | None:
    if not view.vmi["metadata"].get("deletionTimestamp"):
        return None
    if view.status.get("phase") in ("Scheduled", "Running"):
        _enter(view, "Succeeded")
        return view.node
    return None


def _started(view: View) -> str | None:
    status = view.status
    if status.get("phase") != "Scheduled" or view.labels.get(NODE) != view.node:
        return None
    _enter(view, "Running")
    _judge_migratable(view)
    status["migrationMethod"] = "LiveMigration"
    status["selinuxContext"] = "none"
    status["machine"] = {"type": MACHINE_TYPE}
    status.setdefault("runtimeUser", 107)
    status.setdefault("guestOSInfo", {})
    return view.node


def _migratable_again_or_no_more(view: View) -> str | None:
    if view.status.get("phase") != "Running":
        return None
    return view.node if _judge_migratable(view) else None


def _target_prepared(view: View) -> str | None:
    state = view.migration
    if state.get("completed") or not view.target or state.get("targetNode") != view.target:
        return None
    if state.get("targetNodeAddress"):
        return None
    state["targetNodeAddress"] = "127.0.0.1"
    state["targetDirectMigrationNodePorts"] = dict(TARGET_PORTS)
    return view.target


def _migration_started(view: View) -> str | None:
    state = view.migration
    if not state.get("targetDirectMigrationNodePorts") or state.get("startTimestamp"):
        return None
    if state.get("completed") or state.get("sourceNode") != view.node:
        return None
    state["startTimestamp"] = view.now
    state["mode"] = "PreCopy"
    return view.node


def _migration_aborted(view: View) -> str | None:
    if not view.is_under_way or not view.migration.get("abortRequested"):
        return None
    if view.migration.get("endTimestamp"):
        return None
    view.migration["abortStatus"] = "Succeeded"
    return _fail(view, ABORTED)


def _migration_failed(view: View) -> str | None:
    """Report what went wrong: the switch, or the target that is not there any more."""
    if not view.is_under_way or view.migration.get("endTimestamp"):
        return None
    if Fault.MIGRATION_FAILS in view.faults:
        return _fail(view, view.faults[Fault.MIGRATION_FAILS])
    if not view.is_alive(view.migration["targetNode"]):
        return _fail(view, LOST)
    return None


def _guest_arrived(view: View) -> str | None:
    state = view.migration
    if not view.is_under_way or not view.target or state.get("targetNodeDomainReadyTimestamp"):
        return None
    if Fault.MIGRATION_HANGS in view.faults:
        return None
    state["targetNodeDomainDetected"] = True
    state["targetNodeDomainReadyTimestamp"] = view.now
    return view.target


def _guest_taken_over(view: View) -> str | None:
    """Acknowledge: from here on the guest is the target's."""
    state, status, metadata = view.migration, view.status, view.vmi["metadata"]
    if not view.is_under_way or not view.target or state.get("endTimestamp"):
        return None
    if not state.get("targetNodeDomainReadyTimestamp"):
        return None
    state["endTimestamp"] = view.now
    status["nodeName"] = view.labels[NODE] = view.target
    status["migrationTransport"] = "Unix"
    for field in ("evacuationNodeName", "launcherContainerImageVersion"):
        status.pop(field, None)
    view.labels.pop(OUTDATED, None)
    metadata.get("annotations", {}).pop(EVICTION_SOURCE, None)
    return view.target


def _migration_completed(view: View) -> str | None:
    if not view.is_under_way or not view.migration.get("endTimestamp") or not view.target:
        return None
    view.migration["completed"] = True
    _plug_in(view)
    return view.target


def _target_released(view: View) -> str | None:
    state = view.migration
    if not state.get("completed") or not view.target or state.get("targetNode") != view.target:
        return None
    return str(view.labels.pop(TARGET))


STEPS: tuple[Step, ...] = (
    _stopped,
    _started,
    _target_released,
    _target_prepared,
    _migration_started,
    _migration_aborted,
    _migration_failed,
    _guest_arrived,
    _guest_taken_over,
    _migration_completed,
    _migratable_again_or_no_more,
)


def _plug_in(view: View) -> None:
    """Give the guest the CPUs and the memory that its new pod has room for."""
    conditions, domain = view.status.get("conditions", []), view.vmi.get("spec", {}).get("domain")
    waiting = {each["type"] for each in conditions} & {CPU_CHANGE, MEMORY_CHANGE}
    view.status["conditions"] = [each for each in conditions if each["type"] not in waiting]
    if CPU_CHANGE in waiting:
        topology = {key: domain["cpu"][key] for key in ("sockets", "cores", "threads")}
        view.status["currentCPUTopology"] = topology
    if MEMORY_CHANGE in waiting:
        guest = domain["memory"]["guest"]
        view.status["memory"] |= {"guestRequested": guest, "guestCurrent": guest}
    for label in HOTPLUG_LABELS:
        view.labels.pop(label, None)


def _enter(view: View, phase: str) -> None:
    view.status["phase"] = phase
    entry = {"phase": phase, "phaseTransitionTimestamp": view.now}
    view.status.setdefault("phaseTransitionTimestamps", []).append(entry)


def _fail(view: View, reason: str) -> str:
    state = view.migration
    state |= {"failed": True, "completed": True, "endTimestamp": view.now}
    state["failureReason"] = reason
    return str(state["sourceNode"])


def _judge_migratable(view: View) -> bool:
    """Write both conditions as they should be; return whether that changes anything."""
    wanted: Object = {"status": "True"}
    if Fault.NOT_MIGRATABLE in view.faults:
        message = view.faults[Fault.NOT_MIGRATABLE]
        wanted = {"status": "False", "reason": DISKS, "message": message}
    conditions = view.status.setdefault("conditions", [])
    kinds = ("LiveMigratable", "StorageLiveMigratable")
    found = [each for each in conditions if each["type"] in kinds]
    if len(found) == len(kinds) and all(each.items() >= wanted.items() for each in found):
        return False
    times = {"lastProbeTime": None, "lastTransitionTime": view.now}
    kept = [each for each in conditions if each["type"] not in kinds]
    view.status["conditions"] = kept + [{"type": kind, **wanted, **times} for kind in kinds]
    return True
