"""The kubelets and virt-handlers of all nodes, as three threads beside their mirrors.

They read through one list and watch of each kind, which no real node agent could; every write is
made under the identity that the real one would have, and is refused where its would be refused.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from tests.cluster import kubelet, nodes, virt_handler
from tests.cluster.api import UNREACHABLE, ApiClient, ApiError, Object, path, path_of
from tests.cluster.faults import Fault, Faults, InForce
from tests.cluster.mirror import Mirror
from tests.cluster.nodes import NodeSpec

VM, VMI = "VirtualMachine", "VirtualMachineInstance"
VMIM = "VirtualMachineInstanceMigration"
KINDS = ("Node", "Pod", VM, VMI, VMIM)

BEAT_SECONDS = 2
HEARTBEAT_SECONDS = 30
RETRY_SECONDS = 0.5
HANDLER = "system:serviceaccount:kubevirt:kubevirt-handler"
HANDLER_GROUPS = (
    "system:serviceaccounts",
    "system:serviceaccounts:kubevirt",
    "system:authenticated",
)
NODE_NAME = "authentication.kubernetes.io/node-name"
UNEXPECTED = (LookupError, TypeError, AttributeError, ValueError)
"""An object of a shape that nobody thought of; it must not end the others' agents."""

FAILED = (*UNREACHABLE, ApiError)
"""A write that did not arrive, or was refused: a newer object will show what is to be done."""


