"""Watch events of pods of a generated cluster, and their way into its inventory."""

import json
from collections.abc import Callable, Iterator
from itertools import count

import msgspec

from tests.bench.cluster import Cluster
from tests.bench.cluster.chance import Chance
from tests.bench.measure import cpu
from webhook.inventory import Inventory
from webhook.kube.watch_state import WatchState
from webhook.kube.watched import WATCHED

_FIRST_OF_STREAM = 1_000
_EMPTY = b'{"metadata":{"resourceVersion":"9000000"},"items":[]}'


class _Line(msgspec.Struct):
    object: msgspec.Raw


class PodEvents:
    """Changes of pods: three of five change a label, one is deleted and one is new.

    The number of pods stays as it is: who is deleted comes back under a new name and UID on the
    same node.
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
        self._changed: dict[int, bytes] = {}
        self._stream = self._endless()

    def lines(self, number: int, round_: int) -> list[bytes]:
        """So many lines, `round_` telling one set of changes from the next."""
        found: list[bytes] = []
        for at in range(number // 5):
            chance = Chance(self._cluster.seed, 90, round_, at)
            changed = [chance.below(self._cluster.pods) for _ in range(4)]
            found += [self._modified(number, round_) for number in changed[:3]]
            found += self._replaced(changed[3], round_)
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
            yield from self.lines(5, round_)

    def _modified(self, number: int, round_: int) -> bytes:
        pod = json.loads(self._changed.get(number) or self._cluster.pod(number))
        pod["metadata"]["labels"]["version"] = f"v{round_}"
        return self._line("MODIFIED", number, pod)

    def _replaced(self, number: int, round_: int) -> list[bytes]:
        old = json.loads(self._changed.get(number) or self._cluster.pod(number))
        new = json.loads(self._cluster.pod(number))
        new["metadata"]["name"] += f"-{round_}"
        new["metadata"]["uid"] = f"{round_:08x}" + new["metadata"]["uid"][8:]
        return [self._line("DELETED", number, old), self._line("ADDED", number, new)]

    def _line(self, type_: str, number: int, pod: dict) -> bytes:
        self._version += 1
        pod["metadata"]["resourceVersion"] = str(self._version)
        self._changed[number] = msgspec.json.encode(pod)
        return b'{"type":"%s","object":%s}\n' % (type_.encode(), self._changed[number])

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
        """Back to the pods of the cluster."""
        for number, now in list(self._changed.items()):
            self.take_in(b'{"type":"DELETED","object":%s}\n' % now)
            self.take_in(b'{"type":"ADDED","object":%s}\n' % self._cluster.pod(number))
        self._changed.clear()
