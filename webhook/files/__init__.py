"""The inventory fed from files: `kubectl get … -o yaml`, JSON, Lists or single objects.

manifest_yaml    text -> plain values, as Kubernetes reads YAML       pure
documents        the objects in a file or folder, in their order      I/O
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from webhook.files.documents import STDIN, BadFile, Document, Tree, documents, paths_in
from webhook.inventory import REQUIRED, Inventory
from webhook.objects import Applied, Event, Features, NodeInfo, PodInfo, Profile, Replaced, Version
from webhook.objects.events import Object
from webhook.objects.profile import DeviceClass
from webhook.objects.version import NEWEST
from webhook.parse import ParseError, known, parse, title

__all__ = [
    "STDIN",
    "BadFile",
    "Cluster",
    "Document",
    "documents",
    "inventory",
    "load",
    "paths_in",
    "scheduler_profile",
]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Objects from files by type, for an Inventory; a later object replaces an equal key."""

    version: Version
    objects: Mapping[type, tuple[Object, ...]]

    def events(self) -> Iterator[Event]:
        """The events that fill an inventory with this cluster."""
        yield Applied(self.version)
        for profile in self.objects.get(Profile, ()):
            yield Applied(profile)
        for type_ in (*REQUIRED, DeviceClass):
            yield Replaced(type_, self.objects.get(type_, ()))

    def absent(self, types: Iterable[type]) -> list[str]:
        """The names of those types of which there is no object."""
        names = {PodInfo: "Pod", NodeInfo: "Node"}
        return [names.get(t, t.__name__) for t in types if not self.objects.get(t)]


def load(paths: Iterable[str], version: Version | None = None) -> Cluster:
    """All objects of these files and folders; raises BadFile.

    The server's version, unless given, is the newest kubelet's: none may be newer.
    """
    trees: list[tuple[str, Tree]] = []
    for path in paths:
        for file in paths_in(path):
            for document in documents(file):
                if document.tree is None:
                    raise BadFile(document.error)
                if known(document.tree):
                    trees.append((document.place, document.tree))
    found = version or _version(trees)
    cluster = Cluster(found, _parsed(trees, Features.of(found)))
    if not cluster.objects.get(NodeInfo):
        raise BadFile("no Node in the --cluster files; add the output of kubectl get nodes -o yaml")
    return cluster


def scheduler_profile(path: str) -> Profile:
    """The profile in the configuration file of kube-scheduler; raises BadFile."""
    found = [
        document.tree
        for document in documents(path)
        if document.tree is not None and document.tree.get("kind") == "KubeSchedulerConfiguration"
    ]
    if not found:
        raise BadFile(
            f"{path}: holds no KubeSchedulerConfiguration; name kube-scheduler's --config"
        )
    try:
        profile = parse(found[-1], Features.of(NEWEST))
    except ParseError as error:
        raise BadFile(f"{path}: {error}") from None
    return cast("Profile", profile)


def _version(trees: list[tuple[str, Tree]]) -> Version:
    versions = []
    for _, tree in trees:
        if tree["kind"] == "Node":
            status = tree.get("status")
            info = status.get("nodeInfo") if isinstance(status, dict) else None
            text = info.get("kubeletVersion") if isinstance(info, dict) else None
            found = Version.parse(text) if isinstance(text, str) else None
            versions += [found] if found else []
    return max(versions, default=NEWEST)


def _parsed(trees: list[tuple[str, Tree]], features: Features) -> Mapping[type, tuple[Object, ...]]:
    by_type: dict[type, dict[Any, Object]] = defaultdict(dict)
    for place, tree in trees:
        if tree["kind"] != "KubeSchedulerConfiguration" and not _has_name(tree):
            raise BadFile(f"{place}: {title(tree)} has no metadata.name")
        try:
            value = parse(tree, features)
        except ParseError as error:
            raise BadFile(f"{place}: {error}") from None
        by_type[type(value)][value.key] = value
    return {type_: tuple(values.values()) for type_, values in by_type.items()}


def _has_name(tree: Tree) -> bool:
    metadata = tree.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("name"))


def inventory(cluster: Cluster) -> Inventory:
    """A filled Inventory."""
    filled = Inventory()
    filled.apply(cluster.events())
    return filled
