"""A control plane that only schedules: etcd, kube-apiserver and, when asked for, kube-scheduler.

    with SchedulingPlane.start() as plane:
        ...  # create nodes, pods, volumes
        with plane.scheduler(configuration):
            ...  # it has read everything there is before it looks at the first pod

No controller runs, so that what is created stays as it was created: nothing taints nodes, binds
volumes, deletes pods or collects garbage. The admission plugins whose work only a controller can
undo or complete are off for the same reason; all others are on, with the real defaulting and
validation.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster import components, readiness
from tests.cluster.api import ApiClient, Object, connect
from tests.cluster.assets import Assets, ensure
from tests.cluster.credentials import Credentials
from tests.cluster.ports import PortBlock, reserved
from tests.cluster.processes import Processes, own_folder
from tests.cluster.waiting import until

START_SECONDS = 90
WITHOUT = (
    "ServiceAccount",  # a pod would wait for the account that a controller makes
    "TaintNodesByCondition",  # a new node would keep the taint not-ready
    "StorageObjectInUseProtection",  # a deleted claim would stay for its finalizer
)


class SchedulingPlane:
    """A running etcd and kube-apiserver; made by `start`."""

    def __init__(self, folder: Path, ports: PortBlock, assets: Assets) -> None:
        self.folder, self.ports, self.assets = folder, ports, assets
        self.server = f"https://127.0.0.1:{ports['kube-apiserver']}"
        self.credentials = Credentials(folder / "credentials", self.server)
        ca, token = self.credentials.path("ca.crt"), self.credentials.tokens["admin"]
        self.api: ApiClient = connect(self.server, ca, token)
        self.processes = Processes(folder)

    @classmethod
    @contextmanager
    def start(cls, assets: Assets | None = None) -> Iterator["SchedulingPlane"]:
        """Start it, yield it when the API answers, and end it in any case."""
        with reserved() as ports, own_folder() as folder:
            plane = cls(folder, ports, assets or ensure())
            try:
                plane._come_up()
                yield plane
            finally:
                plane.processes.stop_all()
                plane.api.pool.clear()
                shutil.rmtree(folder)

    @property
    def version(self) -> str:
        """The version that the API server tells, such as v1.36.3."""
        return str(self.api.request("GET", "/version")["gitVersion"])

    @contextmanager
    def scheduler(self, configuration: Object) -> Iterator[Callable[[], None]]:
        """Run kube-scheduler with a KubeSchedulerConfiguration for as long as the block.

        Yields what raises once it has ended by itself, as it does over a bad configuration.
        """
        kubeconfig = str(self.credentials.kubeconfig("kube-scheduler"))
        connection = {"kubeconfig": kubeconfig, **configuration.get("clientConnection", {})}
        file = self.folder / "scheduler.json"
        file.write_text(json.dumps({**configuration, "clientConnection": connection}), "utf-8")
        command = components.kube_scheduler(self.assets, self.ports, self.credentials, file)
        process = self.processes.start("kube-scheduler", command, restart=False)

        def require_running() -> None:
            if process.child is None or process.child.poll() is not None:
                raise RuntimeError("kube-scheduler ended")

        try:
            yield require_running
        except Exception as error:
            error.add_note(f"The ends of the logs:\n{self.processes.tails()}")
            raise
        finally:
            self.processes.stop("kube-scheduler")

    def _come_up(self) -> None:
        given = self.assets, self.ports
        self.processes.start("etcd", components.etcd(*given, self.folder))
        command = components.kube_apiserver(*given, self.credentials, WITHOUT)
        self.processes.start("kube-apiserver", command)
        try:
            until("kube-apiserver is ready", self._is_ready, START_SECONDS)
        except Exception as error:
            error.add_note(f"The ends of the logs:\n{self.processes.tails()}")
            raise

    def _is_ready(self) -> bool:
        self.processes.require_stable()
        return readiness.is_ok(self.api, f"{self.server}/readyz")
