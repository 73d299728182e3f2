"""What a kubelet writes next to a pod of its node: running, ended, gone.

A function of the pod, its VMI and the faults, so that it can be tested without a cluster.
"""

import copy
import hashlib
from dataclasses import dataclass

from tests.cluster.api import Object

READY = ("PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready")
FINAL = ("Succeeded", "Failed")
DOMAIN = "kubevirt.io/domain"
JOB_NAME = "kubevirt.io/migrationJobName"
JOB_UID = "kubevirt.io/migrationJobUID"


@dataclass(frozen=True)
class PodWrite:
    """One call: DELETE without a body, PATCH or PUT of the status."""

    what: str
    method: str
    body: Object = None


def next_write(pod: Object, vmi: Object | None, never_ready: bool, now: str) -> PodWrite | None:
    """Return what the kubelet of the pod's node has to write now, if anything."""
    phase = pod.get("status", {}).get("phase", "Pending")
    if pod["metadata"].get("deletionTimestamp"):
        return PodWrite("removed", "DELETE")
    if phase in FINAL:
        return None
    if phase == "Pending":
        return _creating(pod) if never_ready else _running(pod, now)
    outcome = _outcome(pod, vmi)
    return _ended(pod, outcome, now) if outcome else None


def _outcome(pod: Object, vmi: Object | None) -> str | None:
    """Tell how virt-launcher ended: a migration is over and the guest is not, or never was, here.

    The target of a failed migration ends; so does the source of a successful one.
    """
    state = ((vmi or {}).get("status") or {}).get("migrationState") or {}
    if not state.get("completed"):
        return None
    name = pod["metadata"]["name"]
    if state.get("failed"):
        job = pod["metadata"].get("labels", {}).get(JOB_UID)
        is_target = name == state.get("targetPod") and job == state.get("migrationUid")
        return "Failed" if is_target else None
    return "Succeeded" if name == state.get("sourcePod") else None


def _creating(pod: Object) -> PodWrite | None:
    if pod["status"].get("containerStatuses"):
        return None
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    containers = [_container(pod, each, waiting, False) for each in pod["spec"]["containers"]]
    return PodWrite("does not come up", "PATCH", {"status": {"containerStatuses": containers}})


def _running(pod: Object, now: str) -> PodWrite:
    since = {"running": {"startedAt": now}}
    done = {"terminated": _termination(0, now, now)}
    spec = pod["spec"]
    address = _address(pod["metadata"]["uid"])
    status = {
        "phase": "Running",
        "startTime": now,
        "hostIP": "127.0.0.1",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "qosClass": pod["status"].get("qosClass"),
        "containerStatuses": [_container(pod, each, since, True) for each in spec["containers"]],
        "initContainerStatuses": [
            _container(pod, each, since if each.get("restartPolicy") == "Always" else done, True)
            for each in spec.get("initContainers", [])
        ],
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": now} for kind in READY
        ],
    }
    return PodWrite("running", "PATCH", {"status": status})


def _ended(pod: Object, phase: str, now: str) -> PodWrite:
    pod = copy.deepcopy(pod)
    status = pod["status"]
    status["phase"] = phase
    code = 0 if phase == "Succeeded" else 1
    for field in ("containerStatuses", "initContainerStatuses"):
        for each in status.get(field, []):
            if "running" in each["state"]:
                since = each["state"]["running"]["startedAt"]
                each["state"] = {"terminated": _termination(code, since, now)}
                each["ready"] = each["started"] = False
    for condition in status["conditions"]:
        if condition["type"] in ("Ready", "ContainersReady"):
            condition |= {"status": "False", "reason": "PodCompleted", "lastTransitionTime": now}
    return PodWrite(f"ended {phase}", "PUT", pod)


def _container(pod: Object, container: Object, state: Object, ready: bool) -> Object:
    """Return a container's status; KubeVirt migrates container disks by the digest in imageID."""
    digest = hashlib.sha256(container["image"].encode()).hexdigest()
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": f"sha256:{digest}" if ready else "",
        "containerID": f"stand-in://{pod['metadata']['uid']}-{container['name']}" if ready else "",
        "ready": ready,
        "started": ready,
        "restartCount": 0,
        "state": state,
    }


def _termination(code: int, since: str, now: str) -> Object:
    reason = "Error" if code else "Completed"
    return {"exitCode": code, "reason": reason, "startedAt": since, "finishedAt": now}


def _address(uid: str) -> str:
    number = int(hashlib.sha256(uid.encode()).hexdigest()[:4], 16)
    return f"10.244.{number // 256}.{number % 254 + 1}"
