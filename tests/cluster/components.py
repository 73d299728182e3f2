"""The command lines of the control plane's programs, all of them on 127.0.0.1."""

from collections.abc import Sequence
from pathlib import Path

from tests.cluster.assets import Assets
from tests.cluster.credentials import FRONT_PROXY, Credentials
from tests.cluster.ports import PortBlock

NODE_GRACE_SECONDS = 16
"""Without a heartbeat for so long a node is not ready; the stand-in renews every two seconds."""

TOLERATION_SECONDS = 5
"""How long pods stay on a node that is not ready; 300 by default."""

SERVICE_RANGE = "10.96.0.0/16"


def etcd(assets: Assets, ports: PortBlock, folder: Path) -> list[str]:
    """Return the command of a single etcd that may lose everything at a power cut."""
    client, peer = f"http://127.0.0.1:{ports['etcd']}", f"http://127.0.0.1:{ports['etcd-peer']}"
    return [
        assets["etcd"],
        "--name=local",
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=local={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def kube_apiserver(
    assets: Assets, ports: PortBlock, who: Credentials, without: Sequence[str] = ()
) -> list[str]:
    """Return the command of an API server with RBAC, admission webhooks and aggregation.

    `without` are admission plugins that are on by default and shall be off.
    """
    return [
        assets["kube-apiserver"],
        f"--etcd-servers=http://127.0.0.1:{ports['etcd']}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={ports['kube-apiserver']}",
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={who.path('serving.crt')}",
        f"--tls-private-key-file={who.path('serving.key')}",
        f"--client-ca-file={who.path('ca.crt')}",
        f"--token-auth-file={who.path('tokens.csv')}",
        f"--service-account-key-file={who.path('service-account.crt')}",
        f"--service-account-signing-key-file={who.path('service-account.key')}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--requestheader-client-ca-file={who.path('front-proxy.crt')}",
        f"--requestheader-allowed-names={FRONT_PROXY}",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={who.path('front-proxy.crt')}",
        f"--proxy-client-key-file={who.path('front-proxy.key')}",
        "--authorization-mode=Node,RBAC",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--allow-privileged=true",
        "--enable-aggregator-routing=false",
        f"--default-not-ready-toleration-seconds={TOLERATION_SECONDS}",
        f"--default-unreachable-toleration-seconds={TOLERATION_SECONDS}",
        *([f"--disable-admission-plugins={','.join(without)}"] if without else []),
    ]


def kube_controller_manager(assets: Assets, ports: PortBlock, who: Credentials) -> list[str]:
    """Return the command of the controllers: namespaces, garbage, taints, service accounts."""
    return [
        assets["kube-controller-manager"],
        *_alone(ports["kube-controller-manager"], who.kubeconfig("kube-controller-manager")),
        "--use-service-account-credentials",
        f"--service-account-private-key-file={who.path('service-account.key')}",
        f"--root-ca-file={who.path('ca.crt')}",
        f"--node-monitor-grace-period={NODE_GRACE_SECONDS}s",
        "--node-monitor-period=1s",
    ]


def kube_scheduler(
    assets: Assets, ports: PortBlock, who: Credentials, configuration: Path | None = None
) -> list[str]:
    """Return the command of the scheduler, with its default profile or as a file configures it.

    Such a KubeSchedulerConfiguration also names the kubeconfig to connect with. A scheduler that
    is configured tries no pod before its back-off is over, also when it has nothing else to do.
    """
    kubeconfig = who.kubeconfig("kube-scheduler")
    command = [assets["kube-scheduler"], *_alone(ports["kube-scheduler"], kubeconfig)]
    if configuration is None:
        return command
    patient = "--feature-gates=SchedulerPopFromBackoffQ=false"
    return [*command, f"--config={configuration}", patient]


def virt_api(assets: Assets, ports: PortBlock, who: Credentials) -> list[str]:
    """Return the command of KubeVirt's webhooks and subresources."""
    return [
        assets["virt-api"],
        f"--kubeconfig={who.kubeconfig('virt-api')}",
        "--listen=127.0.0.1",
        f"--port={ports['virt-api']}",
        f"--console-server-port={ports['virt-api-console']}",
        "--subresources-only",
        f"--tls-cert-file={who.path('serving.crt')}",
        f"--tls-key-file={who.path('serving.key')}",
        f"--handler-cert-file={who.path('virt-handler.crt')}",
        f"--handler-key-file={who.path('virt-handler.key')}",
        "-v=2",
    ]


def virt_controller(assets: Assets, ports: PortBlock, who: Credentials) -> list[str]:
    """Return the command of KubeVirt's controllers."""
    version = assets.kubevirt_version
    return [
        assets["virt-controller"],
        f"--kubeconfig={who.kubeconfig('virt-controller')}",
        "--listen=127.0.0.1",
        f"--port={ports['virt-controller']}",
        f"--prom-cert-file={who.path('serving.crt')}",
        f"--prom-key-file={who.path('serving.key')}",
        f"--launcher-image=quay.io/kubevirt/virt-launcher:{version}",
        f"--exporter-image=quay.io/kubevirt/virt-exportserver:{version}",
        "-v=2",
    ]


def _alone(port: int, kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
    ]
