"""The oracle, with the real scheduler behind it."""

import pytest

from tests.cluster.scheduling import SchedulingPlane
from tests.torture.differential.extender import recording
from tests.torture.differential.oracle import RealScheduler
from tests.torture.differential.scene import BEING_DELETED, Scene, Tree

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

POST_FILTER = (
    " no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
)


@pytest.fixture(scope="module")
def real():
    """Start a scheduler to be asked."""
    with SchedulingPlane.start() as plane, recording(plane.ports["extender"]) as extender:
        yield RealScheduler(plane, extender)


def node(name: str, **labels: str) -> Tree:
    """Return a node with room for one CPU."""
    metadata = {"name": name, "labels": labels}
    status = {"allocatable": {"pods": "9", "cpu": "1"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}


def pod(name: str, cpu: str = "500m", status: Tree | None = None, **spec: object) -> Tree:
    """Return a pod that drives out nobody."""
    container = {"name": "main", "image": "none", "resources": {"requests": {"cpu": cpu}}}
    made = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "red"},
        "spec": {"priorityClassName": "mid", "containers": [container], **spec},
    }
    return made | ({"status": status} if status else {})


def test_it_tells_who_passed_and_why_not_the_others(real):
    asking = pod("asking", nodeSelector={"disk": "ssd"})
    full = pod("full", cpu="1", nodeName="b")
    nodes = node("a", disk="ssd"), node("b", disk="ssd"), node("c")
    hearing = real.ask(Scene((*nodes, full), (asking,)))
    answer = hearing.answers["Pod/red/asking"]
    assert answer.passed == {"a"}
    assert not answer.failed
    assert answer.text == (
        "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node "
        f"affinity/selector, 1 passed every filter.{POST_FILTER}"
    )


def test_every_scene_starts_from_nothing(real):
    gone = pod("gone", nodeName="a")
    gone["metadata"] |= BEING_DELETED
    real.ask(Scene((node("a"), node("b"), gone), (pod("asking"),)))
    hearing = real.ask(Scene((node("a"),), (pod("another"),)))
    assert list(hearing.answers) == ["Pod/red/another"]
    assert {each["metadata"]["name"] for each in hearing.objects if each["kind"] == "Node"} == {"a"}
    assert [each["kind"] for each in hearing.objects].count("Pod") == 1


def test_what_a_creation_does_not_take_is_stored_all_the_same(real):
    terminated = pod("over", nodeName="a", status={"phase": "Succeeded"})
    gone = pod("gone", nodeName="a")
    gone["metadata"] |= BEING_DELETED
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "asking", "uid": "Pod/red/asking"}
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "namespace": "red", "ownerReferences": [owner]},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
        "status": {"phase": "Lost"},
    }
    hearing = real.ask(Scene((node("a"), terminated, gone, claim), (pod("asking"),)))
    stored = {each["metadata"]["name"]: each for each in hearing.objects}
    assert stored["over"]["status"]["phase"] == "Succeeded"
    assert "deletionTimestamp" in stored["gone"]["metadata"]
    assert stored["c"]["status"]["phase"] == "Lost"
    (kept,) = stored["c"]["metadata"]["ownerReferences"]
    assert kept["uid"] == stored["asking"]["metadata"]["uid"]


def test_what_the_api_refuses_is_told_and_not_there(real):
    nameless = node("a")
    nameless["metadata"]["labels"] = {"not a key": ""}
    hearing = real.ask(Scene((nameless, node("b")), (pod("asking"),)))
    (told,) = hearing.refused
    assert told.startswith("Node/a: 422 Invalid")
    assert hearing.answers["Pod/red/asking"].passed == {"b"}


def test_where_nobody_can_be_stored_nobody_is_waited_for(real):
    unnamed = pod("asking")
    del unnamed["spec"]["containers"]
    hearing = real.ask(Scene((node("a"),), (unnamed,)))
    assert (hearing.answers, len(hearing.refused)) == ({}, 1)


def test_the_profile_is_heeded(real):
    terms = [{"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    arguments = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "NodeAffinityArgs",
        "addedAffinity": affinity,
    }
    profile = {
        "schedulerName": "default-scheduler",
        "pluginConfig": [{"name": "NodeAffinity", "args": arguments}],
    }
    scene = Scene((node("a", disk="ssd"), node("b")), (pod("asking"),), profile)
    assert real.ask(scene).answers["Pod/red/asking"].passed == {"a"}


def test_a_nominated_pod_over_which_the_scheduler_fails_is_left_out(real):
    """It loses its nomination then, and with it the room that it held."""
    disk = {"diskName": "d", "diskURI": "https://d.example.com/d", "kind": "Dedicated"}
    source = {"name": "v", "azureDisk": disk}
    ahead = pod("ahead", cpu="1", status={"nominatedNodeName": "a"}, volumes=[source])
    csi_node = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {"name": "a"},
        "spec": {"drivers": []},
    }
    hearing = real.ask(Scene((node("a"), csi_node, ahead), (pod("asking"),)))
    assert hearing.answers["Pod/red/asking"].passed == {"a"}
    assert "ahead" not in {each["metadata"]["name"] for each in hearing.objects}


def test_a_nomination_is_kept_otherwise(real):
    ahead = pod("ahead", cpu="1", status={"nominatedNodeName": "a"})
    hearing = real.ask(Scene((node("a"), node("b"), ahead), (pod("asking"),)))
    assert hearing.answers["Pod/red/asking"].passed == {"b"}
