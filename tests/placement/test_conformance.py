"""The recorded answers of the unmodified kube-scheduler: 201 hand-made cases, 1,500 clusters.

A line holds the objects of a small cluster, a pod, and what v1.34.1 answered for every node:
plugin, status code and reasons. Where v1.36.2 answers otherwise its answers stand beside
them; elsewhere they are the same, so that every case is asked twice.
"""

import functools
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.placement.reference import SKIPS, Cluster, verdicts
from webhook.objects import Applied, Features, NodeInfo, PodInfo, Profile, Version
from webhook.objects.events import Object
from webhook.objects.profile import Namespace
from webhook.objects.storage import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.parse import parse
from webhook.placement import PLUGINS, ClusterIndex, Diagnosis, evaluate

DATA = Path(__file__).parents[1] / "data" / "conformance"
KINDS = {
    "nodes": ("Node", "v1"),
    "namespaces": ("Namespace", "v1"),
    "pods": ("Pod", "v1"),
    "schedulerConfig": ("KubeSchedulerConfiguration", "kubescheduler.config.k8s.io/v1"),
    "pvcs": ("PersistentVolumeClaim", "v1"),
    "pvs": ("PersistentVolume", "v1"),
    "storageClasses": ("StorageClass", "storage.k8s.io/v1"),
    "csiNodes": ("CSINode", "storage.k8s.io/v1"),
    "csiDrivers": ("CSIDriver", "storage.k8s.io/v1"),
    "csiStorageCapacities": ("CSIStorageCapacity", "storage.k8s.io/v1"),
    "volumeAttachments": ("VolumeAttachment", "storage.k8s.io/v1"),
}
VERSIONS = ("v1.34.1", "v1.36.2")


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


def _indexed(case: dict, version: str) -> tuple[PodInfo, ClusterIndex]:
    server = Version.parse(version)
    assert server is not None
    pod, objects = _parsed(case, server)
    index = ClusterIndex(server)
    for object_ in objects:
        index.apply(Applied(object_))
    return pod, index


def diagnosed(case: dict, version: str) -> Diagnosis:
    """Our answer to a recorded case, as a server of this version."""
    return evaluate(*_indexed(case, version))


def _recorded(case: dict, version: str) -> dict:
    """What this version of the scheduler answered."""
    answers: dict[str, dict] = case["expect"]
    return answers.get(version) or answers[VERSIONS[0]]


@dataclass
class Comparison:
    """What came of one recorded case under one version."""

    decisions: int
    sentences: int
    differences: list[str]


@functools.cache
def compared(name: str, version: str) -> Comparison:
    """Compare every node of a case, and the sentence over all of them.

    The recorded reasons are sorted: the scheduler reads scalar resources in random order.
    """
    recorded, diagnosis = _recorded(CASES[name], version), diagnosed(CASES[name], version)
    ours: dict[str, object] = {
        row.name: (row.code.value, row.plugin, sorted(row.reasons)) for row in diagnosis.table()
    }
    theirs: dict[str, object] = {
        node: (answer["code"], answer.get("plugin"), answer.get("reasons", []))
        for node, answer in recorded.get("nodes", {}).items()
    }
    decisions = len(theirs)
    if "fitError" in recorded:
        ours["all"], theirs["all"] = diagnosis.summary, recorded["fitError"]
    return Comparison(
        decisions=decisions,
        sentences=len(theirs) - decisions,
        differences=[
            f"{name} {version} {node}: {ours.get(node)}, recorded {theirs.get(node)}"
            for node in sorted(ours.keys() | theirs.keys())
            if ours.get(node) != theirs.get(node)
        ],
    )


@pytest.mark.parametrize(
    ("name", "version"),
    [
        pytest.param(
            case["name"], version, id=f"{case['name']} in {version}: {case.get('why', '')}"
        )
        for case in TRICKY
        for version in VERSIONS
    ],
)
def test_a_hand_made_case_is_answered_as_recorded(name, version):
    assert compared(name, version).differences == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_random_clusters_are_answered_as_recorded(version):
    results = [compared(case["name"], version) for case in FUZZ]
    assert [text for result in results for text in result.differences] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_that_was_recorded_is_left_out(version):
    results = [compared(name, version) for name in CASES]
    assert len(CASES) == 201 + 1_500
    assert sum(result.decisions for result in results) == 8_897
    assert sum(result.sentences for result in results) == 924


def obvious(case: dict, version: str) -> tuple[PodInfo, Cluster]:
    """A recorded case for the obvious implementation, as a server of this version."""
    server = Version.parse(version)
    assert server is not None
    pod, objects = _parsed(case, server)

    def all_of(type_: type) -> tuple:
        return tuple(object_ for object_ in objects if isinstance(object_, type_))

    return pod, Cluster(
        nodes=all_of(NodeInfo),
        pods=all_of(PodInfo),
        namespaces={each.name: each.labels for each in all_of(Namespace)},
        profile=next(iter(all_of(Profile)), Profile()),
        version=server,
        claims=all_of(PersistentVolumeClaim),
        volumes=all_of(PersistentVolume),
        classes=all_of(StorageClass),
        csi_nodes=all_of(CSINode),
        csi_drivers=all_of(CSIDriver),
        capacities=all_of(CSIStorageCapacity),
        attachments=all_of(VolumeAttachment),
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_obvious_implementation_answers_as_recorded_too(version):
    for name, case in CASES.items():
        answers = verdicts(*obvious(case, version))
        recorded = _recorded(case, version).get("nodes", {})
        assert answers.keys() == recorded.keys()
        for node, answer in recorded.items():
            plugin, code, reasons = answers[node] or (None, "Success", ())
            theirs = (answer.get("plugin"), answer["code"], answer.get("reasons", []))
            assert (plugin, code, sorted(reasons)) == theirs, (name, version, node)


def test_the_plugins_that_look_at_nominated_pods_are_skipped_as_recorded():
    for name, case in CASES.items():
        recorded = case["expect"][VERSIONS[0]]
        if "skippedPlugins" in recorded and "preFilter" not in recorded:
            pod, index = _indexed(case, VERSIONS[0])
            skipped = {each.name for each in PLUGINS if each.prefilter(pod, index).skip}
            wanted = SKIPS.keys() & recorded["skippedPlugins"]
            assert skipped & SKIPS.keys() == wanted, name
            asked = obvious(case, VERSIONS[0])
            assert {each for each, skips in SKIPS.items() if skips(*asked)} == wanted, name
