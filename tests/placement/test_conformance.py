"""The recorded answers of the unmodified kube-scheduler: 201 hand-made cases, 1,500 clusters.

A line holds the objects of a small cluster, a pod, and for each recorded version the plugin,
status code and reasons for every node. Where the scheduler speaks through a plugin that we
have, our answer must be the same; where it speaks through another, ours may not be a yes.
"""

import functools
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.placement.reference import Cluster, Refusal, verdicts
from webhook.objects import Applied, Features, NodeInfo, PodInfo, Profile, Version
from webhook.objects.events import Object
from webhook.objects.profile import Namespace
from webhook.parse import parse
from webhook.placement import PLUGINS, ClusterIndex, Code, Diagnosis, NodeVerdict, evaluate

DATA = Path(__file__).parents[1] / "data" / "conformance"
KINDS = {
    "nodes": ("Node", "v1"),
    "namespaces": ("Namespace", "v1"),
    "pods": ("Pod", "v1"),
    "schedulerConfig": ("KubeSchedulerConfiguration", "kubescheduler.config.k8s.io/v1"),
}
#: NodeAffinity's narrowing is recorded without a plugin, and so is a yes.
OURS = {None, *(plugin.name for plugin in PLUGINS)}


def _read(path: Path) -> list[dict]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [case for case in map(json.loads, lines) if "pod" in case["input"]]


TRICKY = _read(DATA / "tricky_cases.jsonl")
FUZZ = _read(DATA / "fuzz_a.jsonl.gz")
CASES = {case["name"]: case for case in (*TRICKY, *FUZZ)}


def _objects(given: dict) -> Iterator[dict]:
    names = set()
    for field, (kind, api) in KINDS.items():
        found = given.get(field) or []
        for tree in found if isinstance(found, list) else [found]:
            metadata = dict(tree.get("metadata", {}))
            name = (kind, metadata.get("namespace"), metadata.get("name"))
            if name in names:  # one case has two pods of one name, which no cluster can have
                metadata["uid"] = f"{name}, the second"
            names.add(name)
            yield {**tree, "metadata": metadata, "kind": kind, "apiVersion": api}


def _parsed(case: dict, server: Version) -> tuple[PodInfo, list[Object]]:
    features = Features.of(server)
    pod = parse({**case["input"]["pod"], "kind": "Pod"}, features)
    assert isinstance(pod, PodInfo)
    return pod, [parse(tree, features) for tree in _objects(case["input"])]


def diagnosed(case: dict, version: str) -> Diagnosis:
    """Our answer to a recorded case, as a server of this version."""
    server = Version.parse(version)
    assert server is not None
    pod, objects = _parsed(case, server)
    index = ClusterIndex(server)
    for object_ in objects:
        index.apply(Applied(object_))
    return evaluate(pod, index)


@dataclass
class Comparison:
    """What came of one recorded case under one version."""

    decisions: int = 0
    left_open: int = 0
    sentences: int = 0
    differences: tuple[str, ...] = ()


def _compared(row: NodeVerdict, recorded: dict) -> str | None:
    """One node: "" is equal, None is left open, any other text is a difference.

    The recorded reasons are sorted: the scheduler reads scalar resources in random order.
    """
    ours = (row.code.value, row.plugin, sorted(row.reasons))
    if recorded.get("plugin") in OURS and row.code is not Code.UNKNOWN:
        theirs = (recorded["code"], recorded.get("plugin"), recorded.get("reasons", []))
        return "" if ours == theirs else f"{row.name}: {ours}, recorded {theirs}"
    if row.code is Code.UNKNOWN:
        return None
    both_refuse = row.code is not Code.SUCCESS and recorded["code"] != "Success"
    return None if both_refuse else f"{row.name}: a certain {ours}, recorded {recorded}"


@functools.cache
def compared(name: str, version: str) -> Comparison:
    """Compare every node of a case, and the sentence over all of them."""
    case = CASES[name]
    recorded, diagnosis = case["expect"][version], diagnosed(case, version)
    table = diagnosis.table()
    nodes = recorded.get("nodes", {})
    results = [_compared(row, nodes[row.name]) for row in table]
    differences = [text for text in results if text]
    if [row.name for row in table] != sorted(nodes):
        differences.append(f"nodes {[row.name for row in table]}, recorded {sorted(nodes)}")
    speaks = "fitError" in recorded and not diagnosis.unmodelled
    if speaks and diagnosis.summary != recorded["fitError"]:
        differences.append(f"{diagnosis.summary!r}, recorded {recorded['fitError']!r}")
    return Comparison(
        decisions=sum(text is not None for text in results),
        left_open=sum(text is None for text in results),
        sentences=int(speaks),
        differences=tuple(f"{case['name']} {version} {text}" for text in differences),
    )


def _asked(cases: list[dict]) -> list[tuple[str, str]]:
    return [(case["name"], version) for case in cases for version in case["expect"]]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        pytest.param(name, version, id=f"{name} in {version}: {CASES[name].get('why', '')}")
        for name, version in _asked(TRICKY)
    ],
)
def test_a_hand_made_case_is_answered_as_recorded(name, version):
    assert compared(name, version).differences == ()


@pytest.mark.parametrize("version", ["v1.34.1", "v1.36.2"])
def test_the_random_clusters_are_answered_as_recorded(version):
    results = [compared(name, asked) for name, asked in _asked(FUZZ) if asked == version]
    assert [text for result in results for text in result.differences] == []


def test_the_obvious_implementation_answers_as_recorded_too():
    compared_nodes = 0
    for name, version in _asked([*TRICKY, *FUZZ]):
        pod, rows = _obvious(CASES[name], version)
        for node, recorded in CASES[name]["expect"][version].get("nodes", {}).items():
            if not pod.unmodelled and recorded.get("plugin") in OURS:
                plugin, code, reasons = rows[node] or (None, "Success", ())
                theirs = (recorded.get("plugin"), recorded["code"], recorded.get("reasons", []))
                assert (plugin, code, sorted(reasons)) == theirs, (name, version, node)
                compared_nodes += 1
    assert compared_nodes >= 5_000


def _obvious(case: dict, version: str) -> tuple[PodInfo, dict[str, Refusal]]:
    server = Version.parse(version)
    assert server is not None
    pod, objects = _parsed(case, server)
    cluster = Cluster(
        nodes=tuple(o for o in objects if isinstance(o, NodeInfo)),
        pods=tuple(o for o in objects if isinstance(o, PodInfo)),
        namespaces={o.name: o.labels for o in objects if isinstance(o, Namespace)},
        profile=next((o for o in objects if isinstance(o, Profile)), Profile()),
        features=Features.of(server),
    )
    return pod, verdicts(pod, cluster)


def test_nothing_that_can_be_compared_is_left_out():
    results = [compared(*asked) for asked in _asked([*TRICKY, *FUZZ])]
    assert len(CASES) == 201 + 1500
    assert sum(result.decisions for result in results) >= 10_109
    assert sum(result.left_open for result in results) <= 2_234
    assert sum(result.sentences for result in results) >= 510
