"""All pods by key, and those that are asked for by something else."""

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from webhook.objects import PodInfo

_place = attrgetter("namespace", "node_name", "nominated_node_name", "owner_uid")


def stand_alike(one: PodInfo, other: PodInfo) -> bool:
    """Whether two versions of a pod are found and counted in the same place."""
    return _place(one) == _place(other) and one.terminated == other.terminated


class PodsBy:
    """Pods by a name that several may share. Most stand alone, and are then held as such."""

    def __init__(self) -> None:
        self._pods: dict[str, PodInfo | dict[str, PodInfo]] = {}

    def __getitem__(self, name: str) -> Iterable[PodInfo]:
        """The pods of a name, in the order in which they came."""
        found = self._pods.get(name, {})
        return (found,) if isinstance(found, PodInfo) else found.values()

    def items(self) -> Iterator[tuple[str, list[PodInfo]]]:
        """The names with pods, and their pods."""
        return ((name, list(self[name])) for name in list(self._pods))

    def put(self, name: str, pod: PodInfo) -> None:
        """Enter a pod, or replace the one of its key."""
        found = self._pods.get(name)
        if isinstance(found, dict):
            found[pod.key] = pod
        elif found is None or found.key == pod.key:
            self._pods[name] = pod
        else:
            self._pods[name] = {found.key: found, pod.key: pod}

    def drop(self, name: str, pod: PodInfo) -> None:
        """Take out a pod that is there."""
        found = self._pods[name]
        if isinstance(found, PodInfo) or len(found) == 1:
            del self._pods[name]
        else:
            del found[pod.key]

    def pop(self, name: str) -> list[PodInfo]:
        """Take out all pods of a name."""
        pods = list(self[name])
        self._pods.pop(name, None)
        return pods


class KnownPods:
    """All pods, placed or not.

    `owned` has them by the uid of their controller, `nominated` by the node that they are
    nominated to, and `awaiting` by the node that they are bound to while it is not known.
    """

    def __init__(self, nodes: Mapping[str, int]) -> None:
        self.by_key: dict[str, PodInfo] = {}
        self.owned = PodsBy()
        self.nominated = PodsBy()
        self.awaiting = PodsBy()
        self._nodes = nodes

    def put(self, pod: PodInfo) -> None:
        """Enter a pod; one of its key that stood elsewhere was dropped before."""
        self.by_key[pod.key] = pod
        if pod.owner_uid:
            self.owned.put(pod.owner_uid, pod)
        waiting = self._waiting(pod)
        if waiting is not None:
            waiting[0].put(waiting[1], pod)

    def drop(self, pod: PodInfo) -> None:
        """Forget a pod that is known."""
        del self.by_key[pod.key]
        if pod.owner_uid:
            self.owned.drop(pod.owner_uid, pod)
        waiting = self._waiting(pod)
        if waiting is not None:
            waiting[0].drop(waiting[1], pod)

    def _waiting(self, pod: PodInfo) -> tuple[PodsBy, str] | None:
        """Where a pod is found that stands on no node although one is named; mostly nowhere."""
        if pod.node_name in self._nodes or pod.terminated:
            return None
        if pod.node_name:
            return self.awaiting, pod.node_name
        return (self.nominated, pod.nominated_node_name) if pod.nominated_node_name else None
