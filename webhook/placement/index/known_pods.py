"""All pods by key, and those that are asked for by something else."""

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from webhook.objects import PodInfo

#: Where a pod is found and counted; pods that have it in common stand in the same place.
standing = attrgetter("namespace", "node_name", "nominated_node_name", "terminated", "owner_uid")


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
        for table, name in self._tables(pod):
            table.put(name, pod)

    def drop(self, pod: PodInfo) -> None:
        """Forget a pod that is known."""
        del self.by_key[pod.key]
        for table, name in self._tables(pod):
            table.drop(name, pod)

    def _tables(self, pod: PodInfo) -> Iterator[tuple[PodsBy, str]]:
        if pod.owner_uid:
            yield self.owned, pod.owner_uid
        if pod.terminated:
            return
        if not pod.node_name:
            if pod.nominated_node_name:
                yield self.nominated, pod.nominated_node_name
        elif pod.node_name not in self._nodes:
            yield self.awaiting, pod.node_name
