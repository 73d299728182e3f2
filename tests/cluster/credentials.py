"""Who is who in one cluster: certificates, bearer tokens, kubeconfigs, all of it thrown away after.

Two authorities: one signs what the API server and virt-api serve with, the other vouches for the
API server when it forwards a request to virt-api. certs.pki issues certificates for servers only;
the two client certificates are therefore authorities that stand for themselves.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from certs import pki
from certs.values import KeyPair, Names

LIFETIME = timedelta(days=30)
SERVING = Names(
    dns=("localhost", "kubernetes.default.svc", "virt-api.kubevirt.svc"),
    ips=(ip_address("127.0.0.1"), ip_address("10.96.0.1")),
)
FRONT_PROXY = "front-proxy-client"
VIRT_HANDLER_CLIENT = "kubevirt.io:system:client:virt-handler"

_KUBEVIRT_GROUPS = (
    "system:serviceaccounts",
    "system:serviceaccounts:kubevirt",
    "system:authenticated",
)
IDENTITIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("admin", ("system:masters",)),
    "kube-controller-manager": ("system:kube-controller-manager", ()),
    "kube-scheduler": ("system:kube-scheduler", ()),
    "virt-api": ("system:serviceaccount:kubevirt:kubevirt-apiserver", _KUBEVIRT_GROUPS),
    "virt-controller": ("system:serviceaccount:kubevirt:kubevirt-controller", _KUBEVIRT_GROUPS),
}
"""The users of the token file, by the name of their kubeconfig."""


class Credentials:
    """The files of one cluster's folder that say who is who."""

    def __init__(self, folder: Path, server: str) -> None:
        folder.mkdir()
        self.folder, self.server = folder, server
        self.tokens = {name: secrets.token_hex(16) for name in IDENTITIES}
        now = datetime.now(UTC)
        authority = pki.create_ca("vm-affinity-test-cluster", LIFETIME, now)
        self.ca = authority.certificate
        serving = pki.issue_serving(authority, SERVING, LIFETIME, now)
        self._write_pair("ca", authority)
        self._write_pair("serving", serving)
        # Its certificate serves as the public key that service account tokens are verified with.
        self._write_pair("service-account", pki.create_ca("service-account", LIFETIME, now))
        self._write_pair("front-proxy", pki.create_ca(FRONT_PROXY, LIFETIME, now))
        self._write_pair("virt-handler", pki.create_ca(VIRT_HANDLER_CLIENT, LIFETIME, now))
        self._write("tokens.csv", "".join(self._token_lines()).encode())
        for name, token in self.tokens.items():
            self.write_kubeconfig(name, token)

    def path(self, name: str) -> str:
        """Return where a certificate (.crt), a key (.key) or a kubeconfig is."""
        return str(self.folder / name)

    def kubeconfig(self, name: str) -> Path:
        """Return the kubeconfig of an identity."""
        return self.folder / f"{name}.kubeconfig"

    def write_kubeconfig(self, name: str, token: str, namespace: str = "default") -> Path:
        """Write a kubeconfig for a bearer token; as JSON, which is YAML too."""
        context = {"cluster": "local", "user": name, "namespace": namespace}
        cluster = {"server": self.server, "certificate-authority": self.path("ca.crt")}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "local",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": name, "user": {"token": token}}],
            "contexts": [{"name": "local", "context": context}],
        }
        self._write(f"{name}.kubeconfig", json.dumps(config, indent=1).encode())
        return self.kubeconfig(name)

    def _token_lines(self):
        for name, (user, groups) in IDENTITIES.items():
            yield f'{self.tokens[name]},{user},{name},"{",".join(groups)}"\n'

    def _write_pair(self, name: str, pair: KeyPair) -> None:
        self._write(f"{name}.crt", pair.certificate)
        self._write(f"{name}.key", pair.key)

    def _write(self, name: str, content: bytes) -> None:
        target = self.folder / name
        target.touch(mode=0o600)
        target.write_bytes(content)
