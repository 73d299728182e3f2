"""Our verdict on a scene as it was stored."""

from collections.abc import Iterable, Mapping

from tests.torture.differential.scene import Tree, key
from webhook.objects import Applied, Features, PodInfo, Version
from webhook.parse import known, parse
from webhook.placement import ClusterIndex, Diagnosis, evaluate


class Judge:
    """Our engine, with everything in it that is stored; pods that ask included."""

    def __init__(self, version: str, profile: Tree, objects: Iterable[Tree]) -> None:
        server = Version.parse(version)
        assert server is not None, version
        features = Features.of(server)
        self._index = ClusterIndex(server)
        self._pods: dict[str, PodInfo] = {}
        for tree in (_configuration(profile), *objects):
            if known(tree):
                value = parse(tree, features)
                self._index.apply(Applied(value))
                if isinstance(value, PodInfo):
                    self._pods[key(tree)] = value

    def diagnosis(self, pod: str) -> Diagnosis:
        """Return our verdict on the pod of this key."""
        return evaluate(self._pods[pod], self._index)


def _configuration(profile: Mapping[str, object]) -> Tree:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [profile],
    }