class StandIn:
    """Plays the node agents until it is stopped."""

    def __init__(self, admin: ApiClient, log: logging.Logger) -> None:
        self.admin, self._log = admin, log
        self._changed = threading.Event()
        self._ending = threading.Event()
        self.faults = Faults(self._changed.set)
        self._specs: dict[str, NodeSpec] = {}
        self._beaten: dict[str, datetime] = {}
        self._mirrors: dict[str, Mirror] = {}
        self._threads = [
            threading.Thread(target=self._keep_on, args=work, name=work[0].__name__, daemon=True)
            for work in (
                (self._pods, self._changed_or_retry),
                (self._vmis, self._changed_or_retry),
                (self._beat, lambda: self._ending.wait(BEAT_SECONDS)),
            )
        ]

    def start(self) -> None:
        """Start to watch and to act; KubeVirt's kinds have to be served."""
        self._mirrors = {kind: Mirror(self.admin, kind, self._notify) for kind in KINDS}
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop acting and watching."""
        self._ending.set()
        self._notify()
        for thread in filter(threading.Thread.is_alive, self._threads):
            thread.join(10)
        for mirror in self._mirrors.values():
            mirror.stop()

    def add_node(self, spec: NodeSpec) -> Object:
        """Register a node and keep it alive; one that was deleted comes back."""
        now = _now()
        agent = self._kubelet(spec.name)
        if self.admin.find("Node", spec.name) is None:
            agent.create(nodes.node(spec, now))
        where = path("Node", spec.name) + "/status"
        registered = agent.patch(where, {"status": nodes.status(spec, now)})
        self._renew_lease(spec.name)
        self._specs[spec.name] = spec
        return registered

    def remove_node(self, name: str) -> None:
        """Forget a node and delete its object, as when a machine is taken away."""
        self._specs.pop(name, None)
        self.admin.delete("Node", name)
        self.admin.delete("Lease", name, "kube-node-lease")

    def is_alive(self, node: str) -> bool:
        """Whether the agents of a node act."""
        found = self._mirrors["Node"].get("", node) if self._mirrors else None
        faults = self.faults.at("Node", "", node, found)
        return node in self._specs and not {Fault.SILENT, Fault.GONE} & set(faults)

    # The threads.

    def _notify(self) -> None:
        self._changed.set()

    def _changed_or_retry(self) -> None:
        self._changed.wait(RETRY_SECONDS)
        self._changed.clear()

    def _keep_on(self, work: Callable[[], None], pause: Callable[[], object]) -> None:
        while not self._ending.is_set():
            try:
                work()
            except FAILED as error:
                self._log.info("%s: %s", work.__name__, error)
            except UNEXPECTED:
                self._log.exception("%s", work.__name__)
            pause()

    def _beat(self) -> None:
        for name in list(self._specs):
            if self.is_alive(name):
                self._renew_lease(name)
                self._renew_heartbeat(name)
                self._renew_status(name)
            elif Fault.GONE in self.faults.at("Node", "", name, self._node(name)):
                self.remove_node(name)

    def _pods(self) -> None:
        for pod in self._mirrors["Pod"].all():
            node = pod["spec"].get("nodeName")
            if not node or not self.is_alive(node):
                continue
            vmi = self._vmi_of(pod)
            never_ready = vmi is not None and Fault.NEVER_READY in self._pod_faults(pod, vmi)
            if write := kubelet.next_write(pod, vmi, never_ready, _now()):
                what = f"kubelet {node}: {pod['metadata']['name']} {write.what}"
                self._attempt(what, partial(self._write_pod, pod, node, write))

    def _vmis(self) -> None:
        for vmi in self._mirrors[VMI].all():
            faults = self._vmi_faults(vmi)
            if write := virt_handler.next_write(vmi, faults, self.is_alive, _now()):
                what = f"virt-handler {write.node}: {vmi['metadata']['name']} {write.what}"
                self._attempt(what, partial(self._write_vmi, write))

    # Writes.

    def _attempt(self, what: str, write: Callable[[], None]) -> None:
        try:
            write()
            self._log.info("%s", what)
        except FAILED as error:
            self._log.info("%s: not yet: %s", what, error)

    def _write_pod(self, pod: Object, node: str, write: kubelet.PodWrite) -> None:
        agent, metadata = self._kubelet(node), pod["metadata"]
        if write.method == "DELETE":
            options = {"gracePeriodSeconds": 0, "preconditions": {"uid": metadata["uid"]}}
            agent.delete("Pod", metadata["name"], metadata["namespace"], **options)
            return
        where = path_of(pod) + "/status"
        if write.method == "PATCH":
            body = {"metadata": {"uid": metadata["uid"]}, **write.body}
            answer = agent.patch(where, body, "strategic")
        else:
            answer = agent.replace(write.body, "/status")
        self._mirrors["Pod"].put(answer)

    def _write_vmi(self, write: virt_handler.VmiWrite) -> None:
        self._mirrors[VMI].put(self._handler(write.node).replace(write.vmi))
        self._notify()

    def _renew_lease(self, name: str) -> None:
        agent, lease = self._kubelet(name), nodes.lease(name, _now(micro=True))
        try:
            agent.patch(path_of(lease), {"spec": lease["spec"]})
        except ApiError as error:
            if error.code != 404:
                raise
            agent.create(lease)

    def _renew_heartbeat(self, name: str) -> None:
        now = datetime.now(UTC)
        last = self._beaten.get(name)
        if last is not None and (now - last).total_seconds() < HEARTBEAT_SECONDS:
            return
        annotations = {nodes.HEARTBEAT: _now()}
        self._kubelet(name).patch(path("Node", name), {"metadata": {"annotations": annotations}})
        self._beaten[name] = now

    def _renew_status(self, name: str) -> None:
        """Come back when the cluster gave the node up, as it does after an outage of its own."""
        if not nodes.is_ready(self._node(name)):
            status = nodes.status(self._specs[name], _now())
            self._kubelet(name).patch(path("Node", name) + "/status", {"status": status})

    # Who, and what is on.

    def _kubelet(self, node: str) -> ApiClient:
        return self.admin.as_user(f"system:node:{node}", "system:nodes", "system:authenticated")

    def _handler(self, node: str) -> ApiClient:
        return self.admin.as_user(HANDLER, *HANDLER_GROUPS, extra={NODE_NAME: node})

    def _node(self, name: str) -> Object | None:
        return self._mirrors["Node"].get("", name)

    def _vmi_of(self, pod: Object) -> Object | None:
        name = pod["metadata"].get("annotations", {}).get(kubelet.DOMAIN)
        return self._mirrors[VMI].get(pod["metadata"]["namespace"], name) if name else None

    def _vmi_faults(self, vmi: Object) -> InForce:
        namespace, name = vmi["metadata"]["namespace"], vmi["metadata"]["name"]
        vm = self._mirrors[VM].get(namespace, name)
        state = (vmi.get("status") or {}).get("migrationState") or {}
        found = self.faults.at(VM, namespace, name, vm)
        for vmim in self._mirrors[VMIM].all():
            if vmim["metadata"]["uid"] == state.get("migrationUid"):
                found |= self.faults.at(VMIM, namespace, vmim["metadata"]["name"], vmim)
        return found

    def _pod_faults(self, pod: Object, vmi: Object) -> InForce:
        namespace, name = vmi["metadata"]["namespace"], vmi["metadata"]["name"]
        found = self.faults.at(VM, namespace, name, self._mirrors[VM].get(namespace, name))
        if job := pod["metadata"].get("annotations", {}).get(kubelet.JOB_NAME):
            found |= self.faults.at(VMIM, namespace, job, self._mirrors[VMIM].get(namespace, job))
        return found


def _now(*, micro: bool = False) -> str:
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.now(UTC).strftime(form)
