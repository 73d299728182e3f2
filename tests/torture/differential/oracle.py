"""The real kube-scheduler, asked about a whole scene at once.

Everything is stored before the scheduler starts, and nothing changes while it runs: it has read
the whole scene before it looks at the first pod, whatever order its informers come in.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from tests.cluster.api import ApiClient, ApiError, path, path_of
from tests.cluster.scheduling import SchedulingPlane
from tests.cluster.waiting import until
from tests.torture.differential.extender import RecordingExtender
from tests.torture.differential.hearing import Answer, Hearing
from tests.torture.differential.scene import NAMESPACES, Scene, Tree, furniture, key

CLUSTER_WIDE = (
    "Node",
    "CSINode",
    "CSIDriver",
    "StorageClass",
    "PersistentVolume",
    "VolumeAttachment",
)
NAMESPACED = ("Pod", "PersistentVolumeClaim", "CSIStorageCapacity")
KINDS = ("Namespace", *CLUSTER_WIDE, *NAMESPACED)
WITH_STATUS = ("Pod", "PersistentVolume", "PersistentVolumeClaim")
"""Their status is dropped in a creation, and written after it."""

AT_THIS_MOMENT = {"gracePeriodSeconds": 0}
AT_ONCE = 8
SECONDS = 60
ONE_WEEK = 7 * 24 * 3600


class RealScheduler:
    """kube-scheduler on a control plane of its own."""

    def __init__(self, plane: SchedulingPlane, extender: RecordingExtender) -> None:
        self.plane, self.extender = plane, extender
        self.api: ApiClient = plane.api
        self.version = plane.version
        self._pool = ThreadPoolExecutor(AT_ONCE)
        for each in furniture():
            self.api.create(each)

    def ask(self, scene: Scene) -> Hearing:
        """Store the scene, let the scheduler try every pod, and return what it said.

        Over an error the scheduler takes a pod's nomination away, in the middle of the scene.
        Such a pod is left out, and everything asked once more.
        """
        self.clear()
        refused = tuple(self.store(scene))
        objects = tuple(self.stored())
        uids = {key(each): each["metadata"]["uid"] for each in objects}
        wanted = {key(pod) for pod in scene.asking} & set(uids)
        found = self._asked(wanted, scene.profile) if wanted else {}
        if dropped := self._dropped(objects):
            kept = tuple(each for each in scene.objects if key(each) not in dropped)
            return self.ask(replace(scene, objects=kept))
        answers = {name: self._answer(uids[name], condition) for name, condition in found.items()}
        events = self._events(answers)
        return Hearing(self.version, scene.profile, objects, answers, events, refused)

    def _asked(self, wanted: set[str], profile: Tree) -> dict[str, Tree]:
        """Run the scheduler until it tried every wanted pod; return their conditions."""
        self.extender.forget()
        with self.plane.scheduler(self._configuration(profile)) as require_running:

            def tried() -> dict[str, Tree] | None:
                require_running()
                return self._tried(wanted)

            return until("every pod was tried", tried, SECONDS)

    def _dropped(self, objects: Iterable[Tree]) -> set[str]:
        """Return the keys of pods that were nominated and are not any more."""
        nominated = {
            f"Pod/{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            for pod in self.api.list("Pod")
            if "nominatedNodeName" in pod["status"]
        }
        before = {key(each) for each in objects if "nominatedNodeName" in each.get("status", {})}
        return before - nominated

    def clear(self) -> None:
        """Remove the objects of the scene before."""
        for namespace in NAMESPACES:
            if not self.api.find("Namespace", namespace):
                self.api.create(_namespace(namespace))
        held = [each for each in self.stored() if each["metadata"].get("finalizers")]
        no_finalizers = {"metadata": {"finalizers": None}}
        self._each(lambda item: self._release(item, no_finalizers), held)
        paths = [path(kind) for kind in CLUSTER_WIDE]
        paths += [
            path(kind, namespace=each) for kind in (*NAMESPACED, "Event") for each in NAMESPACES
        ]
        self._each(lambda each: self.api.request("DELETE", f"{each}?gracePeriodSeconds=0"), paths)

    def store(self, scene: Scene) -> Iterator[str]:
        """Create everything: pods before claims, which may be owned by them; yield refusals."""
        given = [*scene.objects, *scene.asking]
        by_kind = {kind: [each for each in given if each["kind"] == kind] for kind in KINDS}
        labels = {name: _namespace(name) for name in NAMESPACES}
        labels |= {each["metadata"]["name"]: each for each in by_kind.pop("Namespace")}
        self._each(self.api.replace, labels.values())
        uids: dict[str, str] = {}
        for kind in KINDS[1:]:
            for item, made in self._each(lambda item: self._create(item, uids), by_kind[kind]):
                if isinstance(made, ApiError):
                    yield f"{key(item)}: {made}"
                else:
                    uids[key(item)] = made["metadata"]["uid"]

    def stored(self) -> Iterator[Tree]:
        """Read the scene back: as it was defaulted, which is what the scheduler sees."""
        for kind in KINDS:
            for each in self.api.list(kind):
                metadata = each["metadata"]
                metadata.pop("managedFields", None)
                if (
                    metadata.get("namespace", metadata["name"]) in NAMESPACES
                    or kind in CLUSTER_WIDE
                ):
                    yield {"kind": kind, "apiVersion": _api_version(kind), **each}

    def _create(self, item: Tree, uids: Mapping[str, str]) -> tuple[Tree, Tree | ApiError]:
        """Create one object with all that a creation does not take; all of it, or nothing."""
        try:
            made = self.api.create(_with_owners(item, uids))
            if "status" in item and item["kind"] in WITH_STATUS:
                body = {"status": item["status"]}
                made = self.api.patch(f"{path_of(item)}/status", body)
            if item["metadata"].get("deletionTimestamp"):
                self.api.request("DELETE", f"{path_of(item)}?gracePeriodSeconds=0")
        except ApiError as error:
            self.api.delete(item["kind"], item["metadata"]["name"], _where(item), **AT_THIS_MOMENT)
            return item, error
        return item, made

    def _release(self, item: Tree, body: Tree) -> None:
        """Take the finalizers off, with which an object that is being deleted goes."""
        self.api.patch(path_of(item), body)

    def _each(self, act: Any, items: Iterable[Any]) -> list[Any]:
        return list(self._pool.map(act, items))

    def _tried(self, wanted: set[str]) -> dict[str, Tree] | None:
        """Return the PodScheduled condition of every pod that asked, once all have one."""
        found = {}
        for pod in self.api.list("Pod"):
            conditions = pod["status"].get("conditions", [])
            scheduled = [each for each in conditions if each["type"] == "PodScheduled"]
            name = key({**pod, "kind": "Pod"})
            if name in wanted and scheduled:
                found[name] = scheduled[0]
        return found if len(found) == len(wanted) else None

    def _answer(self, uid: str, condition: Tree) -> Answer:
        if condition["reason"] == "SchedulerError":
            return Answer(frozenset(), condition["message"], failed=True)
        return Answer(self.extender.passed(uid), condition["message"])

    def _events(self, answers: Mapping[str, Answer]) -> int:
        """Count the events that tell just what the condition does; no other may be there.

        Events come after their condition, and the last ones may not have come at all.
        """
        count = 0
        for event in self.api.list("Event"):
            about = event["involvedObject"]
            answer = answers.get(f"Pod/{about['namespace']}/{about['name']}")
            if event["reason"] == "FailedScheduling" and answer:
                start = event["message"].removesuffix(" ...")
                if not answer.text.startswith(start):
                    raise AssertionError(f"the event {start!r} of a condition {answer.text!r}")
                count += 1
        return count

    def _configuration(self, profile: Tree) -> Tree:
        """Return a configuration under which nothing is bound and nothing is tried twice."""
        extender = {"urlPrefix": self.extender.url, "filterVerb": "filter", "weight": 1}
        return {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "clientConnection": {"qps": 2000, "burst": 4000},
            "percentageOfNodesToScore": 100,
            "podInitialBackoffSeconds": ONE_WEEK,
            "podMaxBackoffSeconds": ONE_WEEK,
            "extenders": [{**extender, "nodeCacheCapable": True}],
            "profiles": [profile],
        }


def only(scene: Scene, name: str) -> Scene:
    """Return the scene with this pod alone asking."""
    return replace(scene, asking=tuple(pod for pod in scene.asking if key(pod) == name))


def _where(item: Tree) -> str:
    return str(item["metadata"].get("namespace", ""))


def _namespace(name: str) -> Tree:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _api_version(kind: str) -> str:
    return path(kind).removeprefix("/apis/").removeprefix("/api/").rpartition("/")[0]


def _with_owners(item: Tree, uids: Mapping[str, str]) -> Tree:
    """Return the tree with the uids of its owners in place of their keys."""
    metadata = item["metadata"]
    if "ownerReferences" not in metadata:
        return item
    owners = [
        {**owner, "uid": uids.get(owner["uid"], "gone")} for owner in metadata["ownerReferences"]
    ]
    return {**item, "metadata": {**metadata, "ownerReferences": owners}}
