"""Whether a namespace lets a pod in: our answer against the real API server's, pod by pod."""

import json
import random
import re
from functools import partial

import pytest

from tests.cluster.api import ApiError, Object
from tests.cluster.waiting import until
from webhook.objects import Features, PodInfo
from webhook.objects.quota import LimitRange, ResourceQuota
from webhook.objects.version import NEWEST
from webhook.parse import hand_written_pod, parse
from webhook.quota import refusals

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

FEATURES = Features.of(NEWEST)
ROUNDS, PODS, LAG_SECONDS = 40, 15, 10
CLASSES = ("quota-high", "quota-low")
GPU = "example.org/gpu"
SCOPES = (
    *(None, None, "Terminating", "NotTerminating", "BestEffort", "NotBestEffort"),
    *("PriorityClass", "CrossNamespacePodAffinity"),
)
#: What the API server says for each kind of reason of ours, in the order in which it asks.
SAID = {
    "limit range": re.compile(r"(minimum|maximum|max limit to request ratio)"),
    "wants": re.compile(r"failed quota: \S+ must specify"),
    "quota": re.compile(r"exceeded quota"),
}


class Random(random.Random):
    """Random objects of a namespace."""

    def amount(self, resource: str) -> str:
        """Return a quantity around the others of the resource."""
        if resource == "cpu":
            return f"{self.randrange(100, 1500, 100)}m"
        if resource == GPU:
            return str(self.randrange(1, 3))
        return f"{self.randrange(64, 1024, 64)}Mi"

    def some(self, names, share=0.5):
        """Return each of the names with this probability."""
        return [name for name in names if self.random() < share]

    def container(self, name: str, **fields) -> Object:
        """Return a container with requests and limits, or without."""
        limits = {r: self.amount(r) for r in self.some(("cpu", "memory", "ephemeral-storage"))}
        wanted = self.some(("cpu", "memory", "ephemeral-storage"))
        requests = {r: self.amount(r) for r in wanted if r not in limits}
        requests |= {r: limits[r] for r in self.some(limits)}
        if self.random() < 0.3:
            limits[GPU] = self.amount(GPU)
        resources = {"requests": requests, "limits": limits}
        return {"name": name, "image": "example.org/i:1", "resources": resources, **fields}

    def pod(self, name: str, namespace: str) -> Object:
        """Return a pod that no node takes."""
        spec: Object = {
            "nodeSelector": {"quota": "never"},
            "containers": [self.container(f"c{i}") for i in range(self.randrange(1, 3))],
            "initContainers": [
                self.container(f"i{i}", **({"restartPolicy": "Always"} if i else {}))
                for i in range(self.randrange(0, 3))
            ],
        }
        if self.random() < 0.2:
            level = {r: "4" if r == "cpu" else "8Gi" for r in self.some(("cpu", "memory"), 0.7)}
            spec["resources"] = {"limits": level} if level else {}
        if self.random() < 0.4:
            spec["priorityClassName"] = self.choice(CLASSES)
        if self.random() < 0.3:
            spec["activeDeadlineSeconds"] = 60
        if self.random() < 0.3:
            spec["affinity"] = self.affinity()
        metadata = {
            "name": name,
            "namespace": namespace,
            "labels": {"kubevirt.io": "virt-launcher"},
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def affinity(self) -> Object:
        """Return required or preferred pod (anti-)affinity, into other namespaces or not."""
        term: Object = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}
        term |= self.choice([{}, {"namespaces": ["default"]}, {"namespaceSelector": {}}])
        when = "DuringSchedulingIgnoredDuringExecution"
        kind = self.choice(("podAffinity", "podAntiAffinity"))
        if self.random() < 0.5:
            return {kind: {f"required{when}": [term]}}
        return {kind: {f"preferred{when}": [{"weight": 1, "podAffinityTerm": term}]}}

    def quota(self, name: str, namespace: str) -> Object:
        """Return a quota, of some scope or none."""
        computed = ("cpu", "requests.memory", "limits.cpu", "limits.memory")
        names = (*computed, "requests.ephemeral-storage", f"requests.{GPU}", "memory")
        hard = {n: self.choice((1, 2, 3)) * 4 for n in self.some(("pods", "count/pods"), 0.3)}
        spec: Object = {"hard": hard}
        scope = self.choice(SCOPES)
        if scope in ("BestEffort", "CrossNamespacePodAffinity"):
            hard |= {"pods": self.randrange(2)}
            hard.pop("count/pods", None)
        else:
            storage = scope is None
            wanted = [n for n in self.some(names, 0.35) if storage or n in (*computed, "memory")]
            hard |= {n: self.hard(n) for n in wanted}
        if scope == "PriorityClass":
            hard.pop("count/pods", None)
            operator = self.choice(("Exists", "DoesNotExist", "In", "NotIn"))
            values = [self.choice(CLASSES)] if operator in ("In", "NotIn") else []
            selector = {"scopeName": scope, "operator": operator, "values": values}
            spec["scopeSelector"] = {"matchExpressions": [selector]}
        elif scope is not None:
            hard.pop("count/pods", None)
            spec["scopes"] = [scope]
        metadata = {"name": name, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec}

    def hard(self, name: str) -> str:
        """Return a limit that a few pods reach."""
        if name.endswith("cpu"):
            return f"{self.randrange(500, 6000, 100)}m"
        return str(self.randrange(1, 6)) if name.endswith(GPU) else f"{self.randrange(256, 4096)}Mi"

    def limit_range(self, name: str, namespace: str) -> Object:
        """Return a limit range on containers, pods or both."""
        limits = [self.bounds(type_) for type_ in self.some(("Container", "Pod"), 0.6)]
        metadata = {"name": name, "namespace": namespace}
        spec = {"limits": limits or [{"type": "Container"}]}
        return {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": spec}

    def bounds(self, type_: str) -> Object:
        """Return one item, whose parts do not contradict each other."""
        item: Object = {"type": type_}
        if self.random() < 0.3:
            item["min"] = {
                r: "100m" if r == "cpu" else "64Mi" for r in self.some(("cpu", "memory"))
            }
        if self.random() < 0.3:
            most = {"cpu": "1500m", "memory": "1Gi"} if type_ == "Container" else {"memory": "2Gi"}
            item["max"] = most
        if self.random() < 0.3:
            item["maxLimitRequestRatio"] = {"cpu": self.choice(("1", "2", "16.1"))}
        if type_ == "Container" and self.random() < 0.5:
            item["default"] = {"cpu": "1", "memory": "512Mi"}
            item["defaultRequest"] = {"cpu": "500m", "memory": "512Mi"}
        return item


def created(api, item) -> bool:
    """Create an object; whether the API server took it."""
    try:
        api.create(item)
    except ApiError as error:
        if error.code not in (403, 422):
            raise
        return False
    return True


def answer(api, pod) -> str:
    """What the API server says of a pod in a dry run: why it is forbidden, if it is."""
    try:
        api.request(
            "POST", f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods?dryRun=All", pod
        )
    except ApiError as error:
        return "invalid" if error.code == 422 else str(error)
    return "let in"


def ours(api, pod: PodInfo, namespace: str) -> list[str]:
    """What we say of it, by what the API server has of the namespace."""
    found: dict[str, list] = {"ResourceQuota": [], "LimitRange": []}
    for kind in found:
        items = api.list(kind, namespace)
        trees = [{**item, "apiVersion": "v1", "kind": kind} for item in items]
        found[kind] = [parse(tree, FEATURES) for tree in trees]
    quotas = [q for q in found["ResourceQuota"] if isinstance(q, ResourceQuota)]
    return list(
        refusals([pod], quotas, [r for r in found["LimitRange"] if isinstance(r, LimitRange)])
    )


def agrees(said: str, reasons: list[str]) -> bool:
    """Whether the real answer is ours, and of the same kind."""
    if said == "let in" or not reasons:
        return said == "let in" and not reasons
    kinds = [
        *("limit range" for reason in reasons if reason.startswith("limit range")),
        *("wants" for reason in reasons if " wants " in reason),
        "quota",
    ]
    return SAID[kinds[0]].search(said) is not None


def settled(api, tree: Object, pod: PodInfo) -> str:
    """The real answer, once it is ours: the API server's informers may lag behind for a moment."""
    last: list[object] = []

    def same() -> str:
        said, reasons = answer(api, tree), ours(api, pod, pod.namespace)
        last[:] = [said, reasons]
        return said if said == "invalid" or agrees(said, reasons) else ""

    try:
        return until("the same answer", same, LAG_SECONDS)
    except TimeoutError:
        pytest.fail(f"{json.dumps(tree)}: {last}")


def counted(api, namespace: str) -> bool:
    """Whether all quotas of the namespace have been counted."""
    quotas = api.list("ResourceQuota", namespace)
    return all(
        (q.get("status") or {}).get("used", {}).keys() == q["spec"].get("hard", {}).keys()
        for q in quotas
    )


@pytest.fixture
def classes(cluster):
    """Make the priority classes for the time of the test."""
    for value, name in enumerate(CLASSES):
        item = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": value}
        cluster.api.create({**item, "metadata": {"name": name}})
    yield
    for name in CLASSES:
        cluster.api.delete("PriorityClass", name)


def test_the_api_server_answers_as_we_do(cluster, classes):
    api, seen = cluster.api, {"let in": 0, **dict.fromkeys(SAID, 0), "invalid": 0}
    for seed in range(ROUNDS):
        chance, namespace = Random(seed), f"quota-{seed}"
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        until("the account", partial(api.find, "ServiceAccount", "default", namespace))
        for i in range(3):
            created(api, chance.pod(f"there-{i}", namespace))
        items = [chance.quota(f"q{i}", namespace) for i in range(chance.randrange(1, 3))]
        items += [chance.limit_range(f"r{i}", namespace) for i in range(chance.randrange(2))]
        assert all([created(api, item) for item in items]), items
        until("the quotas are counted", partial(counted, api, namespace))
        for i in range(PODS):
            tree = chance.pod(f"p{i}", namespace)
            said = settled(api, tree, hand_written_pod(tree, FEATURES))
            kind = next((k for k, pattern in SAID.items() if pattern.search(said)), said)
            seen[kind] += 1
        api.delete("Namespace", namespace)
    print(seen)
    assert min(seen[kind] for kind in ("let in", *SAID)) >= 30, seen
