"""A client for the tests' own API calls: JSON in and out, paths by kind, impersonation, watches."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import urllib3

SECONDS = 30
PATCHES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
FIELD_MANAGER = "tests-cluster"

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_KUBEVIRT = "/apis/kubevirt.io/v1"
_STORAGE = "/apis/storage.k8s.io/v1"
NAMESPACED = {
    "Pod": ("/api/v1", "pods"),
    "PersistentVolumeClaim": ("/api/v1", "persistentvolumeclaims"),
    "CSIStorageCapacity": (_STORAGE, "csistoragecapacities"),
    "ConfigMap": ("/api/v1", "configmaps"),
    "Service": ("/api/v1", "services"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    "ResourceQuota": ("/api/v1", "resourcequotas"),
    "LimitRange": ("/api/v1", "limitranges"),
    "Event": ("/api/v1", "events"),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases"),
    "Role": (_RBAC, "roles"),
    "RoleBinding": (_RBAC, "rolebindings"),
    "KubeVirt": (_KUBEVIRT, "kubevirts"),
    "VirtualMachine": (_KUBEVIRT, "virtualmachines"),
    "VirtualMachineInstance": (_KUBEVIRT, "virtualmachineinstances"),
    "VirtualMachineInstanceMigration": (_KUBEVIRT, "virtualmachineinstancemigrations"),
}
CLUSTER_WIDE = {
    "Namespace": ("/api/v1", "namespaces"),
    "Node": ("/api/v1", "nodes"),
    "PersistentVolume": ("/api/v1", "persistentvolumes"),
    "StorageClass": (_STORAGE, "storageclasses"),
    "CSINode": (_STORAGE, "csinodes"),
    "CSIDriver": (_STORAGE, "csidrivers"),
    "VolumeAttachment": (_STORAGE, "volumeattachments"),
    "PriorityClass": ("/apis/scheduling.k8s.io/v1", "priorityclasses"),
    "RuntimeClass": ("/apis/node.k8s.io/v1", "runtimeclasses"),
    "ClusterRole": (_RBAC, "clusterroles"),
    "ClusterRoleBinding": (_RBAC, "clusterrolebindings"),
    "CustomResourceDefinition": ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions"),
    "APIService": ("/apis/apiregistration.k8s.io/v1", "apiservices"),
    "MutatingWebhookConfiguration": (_ADMISSION, "mutatingwebhookconfigurations"),
    "ValidatingWebhookConfiguration": (_ADMISSION, "validatingwebhookconfigurations"),
}

Object: TypeAlias = Any
"""JSON as it came: a test asks for the fields that it is about."""

UNREACHABLE = (urllib3.exceptions.HTTPError, OSError)
"""What a request raises when no answer arrives."""


class ApiError(Exception):
    """The API server answered with a failure."""

    def __init__(self, code: int, body: bytes) -> None:
        try:
            status = json.loads(body)
        except ValueError:
            status = {}
        self.code = code
        self.reason = status.get("reason", "") if isinstance(status, dict) else ""
        text = status.get("message") if isinstance(status, dict) else None
        super().__init__(f"{code} {self.reason}: {text or body.decode(errors='replace')[:500]}")


@dataclass(frozen=True)
class ApiClient:
    """One identity at one API server; connections are pooled and shared with `as_user`."""

    url: str
    pool: urllib3.PoolManager
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_user(
        self, user: str, *groups: str, extra: Mapping[str, str] | None = None
    ) -> "ApiClient":
        """Return a client that impersonates this user, as `kubectl --as` does."""
        headers = urllib3.HTTPHeaderDict(self.headers)
        headers["Impersonate-User"] = user
        for group in groups:
            headers.add("Impersonate-Group", group)
        for key, value in (extra or {}).items():
            headers[f"Impersonate-Extra-{quote(key, safe='')}"] = value
        return replace(self, headers=headers)

    def request(self, method: str, path: str, body: Any = None, content: str = "") -> Any:
        """Send one request and return the JSON of its answer; ApiError from 400 on."""
        headers = urllib3.HTTPHeaderDict(self.headers)
        headers["Content-Type"] = PATCHES.get(content, "application/json")
        data = None if body is None else json.dumps(body).encode()
        answer = self.pool.request(
            method, self.url + path, body=data, headers=headers, timeout=SECONDS, retries=False
        )
        if answer.status >= 400:
            raise ApiError(answer.status, answer.data)
        try:
            return json.loads(answer.data)
        except ValueError:
            return answer.data.decode()

    def get(self, kind: str, name: str, namespace: str = "default") -> Object:
        """Read one object."""
        return self.request("GET", path(kind, name, namespace))

    def find(self, kind: str, name: str, namespace: str = "default") -> Object | None:
        """Read one object, or None when there is none."""
        try:
            return self.get(kind, name, namespace)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, kind: str, namespace: str = "", **query: str) -> Object:
        """List objects of a kind, in all namespaces unless one is named."""
        where = f"{path(kind, namespace=namespace)}?{urlencode(query)}"
        return self.request("GET", where)["items"]

    def create(self, item: Object) -> Object:
        """Create an object."""
        return self.request("POST", path(item["kind"], namespace=_namespace(item)), item)

    def replace(self, item: Object, subresource: str = "") -> Object:
        """Write an object back; its resourceVersion must be the newest."""
        return self.request("PUT", path_of(item) + subresource, item)

    def patch(self, where: str, body: Any, content: str = "merge") -> Object:
        """Patch what stands at a path."""
        return self.request("PATCH", where, body, content)

    def apply(self, item: Object) -> Object:
        """Apply an object on the server's side, taking over fields of others."""
        query = urlencode({"fieldManager": FIELD_MANAGER, "force": "true"})
        return self.patch(f"{path_of(item)}?{query}", item, "apply")

    def delete(self, kind: str, name: str, namespace: str = "default", **options: Any) -> None:
        """Delete an object; one that is gone already is fine."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **options}
        try:
            self.request("DELETE", path(kind, name, namespace), body)
        except ApiError as error:
            if error.code != 404:
                raise

    @contextmanager
    def watch(self, where: str, version: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """Open a watch from a resourceVersion on; the response is one JSON event a line."""
        query = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        response = self.pool.request(
            "GET",
            f"{self.url}{where}?{urlencode(query)}",
            headers=self.headers,
            preload_content=False,
            timeout=urllib3.Timeout(connect=SECONDS, read=None),
            retries=False,
        )
        try:
            if response.status >= 400:
                raise ApiError(response.status, response.read())
            yield response
        finally:
            response.close()


def connect(url: str, ca: str, token: str) -> ApiClient:
    """Make a client for a bearer token."""
    pool = urllib3.PoolManager(num_pools=4, maxsize=24, ca_certs=ca, cert_reqs="CERT_REQUIRED")
    return ApiClient(url, pool, {"Authorization": f"Bearer {token}"})


def path(kind: str, name: str = "", namespace: str = "") -> str:
    """Return where an object or a list of objects stands."""
    if kind in CLUSTER_WIDE:
        group, plural = CLUSTER_WIDE[kind]
    else:
        group, plural = NAMESPACED[kind]
        group += f"/namespaces/{namespace}" if namespace else ""
    return f"{group}/{plural}/{name}" if name else f"{group}/{plural}"


def path_of(item: Object) -> str:
    """Return where this object stands."""
    return path(item["kind"], item["metadata"]["name"], _namespace(item))


def _namespace(item: Object) -> str:
    return str(item["metadata"].get("namespace", "default"))
