"""Pods that are there already, and pods that are nominated to a node."""

from tests.torture.differential.generator import pods, resources
from tests.torture.differential.generator.chance import Chance
from tests.torture.differential.generator.claims import Claims
from tests.torture.differential.generator.pods import Surroundings, Trait
from tests.torture.differential.scene import BEING_DELETED, Tree


def _using(around: Surroundings, pod: Tree) -> None:
    """Give a claim that is bound, a claim for one pod only, or one that is not there."""
    make = around.chance.weighted(
        {Claims.any_bound: 8, Claims.any_once: 6, Claims.late: 1, Claims.missing: 0.5}
    )
    pods.mount(pod, make(around.claims, pod["metadata"]["namespace"]))


TRAITS: dict[Trait, float] = {
    pods.listening: 3,
    pods.asking_for(resources.compute): 6,
    pods.asking_for(resources.storage): 2,
    pods.asking_for(resources.extended): 2,
    pods.asking_for(resources.huge_pages): 1,
    pods.preparing: 2,
    pods.limited: 1,
    pods.sandboxed: 1,
    pods.disk: 4,
    _using: 7,
    pods.near: 0.5,
    pods.evenly_spread: 0.5,
}


def resident(around: Surroundings, name: str) -> Tree:
    """Return a pod on a node, at any point of its life."""
    chance = around.chance
    pod = pods.plain(around, name)
    pods.add(pod, chance.choice((0, 1, 1, 2)), around, TRAITS)
    if chance.odds(0.05):
        pods.apart(around, pod)
    pod["spec"]["nodeName"] = chance.choice(around.nodes) if chance.odds(0.98) else "nowhere"
    phase = chance.weighted(
        {"Running": 12, "Pending": 2, "Succeeded": 1, "Failed": 1, "Unknown": 1}
    )
    pod["status"] = {"phase": phase}
    if chance.odds(0.1):
        pod["metadata"] |= BEING_DELETED
    if chance.odds(0.6 if "resources" in pod["spec"] else 0.1):
        _resize(around, pod)
    if chance.odds(0.05):
        pod["spec"]["schedulerName"] = "another"
    return pod


def nominated(around: Surroundings, name: str) -> Tree:
    """Return a pod without a node for which a node has been set aside.

    None is being deleted: the scheduler forgets what such a pod asks for once it was its turn.
    """
    chance = around.chance
    pod = pods.plain(around, name)
    pods.add(pod, chance.choice((0, 1, 1, 2)), around, TRAITS)
    if chance.odds(0.3):
        pods.apart(around, pod)
    pod["status"] = {"nominatedNodeName": chance.choice(around.nodes)}
    if chance.odds(0.1):
        pod["spec"]["schedulerName"] = "another"
    return pod


def _resize(around: Surroundings, pod: Tree) -> None:
    """Let the pod have, or be promised, something else than it asks for."""
    chance, status = around.chance, pod["status"]
    if "resources" in pod["spec"]:
        status["resources"] = {"requests": _amounts(chance)}
        if chance.odds(0.5):
            status["allocatedResources"] = _amounts(chance)
    if chance.odds(0.8):
        status["containerStatuses"] = [_container_status(chance, pod["spec"]["containers"][0])]
    if chance.odds(0.4):
        reason = chance.choice(("Infeasible", "Deferred"))
        status["conditions"] = [{"type": "PodResizePending", "status": "True", "reason": reason}]


def _container_status(chance: Chance, container: Tree) -> Tree:
    status = {
        "name": container["name"],
        "image": "none",
        "imageID": "none",
        "ready": True,
        "restartCount": 0,
        "resources": {"requests": _amounts(chance)},
    }
    if chance.odds(0.5):
        status["allocatedResources"] = {"cpu": chance.choice(resources.CPUS[2:])}
    return status


def _amounts(chance: Chance) -> Tree:
    return {"cpu": chance.choice(resources.CPUS[2:]), "memory": chance.choice(("1Gi", "64Mi"))}
