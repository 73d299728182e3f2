"""webhook.parse.demands: what equal pods take is added up once, and for each as if alone."""

import json

import pytest

from tests.builders import FEATURES, pod, value
from webhook.objects import Features, HostPort, Version
from webhook.parse import decode

LAUNCHER = {"kubevirt.io": "virt-launcher"}


def read(tree, features=FEATURES):
    """The pod of a tree, by its bytes."""
    return decode("Pod", json.dumps(tree).encode(), features)


def sized(*containers, statuses=(), conditions=(), **spec):
    """A pod of containers and statuses as (name, amount of memory)."""

    def part(name, memory):
        return {"name": name, "resources": {"requests": {"memory": memory}}}

    tree = pod(containers=[part(*each) for each in containers], **spec)
    tree["status"] = {"containerStatuses": [part(*each) for each in statuses]}
    return {**tree, "status": {**tree["status"], "conditions": list(conditions)}}


def test_the_names_of_containers_make_no_difference():
    first = read(sized(("a", 1), ("b", 2), statuses=[("b", 2), ("a", 9)]))
    second = read(sized(("x", 1), ("y", 2), statuses=[("y", 2), ("x", 9)]))
    assert (first.requests, first.usage) == ({"memory": 3}, {"memory": 11})
    assert first.usage is second.usage


def test_a_status_is_of_the_container_of_its_name():
    swapped = read(sized(("a", 1), ("b", 2), statuses=[("a", 2), ("b", 9)]))
    assert swapped.usage == {"memory": 11}
    stranger = read(sized(("a", 1), statuses=[("x", 9)]))
    assert stranger.usage == {"memory": 1}
    silent = sized(("a", 1), ("b", 2), statuses=[("b", 9)])
    silent["status"]["containerStatuses"].insert(0, {"name": "a", "ready": True})
    assert read(silent).usage == {"memory": 10}


def test_an_init_container_and_its_status_are_told_from_the_others():
    tree = sized(("a", 4), statuses=[("a", 4)])
    sidecar = {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"memory": 1}}}
    tree["spec"]["initContainers"] = [sidecar]
    assert read(tree).requests == {"memory": 5}
    grown = {"name": "s", "resources": {"requests": {"memory": 3}}}
    tree["status"]["initContainerStatuses"] = [grown]
    assert read(tree).usage == {"memory": 7}


@pytest.mark.parametrize(
    ("condition", "memory"),
    [
        pytest.param({"type": "PodResizePending", "reason": "Deferred"}, 9, id="deferred"),
        pytest.param({"type": "PodResizePending", "reason": "Infeasible"}, 6, id="infeasible"),
        pytest.param({"type": "Ready", "reason": "Infeasible"}, 9, id="of something else"),
    ],
)
def test_a_condition_counts_only_for_the_pod_that_has_it(condition, memory):
    resized = sized(("a", 9), statuses=[("a", 6)], conditions=[condition])
    assert read(resized).usage == {"memory": memory}
    assert read(sized(("a", 9), statuses=[("a", 6)])).usage == {"memory": 9}


def test_conditions_are_not_even_read_where_they_make_no_difference():
    tree = sized(("a", 9), statuses=[("a", 9)])
    assert read({**tree, "status": {**tree["status"], "conditions": 5}}).usage == {"memory": 9}


def test_equal_pods_of_different_servers_are_told_apart():
    tree = pod(resources={"requests": {"memory": 7}}, requests={"memory": 1})
    old, new = (Features.of(Version(1, minor)) for minor in (33, 36))
    assert read(tree, old).requests == {"memory": 1}
    assert read(tree, new).requests == {"memory": 7}


def test_what_a_quota_counts_is_one_value_for_equal_launchers():
    spec = {"containers": [{"name": "compute", "resources": {"requests": {"cpu": 1}}}]}
    first, second = (read(pod(name, labels=LAUNCHER, **spec)) for name in "ab")
    assert first.resources is second.resources
    ending = read(pod(labels=LAUNCHER, activeDeadlineSeconds=9, **spec)).resources
    assert ending.has_deadline
    assert ending == read(pod(labels=LAUNCHER, activeDeadlineSeconds=8, **spec)).resources
    assert read(pod(labels=LAUNCHER, priorityClassName="p", **spec)).resources != first.resources
    noted = pod(labels=LAUNCHER, **spec)
    note = "LimitRanger plugin set: cpu request for container compute"
    noted["metadata"]["annotations"] = {"kubernetes.io/limit-ranger": note, "another": "note"}
    assert read(noted).resources.containers[0].requests == {}


def test_ports_of_the_node_are_those_of_containers_and_sidecars():
    def with_port(port, **fields):
        return {"name": f"c{port}", "ports": [{"containerPort": 1, "hostPort": port}], **fields}

    plain = {"name": "p", "ports": [{"name": "http", "containerPort": 80}]}
    inits = [with_port(2, restartPolicy="Always"), with_port(3)]
    tree = pod(containers=[with_port(1), plain, with_port(0)], initContainers=inits)
    assert read(tree).host_ports == (HostPort(1), HostPort(2))
    assert read(tree, Features.of(Version(1, 33))).host_ports == (HostPort(1),)


@pytest.mark.parametrize("field", ["containers", "initContainers", "overhead", "resources"])
def test_bytes_and_tree_say_the_same(field):
    parts = {
        "containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "a.b/c": 2}}}],
        "initContainers": [{"name": "i", "resources": {"requests": {"memory": "1Gi"}}}],
        "overhead": {"cpu": "250m"},
        "resources": {"requests": {"cpu": 3, "ephemeral-storage": 4}},
    }
    tree = pod(**{field: parts[field]})
    assert read(tree) == value(tree)
