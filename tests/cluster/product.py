"""The product in a running control plane: manifests/base, the webhook, the reconciler.

Both processes run on this machine under the ServiceAccount of the manifests, with its RBAC;
only clientConfig is changed, from a Service to a URL.
"""

import http.client
import ssl
import subprocess
import sys
from pathlib import Path

import yaml

from tests.cluster.control_plane import ControlPlane
from tests.cluster.waiting import until
from tests.cluster.webhooks import by_url

BASE = Path(__file__).parents[2] / "manifests" / "base"
NAMESPACE, ACCOUNT = "vm-affinity-system", "vm-affinity"
WEBHOOK, RECONCILER = "webhook", "reconciler"
CONFIGURATIONS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
READY_SECONDS = 60


class Product:
    """The installed product; its two processes can be ended and started again."""

    def __init__(self, cluster: ControlPlane) -> None:
        self.cluster = cluster
        self.tls = cluster.folder / "tls"
        self.url = f"https://127.0.0.1:{cluster.ports['vm-affinity']}"

    def install(self) -> None:
        """Apply the manifests, make certificates, start both processes, route admission."""
        self.cluster.kubectl("apply", "--kustomize", str(BASE))
        self.kubeconfig = self.cluster.kubeconfig_for(ACCOUNT, NAMESPACE)
        self._certificates()
        self.start_webhook()
        self.start_reconciler()
        self.wait_until_ready()
        self._route()

    def _certificates(self, *more: str) -> None:
        command = [sys.executable, "-m", "certs", "init", "--dir", str(self.tls), "--ip=127.0.0.1"]
        subprocess.run([*command, *more], check=True, capture_output=True)

    def _route(self) -> None:
        """Have the API server call this machine, and trust the CA by server-side apply."""
        rendered = self.cluster.kubectl("kustomize", str(BASE)).stdout
        for item in yaml.load_all(rendered, Loader=yaml.CSafeLoader):
            if item["kind"] in CONFIGURATIONS:
                text = yaml.safe_dump(by_url(item, self.url))
                self.cluster.kubectl("replace", "--filename=-", input=text)
        targets = [f"--apply-to={kind.lower()}/vm-affinity" for kind in CONFIGURATIONS]
        self._certificates(f"--kubeconfig={self.cluster.kubeconfig}", *targets)

    def start_webhook(self) -> None:
        """Start the webhook as the Deployment does, on 127.0.0.1."""
        self.cluster.run(
            WEBHOOK,
            [
                *(sys.executable, "-m", "webhook", "serve"),
                f"--kubeconfig={self.kubeconfig}",
                f"--bind=127.0.0.1:{self.cluster.ports['vm-affinity']}",
                f"--tls-cert={self.tls / 'tls.crt'}",
                f"--tls-key={self.tls / 'tls.key'}",
            ],
            # where setproctitle is installed, gunicorn's titles leave the environment readable
            env={"SPT_NOENV": "1"},
        )

    def start_reconciler(self, kubeconfig: Path | None = None) -> None:
        """Start the reconciler as the Deployment does, with a kubeconfig of its own if given."""
        self.cluster.run(
            RECONCILER,
            [
                *(sys.executable, "-m", "webhook", "reconcile"),
                f"--kubeconfig={kubeconfig or self.kubeconfig}",
                f"--lease-namespace={NAMESPACE}",
                "--identity=local",
            ],
        )

    def stop(self, name: str, grace: float = 10) -> None:
        """End one of the two; 0 kills it."""
        self.cluster.processes.stop(name, grace=grace)

    def wait_until_ready(self) -> None:
        """Wait until the webhook has read the cluster."""
        until("the webhook is ready", self.is_ready, READY_SECONDS)

    def is_ready(self) -> bool:
        """Whether the webhook answers /readyz with ok."""
        context = ssl.create_default_context(cafile=str(self.tls / "ca.crt"))
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.cluster.ports["vm-affinity"], timeout=5, context=context
        )
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
