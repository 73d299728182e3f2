"""What a pod takes of its node while it is resized in place."""

import pytest

from tests import builders
from webhook.objects import Features, PodInfo, Version
from webhook.parse import parse

OLD = Features.of(Version(1, 32))
NEW = Features.of(Version(1, 36))


def value(tree):
    return parse(tree, builders.FEATURES)


def resized(containers=(), inits=(), statuses=(), init_statuses=(), conditions=()):
    """A pod that was resized in place; a number is an amount of memory."""

    def container(name, memory, **more):
        return {"name": name, "resources": {"requests": {"memory": memory}}, **more}

    return {
        "kind": "Pod",
        "spec": {
            "containers": [container(*each) for each in containers],
            "initContainers": [container(n, m, restartPolicy=policy) for n, m, policy in inits],
        },
        "status": {
            "containerStatuses": list(statuses),
            "initContainerStatuses": list(init_statuses),
            "conditions": list(conditions),
        },
    }


def status(name, actual=None, given=None):
    found = {"name": name}
    if actual is not None:
        found["resources"] = {"requests": {"memory": actual}}
    if given is not None:
        found["allocatedResources"] = {"memory": given}
    return found


INFEASIBLE = {"type": "PodResizePending", "reason": "Infeasible"}
DEFERRED = {"type": "PodResizePending", "reason": "Deferred"}
OTHER = {"type": "Ready", "reason": "Infeasible"}


@pytest.mark.parametrize(
    ("tree", "usage"),
    [
        pytest.param(resized([("a", 4)]), 4, id="no status"),
        pytest.param(resized([("a", 4)], statuses=[status("a", 6)]), 6, id="actual is more"),
        pytest.param(resized([("a", 4)], statuses=[status("a", 2)]), 4, id="wanted is more"),
        pytest.param(resized([("a", 4)], statuses=[status("a", 2, 5)]), 5, id="given is more"),
        pytest.param(
            resized([("a", 4)], statuses=[status("a", None, 5)]),
            4,
            id="given counts only beside actual resources",
        ),
        pytest.param(
            resized([("a", 4), ("b", 3)], statuses=[status("a", None, 5), status("b", 4)]),
            8,
            id="also in a pod of which another container has them",
        ),
        pytest.param(
            resized([("a", 4), ("b", 1)], statuses=[status("a", 6)]), 7, id="one without status"
        ),
        pytest.param(
            resized([("a", 9)], statuses=[status("a", 6, 5)], conditions=[INFEASIBLE]),
            6,
            id="an infeasible wish does not count",
        ),
        pytest.param(
            resized([("a", 9)], statuses=[status("a", 6, 5)], conditions=[DEFERRED, OTHER]),
            9,
            id="a deferred one does",
        ),
        pytest.param(
            resized([("a", 1)], [("i", 2, "Always")], init_statuses=[status("i", 7)]),
            8,
            id="a sidecar counts as a container does",
        ),
        pytest.param(
            resized([("a", 1)], [("i", 2, "Never")], init_statuses=[status("i", 7)]),
            2,
            id="a plain init container counts what it wants",
        ),
    ],
)
def test_a_pod_that_is_resized_takes_the_largest_of_its_amounts(tree, usage):
    assert value(tree).usage == {"memory": usage}


def test_a_pod_that_is_resized_asks_for_what_it_wants():
    assert value(resized([("a", 4)], statuses=[status("a", 6)])).requests == {"memory": 4}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"containers": [{"name": "a"}]}, id="only containers"),
        pytest.param({"initContainers": [{"name": "a"}]}, id="only init containers"),
    ],
)
@pytest.mark.parametrize("field", ["containerStatuses", "initContainerStatuses"])
def test_what_a_resized_pod_does_not_say_is_nothing(spec, field):
    tree = {"kind": "Pod", "spec": spec, "status": {field: [status("x", 5)]}}
    assert value(tree).usage == {}


def test_before_1_33_there_is_no_resize_in_place():
    pod = parse(resized([("a", 4)], statuses=[status("a", 6)]), OLD)
    assert isinstance(pod, PodInfo)
    assert pod.usage == {"memory": 4}


def whole(wanted, actual=None, given=None, *, infeasible=False):
    """A pod with requests of its own, resized as a whole."""
    status: dict = {"conditions": [INFEASIBLE] if infeasible else []}
    if actual is not None:
        status["resources"] = {"requests": actual}
    if given is not None:
        status["allocatedResources"] = given
    return {
        "kind": "Pod",
        "spec": {
            "resources": {"requests": wanted},
            "containers": [{"name": "a", "resources": {"requests": {"memory": 1}}}],
            "overhead": {"memory": 100},
        },
        "status": status,
    }


@pytest.mark.parametrize(
    ("tree", "usage"),
    [
        pytest.param(whole({"memory": 4}), {"memory": 104}, id="no status"),
        pytest.param(whole({"memory": 4}, {"memory": 6}), {"memory": 106}, id="actual is more"),
        pytest.param(whole({"memory": 4}, {"memory": 2}), {"memory": 104}, id="wanted is more"),
        pytest.param(
            whole({"memory": 4}, {"memory": 2}, {"memory": 5}), {"memory": 105}, id="given is more"
        ),
        pytest.param(
            whole({"memory": 4}, None, {"memory": 5}),
            {"memory": 104},
            id="given counts only beside actual resources",
        ),
        pytest.param(
            whole({"memory": 9}, {"memory": 3}, {"memory": 2}, infeasible=True),
            {"memory": 103},
            id="an infeasible wish does not count",
        ),
        pytest.param(
            whole({"memory": 9}, {"cpu": 1}, infeasible=True),
            {"memory": 100},
            id="nor does one of which nothing is in force",
        ),
        pytest.param(
            whole({"cpu": 1}, {"cpu": 2, "memory": 7}),
            {"cpu": 2000, "memory": 101},
            id="only what the pod requests as a whole",
        ),
    ],
)
def test_a_pod_that_is_resized_as_a_whole_takes_the_largest(tree, usage):
    pod = parse(tree, NEW)
    assert isinstance(pod, PodInfo)
    assert pod.usage == usage


def test_before_1_36_the_status_of_the_whole_pod_does_not_count():
    pod = parse(whole({"memory": 4}, {"memory": 6}), Features.of(Version(1, 35)))
    assert isinstance(pod, PodInfo)
    assert pod.usage == {"memory": 104}
