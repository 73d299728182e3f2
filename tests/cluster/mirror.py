"""Keeps the objects of one kind by name, by list and watch, until it is stopped."""

import json
import threading
from collections.abc import Callable

import urllib3

from tests.cluster.api import UNREACHABLE, ApiClient, ApiError, Object, path

PAUSE_SECONDS = 0.2


class Mirror:
    """All objects of a kind; `changed` is called after every change."""

    def __init__(self, api: ApiClient, kind: str, changed: Callable[[], None]) -> None:
        self.api, self.kind = api, kind
        self._changed = changed
        self._objects: dict[tuple[str, str], Object] = {}
        self._deleted: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        self._thread = threading.Thread(target=self._run, name=f"mirror-{kind}", daemon=True)
        self._thread.start()

    def all(self) -> list[Object]:
        """Return every object; they must not be changed."""
        with self._lock:
            return list(self._objects.values())

    def get(self, namespace: str, name: str) -> Object | None:
        """Return one object; it must not be changed."""
        with self._lock:
            return self._objects.get((namespace, name))

    def put(self, item: Object) -> None:
        """Take an object that the API server answered with, unless a newer one is known."""
        key, version = _key(item), _version(item)
        with self._lock:
            known = self._objects.get(key)
            latest = _version(known) if known else self._deleted.get(key, 0)
            if latest < version:
                self._objects[key] = item

    def stop(self) -> None:
        """End the watch and the thread."""
        self._ending.set()
        response = self._response
        if response is not None:
            response.shutdown()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._follow(self._list())
            except (ApiError, *UNREACHABLE, ValueError):
                self._ending.wait(PAUSE_SECONDS)

    def _list(self) -> str:
        answer = self.api.request("GET", path(self.kind))
        # items of a list have neither
        head = {"apiVersion": answer["apiVersion"], "kind": self.kind}
        objects = {_key(item): {**head, **item} for item in answer["items"]}
        with self._lock:
            self._objects = objects
        self._changed()
        return str(answer["metadata"]["resourceVersion"])

    def _follow(self, version: str) -> None:
        with self.api.watch(path(self.kind), version) as response:
            self._response = response
            try:
                for line in response:
                    if self._ending.is_set():
                        return
                    self._take(json.loads(line))
            finally:
                self._response = None

    def _take(self, event: Object) -> None:
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            raise ValueError(item.get("message"))
        if kind == "BOOKMARK":
            return
        if kind == "DELETED":
            with self._lock:
                self._objects.pop(_key(item), None)
                self._deleted[_key(item)] = _version(item)
        else:
            self.put(item)
        self._changed()


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _version(item: Object) -> int:
    return int(item["metadata"]["resourceVersion"])
