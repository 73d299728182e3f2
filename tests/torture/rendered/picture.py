"""What the API server shows: everything that we read, and each pod as it was created."""

import json
import threading

import urllib3

from tests import builders
from tests.cluster.api import UNREACHABLE, ApiClient, ApiError, Object
from webhook.inventory import Inventory
from webhook.objects import Features, PodInfo, Version
from webhook.parse import KINDS, known, parse

PODS = "/api/v1/pods"


def version(api: ApiClient) -> Version:
    """The API server's version."""
    found = Version.parse(api.request("GET", "/version")["gitVersion"])
    assert found is not None
    return found


def inventory(api: ApiClient) -> Inventory:
    """An inventory of all that the API server shows of the kinds that we read."""
    trees = [tree for kind in KINDS for tree in _all(api, kind)]
    return builders.inventory(*filter(known, trees), version=version(api))


def _all(api: ApiClient, kind: str) -> list[Object]:
    """All objects of a kind, of every namespace; none where the kind is not served."""
    where = _where(api, kind)
    if where is None:
        return []
    group, plural = where
    answer = api.request("GET", f"/{group}/{plural}")
    head = {"apiVersion": answer["apiVersion"], "kind": kind}
    return [{**head, **item} for item in answer["items"]]


def _where(api: ApiClient, kind: str) -> tuple[str, str] | None:
    group = KINDS[kind].group
    try:
        served = (
            "api/v1"
            if not group
            else "apis/" + api.request("GET", f"/apis/{group}")["preferredVersion"]["groupVersion"]
        )
        resources = api.request("GET", f"/{served}")["resources"]
    except ApiError:
        return None
    names = [each["name"] for each in resources if each["kind"] == kind and "/" not in each["name"]]
    return (served, names[0]) if names else None


def value(tree: Object, features: Features) -> PodInfo:
    """A pod as we read it."""
    found = parse(tree, features)
    assert isinstance(found, PodInfo)
    return found


class Births:
    """Every pod as the API server first showed it: before it was bound, labelled or run."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._pods: dict[str, Object] = {}
        self._ending = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        listed = api.request("GET", PODS)
        self._version = str(listed["metadata"]["resourceVersion"])
        self._thread = threading.Thread(target=self._follow, name="births", daemon=True)
        self._thread.start()

    def of(self, **labels: str) -> list[Object]:
        """The pods that were created with these labels, in their order."""
        return [
            pod
            for pod in list(self._pods.values())
            if labels.items() <= pod["metadata"].get("labels", {}).items()
        ]

    def stop(self) -> None:
        """End the watch."""
        self._ending.set()
        if self._response is not None:
            self._response.shutdown()
        self._thread.join(10)

    def _follow(self) -> None:
        while not self._ending.is_set():
            try:
                self._read()
            except (*UNREACHABLE, ApiError, ValueError):
                self._ending.wait(0.2)

    def _read(self) -> None:
        with self._api.watch(PODS, self._version) as response:
            self._response = response
            for line in response:
                event = json.loads(line)
                item = event["object"]
                if event["type"] == "ERROR":
                    raise ValueError(item.get("message"))
                self._version = item["metadata"]["resourceVersion"]
                if event["type"] == "ADDED":
                    self._pods[item["metadata"]["uid"]] = {
                        "apiVersion": "v1",
                        "kind": "Pod",
                        **item,
                    }
