"""What goes on in a cluster: rollouts replace pods one by one, and nodes send heartbeats.

A pod that is replaced makes six changes, as API server, scheduler and kubelet write them: it is
told to end, it is gone, its successor stands without a node, is bound to the node whose room
became free, starts, and becomes ready. The successor has another pod-template-hash, as in a real
rollout. What is on a node never exceeds what fits on it.
"""

import random
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec

from tests.bench.api.store import Collection, Store

Tree = dict[str, Any]
Change = tuple[str, str, Tree]
"""Type, key and object of one change."""

LIVES = 64
"""Pods that are being replaced at a time, so that changes of many pods alternate."""

TEMPLATE_HASH = "pod-template-hash"
HEARTBEAT = "kubevirt.io/heartbeat"
LAUNCHER = ("kubevirt.io", "virt-launcher")
MARKER_NAMESPACE = "default"
LONGEST_NAP = 0.01


def replaced(pod: Tree, number: int) -> Iterator[Change]:
    """The changes by which a pod makes way for its successor; `number` names that one."""
    metadata, key = pod["metadata"], _key(pod)
    metadata["deletionTimestamp"] = _clock(number)
    metadata["deletionGracePeriodSeconds"] = 30
    yield "MODIFIED", key, pod
    yield "DELETED", key, pod
    successor, node = _successor(pod, number), pod["spec"].get("nodeName")
    key = _key(successor)
    yield "ADDED", key, successor
    spec, status = successor["spec"], successor["status"]
    if node is not None:
        spec["nodeName"] = node
    status["conditions"] = [_condition("PodScheduled", number)]
    yield "MODIFIED", key, successor
    status["phase"] = "Running"
    status["podIP"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    yield "MODIFIED", key, successor
    status["conditions"].append(_condition("Ready", number))
    yield "MODIFIED", key, successor


def _successor(pod: Tree, number: int) -> Tree:
    metadata = {key: value for key, value in pod["metadata"].items() if "deletion" not in key}
    labels = dict(metadata.get("labels", {}))
    name: str = metadata["name"]
    if TEMPLATE_HASH in labels:
        before = labels[TEMPLATE_HASH]
        labels[TEMPLATE_HASH] = f"{zlib.crc32(before.encode()):010d}"
        name = name.replace(before, labels[TEMPLATE_HASH])
        name = f"{name.rpartition('-')[0]}-{number:05x}"
    metadata |= {"name": name, "uid": f"{number:08x}-0000-4000-8000-000000000000"}
    metadata |= {"labels": labels, "creationTimestamp": _clock(number)}
    spec = {key: value for key, value in pod["spec"].items() if key != "nodeName"}
    status = {"phase": "Pending", "qosClass": pod["status"].get("qosClass", "Burstable")}
    return {**pod, "metadata": metadata, "spec": spec, "status": status}


def beaten(node: Tree, number: int) -> Change:
    """A node says again that it is well: nothing that a scheduler looks at changes."""
    metadata = node["metadata"]
    metadata.setdefault("annotations", {})[HEARTBEAT] = _clock(number)
    for condition in node["status"].get("conditions", ()):
        condition["lastHeartbeatTime"] = _clock(number)
    return "MODIFIED", _key(node), node


def marker(uid: str, node: str) -> Tree:
    """A pod that a reader can be asked about: its controller has this uid."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": uid, "uid": uid}
    container = {"name": "mark", "image": "registry.example/mark:1"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": uid,
            "namespace": MARKER_NAMESPACE,
            "uid": f"pod-{uid}",
            "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
        },
        "spec": {"nodeName": node, "containers": [container]},
        "status": {"phase": "Running"},
    }


def _key(tree: Tree) -> str:
    metadata = tree["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _clock(number: int) -> str:
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2026-01-{hours // 24 % 28 + 1:02d}T{hours % 24:02d}:{minutes:02d}:{seconds:02d}Z"


def _condition(type_: str, number: int) -> Tree:
    return {"type": type_, "status": "True", "lastTransitionTime": _clock(number)}


@dataclass
class Churn:
    """The endless changes of a store; pods and nodes may be changed by two threads."""

    store: Store
    seed: int = 1
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _chance: random.Random = field(init=False)
    _victims: list[str] = field(init=False)
    _nodes: list[str] = field(init=False)
    _lives: list[Iterator[Change]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - seeded on purpose
        self._victims, self._nodes = self.pods.keys(), self.nodes.keys()

    @property
    def pods(self) -> Collection:
        """The pods of the store."""
        return self.store.collections["Pod"]

    @property
    def nodes(self) -> Collection:
        """The nodes of the store."""
        return self.store.collections["Node"]

    def pod_event(self) -> None:
        """Let one of the pods that are being replaced make its next change."""
        while len(self._lives) < LIVES:
            self._lives.append(self._life())
        at = self._chance.randrange(len(self._lives))
        change = next(self._lives[at], None)
        if change is None:
            self._lives[at] = self._life()
            change = next(self._lives[at])
        self._write(self.pods, change)

    def node_event(self) -> None:
        """Send the heartbeat of the next node."""
        number = next(self._numbers)
        key = self._nodes[number % len(self._nodes)]
        self._write(self.nodes, beaten(msgspec.json.decode(self.nodes[key]), number))

    def mark(self) -> str:
        """Write a marker behind everything before it; returns its uid."""
        uid = f"marker-{next(self._numbers)}"
        tree = marker(uid, self._nodes[0].lstrip("/"))
        self._write(self.pods, ("ADDED", _key(tree), tree))
        return uid

    def unmark(self, uid: str) -> None:
        """Take a marker away again."""
        key = f"{MARKER_NAMESPACE}/{uid}"
        self._write(self.pods, ("DELETED", key, msgspec.json.decode(self.pods[key])))

    def _write(self, collection: Collection, change: Change) -> None:
        type_, key, tree = change
        version = self.store.next_version()
        tree["metadata"]["resourceVersion"] = str(version)
        collection.change(type_, key, msgspec.json.encode(tree), version)

    def _life(self) -> Iterator[Change]:
        """The changes of a pod chosen by chance that is not being replaced; no launcher."""
        name, value = LAUNCHER
        while True:
            at = self._chance.randrange(len(self._victims))
            self._victims[at], self._victims[-1] = self._victims[-1], self._victims[at]
            tree = msgspec.json.decode(self.pods[self._victims.pop()])
            if tree["metadata"].get("labels", {}).get(name) != value:
                return self._followed(tree, next(self._numbers))

    def _followed(self, tree: Tree, number: int) -> Iterator[Change]:
        """Replace a pod; its successor can be chosen again once it is ready."""
        key = ""
        for change in replaced(tree, number):
            key = change[1]
            yield change
        self._victims.append(key)


def paced(
    rate: float,
    act: Callable[[], object],
    going: Callable[[], bool],
    clock: Callable[[], float] = time.monotonic,
    nap: Callable[[float], object] = time.sleep,
) -> tuple[int, float]:
    """Act at a rate (per second) while `going`; returns how often, and in how many seconds.

    Whoever falls behind catches up, so the mean holds as long as the machine keeps up.
    """
    began, done = clock(), 0
    while going():
        behind = (clock() - began) * rate - done
        if behind < 1:
            nap(min(LONGEST_NAP, (1 - behind) / rate))
            continue
        act()
        done += 1
    return done, clock() - began
