"""Watch events of pods of a generated cluster, and their way into its inventory."""

import json
from collections.abc import Callable, Iterator
from itertools import count

import msgspec

from tests.bench.api.churn import LAUNCHER, replaced
from tests.bench.cluster import Cluster
from tests.bench.cluster.chance import Chance
from tests.bench.measure import cpu
from webhook.inventory import Inventory
from webhook.kube.watch_state import WatchState
from webhook.kube.watched import WATCHED

CHANGES = 6
_FIRST_OF_STREAM = 1_000
_EMPTY = b'{"metadata":{"resourceVersion":"9000000"},"items":[]}'


class _Line(msgspec.Struct):
    object: msgspec.Raw


class PodEvents:
    """Pods that are replaced by successors, many at a time, each in the six changes of a rollout.

    Who is replaced by whom, and on which node, is told by `tests.bench.api.churn`. Launchers are
    left alone, so that whoever asks about their guests finds them.
    """

    def __init__(self, cluster: Cluster, inventory: Inventory) -> None:
        rows = {row.kind: row for row in WATCHED}
        self._cluster, self._inventory = cluster, inventory
        self._pods, self._nodes = (
            WatchState(rows[kind], lambda: inventory.features) for kind in ("Pod", "Node")
        )
        for state in (self._pods, self._nodes):
            state.page(_EMPTY, tuple)  # from here on they watch; the inventory is not told
        self._version = 10_000_000
        self._successors: dict[int, list[bytes]] = {}
        self._replaced = count(1)
        self._stream = self._endless()

    def lines(self, number: int, round_: int) -> list[bytes]:
        """So many lines, six a pod, `round_` telling one set of changes from the next."""
        chance = Chance(self._cluster.seed, 90, round_)
        pods: dict[int, dict] = {}
        while len(pods) < number // CHANGES:
            at = chance.below(self._cluster.pods)
            pod = json.loads(self._successors.get(at, [self._cluster.pod(at)])[-1])
            if pod["metadata"]["labels"].get(LAUNCHER[0]) != LAUNCHER[1]:
                pods[at] = pod
        lives = [self._life(at, pod) for at, pod in pods.items()]
        return [line for step in zip(*lives, strict=True) for line in step]

    def _life(self, at: int, pod: dict) -> list[bytes]:
        """The lines in which a pod makes way for its successor."""
        found = []
        for type_, _, tree in replaced(pod, next(self._replaced)):
            self._version += 1
            tree["metadata"]["resourceVersion"] = str(self._version)
            object_ = msgspec.json.encode(tree)
            found.append(b'{"type":"%s","object":%s}\n' % (type_.encode(), object_))
        self._successors.setdefault(at, []).append(object_)
        return found

    def before(self, work: Callable[[], object]) -> Callable[[], float]:
        """The CPU of the work alone, each time right after a change that it has not seen.

        Without one, what an earlier verdict worked out for the same cluster could be told again.
        """

        def changed() -> float:
            self.take_in(next(self._stream))
            return cpu(work)

        return changed

    def _endless(self) -> Iterator[bytes]:
        for round_ in count(_FIRST_OF_STREAM):
            yield from self.lines(CHANGES, round_)

    def object_of(self, line: bytes) -> str:
        """The object in a line."""
        return bytes(msgspec.json.decode(line, type=_Line).object).decode()

    def take_in(self, line: bytes) -> None:
        """One event of a pod, all the way."""
        self._inventory.apply(self._pods.line(line).events)

    def take_in_node(self, line: bytes) -> None:
        """One event of a node."""
        self._inventory.apply(self._nodes.line(line).events)

    def heartbeat(self, number: int) -> bytes:
        """A change of a node that no verdict can see."""
        node = json.loads(self._cluster.node(number))
        self._version += 1
        node["metadata"]["resourceVersion"] = str(self._version)
        node["metadata"]["annotations"]["kubevirt.io/heartbeat"] = "2026-11-22T15:00:00Z"
        return b'{"type":"MODIFIED","object":%s}\n' % msgspec.json.encode(node)

    def restore(self) -> None:
        """Back to the pods of the cluster, wherever their successors stand."""
        for at, successors in self._successors.items():
            first = self._cluster.pod(at)
            for object_ in (first, *successors):
                self.take_in(b'{"type":"DELETED","object":%s}\n' % object_)
            self.take_in(b'{"type":"ADDED","object":%s}\n' % first)
        self._successors.clear()
