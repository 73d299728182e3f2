"""The engine against the slow, obvious implementation, on random small clusters."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.placement import clusters
from tests.placement.reference import FILTERS, Cluster, verdicts
from webhook.objects import Applied, PodInfo, Profile
from webhook.objects.profile import Namespace
from webhook.placement import ClusterIndex, evaluate
from webhook.placement.index import node_sets, pod_sets, slot_sets

Row = tuple[str, str | None, tuple[str, ...]]


def indexed(cluster: Cluster) -> ClusterIndex:
    """The cluster in an index, its pods before its nodes."""
    index = ClusterIndex(cluster.version)
    named = tuple(Namespace(name, labels) for name, labels in cluster.namespaces.items())
    for objects in (
        cluster.pods,
        cluster.nodes,
        named,
        (cluster.profile,),
        cluster.device_classes,
        cluster.claims,
        cluster.volumes,
        cluster.classes,
        cluster.csi_nodes,
        cluster.csi_drivers,
        cluster.capacities,
        cluster.attachments,
    ):
        for object_ in objects:
            index.apply(Applied(object_))
    return index


def expected(pod: PodInfo, cluster: Cluster) -> dict[str, Row]:
    """Each node's code, plugin and reasons, by the obvious implementation."""
    return {
        name: (answer[1], answer[0], answer[2]) if answer else ("Success", None, ())
        for name, answer in verdicts(pod, cluster).items()
    }


def answered(pod: PodInfo, cluster: Cluster) -> dict[str, Row]:
    """The same by the engine."""
    table = evaluate(pod, indexed(cluster)).table()
    return {row.name: (row.code.value, row.plugin, row.reasons) for row in table}


def agree(wanted: dict[str, Row], found: dict[str, Row]) -> bool:
    """Whether both answer alike.

    An Error ends the attempt: the engine gives all nodes one of those that stand anywhere.
    What is open the engine explains in its own words.
    """
    errors = {row for row in wanted.values() if row[0] == "Error"}
    if errors:
        one = set(found.values())
        return found.keys() == wanted.keys() and len(one) == 1 and one <= errors
    return wanted == {
        name: (code, plugin, () if code == "Unknown" else reasons)
        for name, (code, plugin, reasons) in found.items()
    }


def reduced(pod: PodInfo, cluster: Cluster) -> tuple[PodInfo, Cluster]:
    """What is left of a difference when everything is dropped that it does not need."""
    smaller = True
    while smaller:
        smaller = False
        for less in _less(pod, cluster):
            if not agree(expected(*less), answered(*less)):
                (pod, cluster), smaller = less, True
                break
    return pod, cluster


def _less(pod: PodInfo, cluster: Cluster) -> Iterator[tuple[PodInfo, Cluster]]:
    for field in ("requests", "host_ports", "spread", "claims", "disks"):
        for value in _shorter(getattr(pod, field)):
            yield replace(pod, **{field: value}), cluster
    for name in vars(cluster):
        for value in _shorter(getattr(cluster, name)):
            yield pod, replace(cluster, **{name: value})
    for other in cluster.pods:
        for field in ("usage", "host_ports", "claims", "disks", "labels"):
            for value in _shorter(getattr(other, field)):
                changed = replace(other, **{field: value})
                pods = tuple(changed if each is other else each for each in cluster.pods)
                yield pod, replace(cluster, pods=pods)


def _shorter(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        yield from (value[:at] + value[at + 1 :] for at in range(len(value)))
    elif isinstance(value, dict):
        yield from ({k: v for k, v in value.items() if k != key} for key in value)
    elif isinstance(value, Profile) and value != Profile():
        yield Profile()


def differences(seeds: Iterable[int], spoken: Counter[tuple[str, str | None]]) -> list[str]:
    """Compare a random cluster for each seed, and count who speaks for a node."""
    found = []
    for seed in seeds:
        chance = Random(seed)  # noqa: S311 - the same clusters every time
        pod, cluster = clusters.asking(chance), clusters.cluster(chance)
        wanted = expected(pod, cluster)
        spoken.update(
            (reason, plugin) for _, plugin, reasons in wanted.values() for reason in reasons
        )
        if not agree(wanted, answered(pod, cluster)):
            small = reduced(pod, cluster)
            answers = f"{answered(*small)}, not {expected(*small)}"
            found.append(f"seed {seed}: {answers} for {small[0]} in {small[1]}")
    return found


def test_the_engine_answers_as_the_obvious_implementation_does():
    assert differences(range(1_000), Counter()) == []


@pytest.fixture
def as_in_a_large_cluster(monkeypatch):
    """Let the engine take the ways that pay only where there is much of everything."""
    monkeypatch.setattr(node_sets, "_FEW_DOMAINS", 0)
    monkeypatch.setattr(pod_sets, "_FEW_NAMESPACES", 0)
    monkeypatch.setattr(slot_sets, "_KEPT", 1)


@pytest.mark.usefixtures("as_in_a_large_cluster")
def test_it_answers_alike_by_the_ways_for_large_clusters():
    assert differences(range(21_000, 22_000), Counter()) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("as_in_a_large_cluster")
def test_it_answers_so_many_thousand_times_by_the_ways_for_large_clusters():
    assert differences(range(22_000, 32_000), Counter()) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_engine_answers_so_many_thousand_times():
    spoken: Counter[tuple[str, str | None]] = Counter()
    assert differences(range(1_000, 21_000), spoken) == []
    assert {plugin for _, plugin in spoken} == {None, *FILTERS}
