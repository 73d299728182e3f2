"""One control plane, from start to end.

    with ControlPlane.start() as cluster:
        cluster.kubectl("apply", "-f", "-", input=manifest)
        cluster.faults.vm("web", Fault.MIGRATION_FAILS)

Everything is on 127.0.0.1 and in one folder, which is gone afterwards.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cluster import components, journal, readiness, webhooks
from tests.cluster.api import ApiClient, Object, connect
from tests.cluster.assets import Assets, ensure
from tests.cluster.credentials import Credentials
from tests.cluster.faults import Faults
from tests.cluster.kubevirt_install import CONFIGURATION, Installation
from tests.cluster.nodes import FOUR_IN_TWO_ZONES, NodeSpec
from tests.cluster.ports import PortBlock, reserved
from tests.cluster.processes import Process, Processes, own_folder
from tests.cluster.stand_in import StandIn
from tests.cluster.waiting import until

START_SECONDS = 90
KUBECTL_SECONDS = 60
TOKEN_LIFE = "24h"  # noqa: S105 - a duration

Say = Callable[[str], None]


class ControlPlane:
    """A running control plane with its nodes; made by `start`."""

    def __init__(self, folder: Path, ports: PortBlock, assets: Assets, say: Say) -> None:
        self.folder, self.ports, self.assets = folder, ports, assets
        self.server = f"https://127.0.0.1:{ports['kube-apiserver']}"
        self.credentials = Credentials(folder / "credentials", self.server)
        ca, token = self.credentials.path("ca.crt"), self.credentials.tokens["admin"]
        self.api: ApiClient = connect(self.server, ca, token)
        self.processes = Processes(folder)
        self._journal = journal.opened(self.log("stand-in"))
        self.stand_in = StandIn(self.api, self._journal)
        self._started, self._say = time.monotonic(), say

    @classmethod
    @contextmanager
    def start(
        cls,
        nodes: Sequence[NodeSpec] = FOUR_IN_TWO_ZONES,
        *,
        configuration: Object = CONFIGURATION,
        assets: Assets | None = None,
        say: Say = lambda _: None,
        keep_logs: Callable[[], bool] = lambda: False,
    ) -> Iterator["ControlPlane"]:
        """Start it, yield it when it can take a VM, and end it in any case.

        `configuration` is the KubeVirt object's; `keep_logs` is asked at the end.
        """
        assets = assets or ensure()
        with reserved() as ports, own_folder() as folder:
            cluster = cls(folder, ports, assets, say)
            try:
                cluster._come_up(configuration, nodes)
                yield cluster
            finally:
                cluster._end(keep_logs())

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of a cluster admin, for people and for setting the scene."""
        return self.credentials.kubeconfig("admin")

    @property
    def faults(self) -> Faults:
        """The switches for what should go wrong."""
        return self.stand_in.faults

    def log(self, name: str) -> Path:
        """Return the log of a program; "stand-in" is that of the node agents."""
        return self.folder / f"{name}.log"

    def kubectl(
        self,
        *arguments: str,
        input: str | None = None,
        check: bool = True,
        kubeconfig: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl, as admin unless told otherwise; a failure tells its stderr."""
        options = (
            f"--kubeconfig={kubeconfig or self.kubeconfig}",
            # what another cluster served on the same port is of no use here
            f"--cache-dir={self.folder / 'kubectl'}",
        )
        done = subprocess.run(
            [self.assets["kubectl"], *options, *arguments],
            input=input,
            capture_output=True,
            text=True,
            timeout=KUBECTL_SECONDS,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done

    def kubeconfig_for(self, service_account: str, namespace: str) -> Path:
        """Write a kubeconfig for a ServiceAccount that exists; its RBAC applies."""
        token = self.kubectl(
            "create",
            "token",
            service_account,
            f"--namespace={namespace}",
            f"--duration={TOKEN_LIFE}",
        ).stdout.strip()
        name = f"{namespace}-{service_account}"
        return self.credentials.write_kubeconfig(name, token, namespace)

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        grace: float = 10,
        restart: bool = True,
    ) -> Process:
        """Run a program of the product along: logged, restarted, ended before the rest."""
        return self.processes.start(name, command, env=env, grace=grace, restart=restart)

    def register_webhooks(
        self, configurations: Iterable[Object], base: str, ca: bytes | None = None
    ) -> None:
        """Apply webhook configurations that are called at a URL of this machine.

        Without `ca`, their caBundle is left to whoever else writes it.
        """
        for item in configurations:
            self.api.apply(webhooks.by_url(item, base, ca))

    def add_node(self, spec: NodeSpec) -> None:
        """Add a node, or bring one back, and wait until the scheduler may use it."""
        self._register(spec)
        self._wait_for_node(spec)

    def remove_node(self, name: str) -> None:
        """Take a node away."""
        self.stand_in.remove_node(name)

    def restart_apiserver(self, *, while_down: Callable[[], None] = lambda: None) -> None:
        """Kill the API server, do something, start it on the same port and wait for it."""
        process = self.processes.stop("kube-apiserver", grace=0)
        while_down()
        self.processes.again(process)
        self._wait_for_apiserver()

    # Up and down.

    def _come_up(self, configuration: Object, nodes: Sequence[NodeSpec]) -> None:
        try:
            self._start_kubernetes()
            self._start_kubevirt(configuration, nodes)
            for spec in nodes:
                self._wait_for_node(spec)
        except Exception as error:
            error.add_note(f"The ends of the logs:\n{self.processes.tails()}")
            raise
        self._progress("ready for VMs")

    def _start_kubernetes(self) -> None:
        given = self.assets, self.ports
        self.processes.start("etcd", components.etcd(*given, self.folder))
        commands = components.kube_apiserver(*given, self.credentials)
        self.processes.start("kube-apiserver", commands)
        self._wait_for_apiserver()
        self._progress("kube-apiserver answers")
        for name, command in (
            ("kube-controller-manager", components.kube_controller_manager),
            ("kube-scheduler", components.kube_scheduler),
        ):
            self.processes.start(name, command(*given, self.credentials))

    def _start_kubevirt(self, configuration: Object, nodes: Sequence[NodeSpec]) -> None:
        """Install and start it; what needs nothing from virt-api is done while that starts."""
        objects, port = self.assets.kubevirt_objects, self.ports["virt-api"]
        installation = Installation(self.api, objects, self.credentials.ca, port)
        installation.definitions_and_rights()
        given = self.assets, self.ports, self.credentials
        self.processes.start("virt-api", components.virt_api(*given))
        installation.wait_until_served()
        self._progress("KubeVirt's kinds are served")
        installation.configuration(self.assets.kubevirt_version, configuration)
        self.processes.start("virt-controller", components.virt_controller(*given))
        self.stand_in.start()
        for spec in nodes:
            self._register(spec)
        url = f"https://localhost:{port}/apis"
        self._until("virt-api answers", lambda: readiness.answers(self.api, url))
        self._progress("virt-api answers")
        installation.webhooks_and_services()
        self._until("virt-controller leads", lambda: readiness.virt_controller_leads(self.api))

    def _wait_for_apiserver(self) -> None:
        url = f"{self.server}/readyz"
        self._until("kube-apiserver is ready", lambda: readiness.is_ok(self.api, url))

    def _until(self, what: str, probe: Callable[[], bool]) -> None:
        def stable_probe() -> bool:
            self.processes.require_stable()
            return probe()

        until(what, stable_probe, START_SECONDS)

    def _register(self, spec: NodeSpec) -> None:
        until(f"{spec.name} is registered", lambda: self.stand_in.add_node(spec))

    def _wait_for_node(self, spec: NodeSpec) -> None:
        until(f"{spec.name} is ready", lambda: readiness.is_untainted(self.api, spec))

    def _progress(self, what: str) -> None:
        self._say(f"{time.monotonic() - self._started:5.1f} s  {what}")

    def _end(self, keep_logs: bool) -> None:
        try:
            self.stand_in.stop()
        finally:
            self.processes.stop_all()
            self.api.pool.clear()
            journal.close(self._journal)
        if keep_logs:
            shutil.rmtree(self.folder / "etcd", ignore_errors=True)
            self._say(f"The logs are in {self.folder}")
        else:
            shutil.rmtree(self.folder)
