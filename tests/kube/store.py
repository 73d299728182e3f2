"""What a tiny API server knows: objects with resourceVersions, and the history of each list.

No sockets here; tests/kube/store_server.py serves it.
"""

import json
import re
import threading
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass
from itertools import count

_PATH = re.compile(
    r"(?P<root>/api/v1|/apis/[^/]+/[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<resource>[^/]+)(?:/(?P<name>[^/]+?))?(?P<status>/status)?"
)


@dataclass(frozen=True)
class Change:
    """One entry of a list's history."""

    version: int
    type: str
    object: dict


class Refusal(Exception):
    """The request cannot be served: a Status of this code and reason."""

    def __init__(self, code, reason, message=""):
        super().__init__(message or reason)
        self.code, self.reason = code, reason


class Store:
    """Objects by list path and (namespace, name); `changed` is notified of every write."""

    def __init__(self):
        self.changed = threading.Condition()
        self.objects: dict[str, dict] = defaultdict(dict)
        self.history = defaultdict(list)
        self.absent = set()
        self.version = 100
        self._oldest = defaultdict(int)
        self._pages: dict[str, tuple[int, list]] = {}
        self._uids = count(1)

    def split(self, path):
        """Give the list's path and the (namespace, name) of an object, or None for a list."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise Refusal(404, "NotFound")
        collection = f"{match['root']}/{match['resource']}"
        if collection in self.absent:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")
        key = (match["namespace"] or "", match["name"]) if match["name"] else None
        return collection, key

    def put(self, collection, tree):
        """Write an object as if somebody had, and return it as stored."""
        with self.changed:
            stored = deepcopy(tree)
            metadata = stored["metadata"]
            key = (metadata.get("namespace", ""), metadata["name"])
            before = self.objects[collection].get(key)
            self.version += 1
            metadata["resourceVersion"] = str(self.version)
            metadata.setdefault("uid", before["metadata"]["uid"] if before else self._uid())
            self.objects[collection][key] = stored
            self._note("MODIFIED" if before else "ADDED", collection, stored)
            return stored

    def remove(self, collection, key):
        """Delete an object, if it is there."""
        with self.changed:
            gone = self.objects[collection].pop(key, None)
            if gone is not None:
                self.version += 1
                last = deepcopy(gone)
                last["metadata"]["resourceVersion"] = str(self.version)
                self._note("DELETED", collection, last)

    def compact(self):
        """Forget all history: every older resourceVersion and page is Gone."""
        with self.changed:
            self.version += 1
            for collection in [*self.history, *self.objects]:
                self.history[collection].clear()
                self._oldest[collection] = self.version
            self._pages.clear()
            self.changed.notify_all()

    def page(self, collection, query):
        """Give one page of a list, of a snapshot that its first page took."""
        with self.changed:
            token = query.get("continue") or self._snapshot(collection)
            if token not in self._pages:
                raise Refusal(410, "Expired", "the continue token is too old")
            version, items = self._pages[token]
            limit = int(query.get("limit") or len(items) or 1)
            metadata = {"resourceVersion": str(version)}
            if items[limit:]:
                metadata["continue"] = f"{token}+"
                self._pages[f"{token}+"] = (version, items[limit:])
            return {"metadata": metadata, "items": items[:limit]}

    def since(self, collection, version):
        """Give the changes after this version; None if some are forgotten."""
        with self.changed:
            if version < self._oldest[collection]:
                return None
            return [c for c in self.history[collection] if c.version > version]

    def write(self, method, path, body):
        """Serve POST, PUT, PATCH (merge) and DELETE of one object."""
        with self.changed:
            collection, key = self.split(path)
            if method == "POST":
                return self._create(collection, path, body)
            found = self.objects[collection].get(key)
            if found is None:
                raise Refusal(404, "NotFound", f"{path} not found")
            if method == "DELETE":
                self._check(body.get("preconditions", {}), found, "uid")
                self.remove(collection, key)
                return {"kind": "Status", "status": "Success"}
            if method == "PATCH":
                return self.put(collection, merged(found, body))
            self._check(body["metadata"], found, "resourceVersion")
            return self.put(collection, body)

    def _create(self, collection, path, body):
        match = _PATH.fullmatch(path)
        namespace = (match and match["namespace"]) or ""
        if (namespace, body["metadata"]["name"]) in self.objects[collection]:
            raise Refusal(409, "AlreadyExists", "already exists")
        return self.put(collection, body)

    def _check(self, wanted, found, field):
        if field in wanted and wanted[field] != found["metadata"][field]:
            raise Refusal(409, "Conflict", f"the {field} is another")

    def _snapshot(self, collection):
        token = f"{self.version}-{len(self._pages)}"
        items = [tree for _, tree in sorted(self.objects[collection].items())]
        self._pages[token] = (self.version, items)
        return token

    def _note(self, type_, collection, tree):
        self.history[collection].append(Change(self.version, type_, tree))
        self.changed.notify_all()

    def _uid(self):
        return f"uid-{next(self._uids)}"


def merged(tree, patch):
    """Apply a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return deepcopy(patch)
    result = dict(tree) if isinstance(tree, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def line(type_, tree):
    """Write one line of a watch."""
    return json.dumps({"type": type_, "object": tree}).encode() + b"\n"
