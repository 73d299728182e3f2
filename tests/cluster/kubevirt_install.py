"""Puts KubeVirt into a fresh API server: what its operator does, without images and pods.

The order is what makes it quick: webhooks and APIServices come last, when virt-api answers. Before
that, every write of a KubeVirt object would be refused, and the API server would look for the
APIServices again only after a pause.
"""

import base64
import copy
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.cluster.api import ApiClient, ApiError, Object
from tests.cluster.waiting import until

NAMESPACE = "kubevirt"
FIRST = ("CustomResourceDefinition",)
THEN = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
LAST = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService")
OPERATORS_OWN = frozenset({"virt-operator-validator", "virt-launcher-pod-mutator"})
"""Webhooks of components that do not run here."""

TRANSIENT = frozenset({403, 429, 503})
"""What a starting API server answers: roles not read yet, storage not ready."""

CONFIGURATION: Object = {
    "vmRolloutStrategy": "LiveUpdate",
    # off by default in this release: virt-handler may write only about VMIs of its own node
    "developerConfiguration": {"featureGates": ["NodeRestriction"]},
}


class Installation:
    """What is to be installed, and where."""

    def __init__(self, api: ApiClient, objects: Iterable[Object], ca: bytes, port: int) -> None:
        self.api, self.ca, self.port = api, ca, port
        self.objects = [_clean(item) for item in objects]

    def definitions_and_rights(self) -> None:
        """Create CRDs, RBAC and what KubeVirt's programs read at their start."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        self._create(namespace)
        self._create_all([*self._of(FIRST), *self._of(THEN), *self._surroundings()])

    def wait_until_served(self) -> None:
        """Wait until KubeVirt's kinds can be used."""
        names = {item["metadata"]["name"] for item in self._of(FIRST)}
        until("KubeVirt's CRDs are established", lambda: names <= self._established())
        until("KubeVirt's kinds are served", self._serves_kubevirt)

    def configuration(self, version: str, configuration: Object) -> None:
        """Create the KubeVirt object, with the status that a finished deployment has."""
        own = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "KubeVirt",
            "metadata": {"name": "kubevirt", "namespace": NAMESPACE},
            "spec": {"configuration": configuration, "workloadUpdateStrategy": {}},
        }
        created = until("the KubeVirt object is stored", lambda: self.api.create(own))
        created["status"] = _deployed(version, created["metadata"]["generation"])
        self.api.replace(created, "/status")

    def webhooks_and_services(self) -> None:
        """Route admission and subresources to virt-api, which has to be answering."""
        self._create_all(list(map(self._routed, self._of(LAST))))
        until("virt-api's APIServices are available", self._available)

    def _of(self, kinds: tuple[str, ...]) -> list[Object]:
        found = (item for item in self.objects if item["kind"] in kinds)
        return [item for item in found if item["metadata"]["name"] not in OPERATORS_OWN]

    def _surroundings(self) -> Iterable[Object]:
        for name in ("kubevirt-ca", "kubevirt-export-ca"):
            yield _in_namespace("ConfigMap", name, data={"ca-bundle": self.ca.decode()})
        service = {"type": "ExternalName", "externalName": "localhost"}
        yield _in_namespace("Service", "virt-api", spec=service)

    def _routed(self, item: Object) -> Object:
        item = copy.deepcopy(item)
        targets = [each["clientConfig"] for each in item.get("webhooks", [])] or [item["spec"]]
        for target in targets:
            target["caBundle"] = base64.b64encode(self.ca).decode()
            target["service"]["port"] = self.port
        return item

    def _create_all(self, items: list[Object]) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._create, items))

    def _create(self, item: Object) -> None:
        until(f"{item['kind']} {item['metadata']['name']} is stored", _created(self.api, item))

    def _established(self) -> set[str]:
        definitions = self.api.list("CustomResourceDefinition")
        return {item["metadata"]["name"] for item in definitions if _is(item, "Established")}

    def _serves_kubevirt(self) -> bool:
        served = self.api.request("GET", "/apis/kubevirt.io/v1")["resources"]
        return any(each["name"] == "kubevirts/status" for each in served)

    def _available(self) -> bool:
        ours = {item["metadata"]["name"] for item in self._of(("APIService",))}
        services = self.api.list("APIService")
        return ours <= {item["metadata"]["name"] for item in services if _is(item, "Available")}


def _created(api: ApiClient, item: Object) -> Callable[[], bool]:
    def attempt() -> bool:
        try:
            api.create(item)
        except ApiError as error:
            if error.code in TRANSIENT:
                return False
            if error.code != 409:
                raise RuntimeError(f"{item['kind']} {item['metadata']['name']}: {error}") from error
        return True

    return attempt


def _is(item: Object, condition: str) -> bool:
    # a fresh CRD has conditions: null
    conditions = item.get("status", {}).get("conditions") or []
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)


def _clean(item: Object) -> Object:
    """Leave out what is written as null or belongs to the API server."""
    metadata = {key: value for key, value in item["metadata"].items() if value is not None}
    return {key: value for key, value in item.items() if key != "status"} | {"metadata": metadata}


def _in_namespace(kind: str, name: str, **content: Object) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}


def _deployed(version: str, generation: int) -> Object:
    conditions = {"Available": "True", "Progressing": "False", "Degraded": "False"}
    conditions["Created"] = "True"
    return {
        "phase": "Deployed",
        "defaultArchitecture": "amd64",
        "operatorVersion": version,
        "observedKubeVirtVersion": version,
        "targetKubeVirtVersion": version,
        "observedKubeVirtRegistry": "quay.io/kubevirt",
        "targetKubeVirtRegistry": "quay.io/kubevirt",
        "observedDeploymentID": "local",
        "targetDeploymentID": "local",
        "observedGeneration": generation,
        "conditions": [
            {"type": kind, "status": status, "reason": "AllComponentsReady", "message": ""}
            for kind, status in conditions.items()
        ],
    }
