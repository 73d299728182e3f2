"""What a pod requests and a node offers: PodRequests, and the names that count."""

import msgspec
import pytest

from webhook.objects import Features, Version
from webhook.parse import pod_wire, wire
from webhook.parse.quantities import nanos
from webhook.parse.resources import (
    BadResource,
    add,
    allocatable,
    amounts,
    combined,
    extended,
    integers,
    largest,
    pod_requests,
    requests_of,
    tracked,
)

OLD, NEW = Features.of(Version(1, 33)), Features.of(Version(1, 34))


@pytest.mark.parametrize(
    ("resource", "counts", "is_extended"),
    [
        pytest.param("cpu", True, False, id="cpu"),
        pytest.param("memory", True, False, id="memory"),
        pytest.param("ephemeral-storage", True, False, id="ephemeral-storage"),
        pytest.param("pods", False, False, id="the number of pods is counted elsewhere"),
        pytest.param("storage", False, False, id="a name without prefix"),
        pytest.param("gpu", False, False, id="another name without prefix"),
        pytest.param("hugepages-2Mi", True, False, id="huge pages"),
        pytest.param("attachable-volumes-csi-x", True, False, id="attachable volumes"),
        pytest.param("devices.kubevirt.io/kvm", True, True, id="KubeVirt's devices"),
        pytest.param("nvidia.com/gpu", True, True, id="an extended resource"),
        pytest.param("kubernetes.io/x", True, False, id="a native prefixed name"),
        pytest.param("a.kubernetes.io/x", True, False, id="below the native prefix"),
        pytest.param("requests.nvidia.com/gpu", False, False, id="a quota's name"),
        pytest.param("Nvidia.com/gpu", False, False, id="an upper-case prefix"),
        pytest.param("a/b/c", False, False, id="two slashes"),
        pytest.param("a" * 244 + "/b", True, True, id="room for `requests.` in front"),
        pytest.param("a" * 245 + "/b", False, False, id="no room for `requests.` in front"),
    ],
)
def test_a_resource_counts_by_its_name(resource, counts, is_extended):
    assert (tracked(resource), extended(resource)) == (counts, is_extended)


def test_amounts_are_exact():
    assert amounts({"cpu": "1u", "memory": None}) == {"cpu": 1000, "memory": 0}


def test_no_resource_list_is_an_empty_one():
    assert amounts(None) == {}


def test_what_is_no_quantity_is_named_by_its_resource():
    with pytest.raises(BadResource, match=r"^memory: '1GB' is not a quantity: unknown suffix 'GB'"):
        amounts({"cpu": 1, "memory": "1GB"})


def test_integers_are_rounded_up_and_leave_out_what_does_not_count():
    exact = amounts({"cpu": "1500u", "memory": "1500m", "gpu": 1, "pods": 3})
    assert integers(exact) == {"cpu": 2, "memory": 2}


def test_a_node_also_offers_room_for_pods():
    offered: dict[str, str | int | float | None] = {
        "cpu": 4,
        "pods": "110",
        "gpu": 1,
        "nvidia.com/gpu": 2,
    }
    assert allocatable(offered) == {"cpu": 4000, "pods": 110, "nvidia.com/gpu": 2}


def test_adding_changes_the_total():
    total = {"cpu": 1}
    add(total, {"cpu": 2, "memory": 3})
    assert total == {"cpu": 3, "memory": 3}


@pytest.mark.parametrize(
    ("lists", "peak"),
    [
        pytest.param([], {}, id="of nothing"),
        pytest.param([{"cpu": 1, "memory": 5}, {"cpu": 2}], {"cpu": 2, "memory": 5}, id="of two"),
        pytest.param([{"cpu": -2}, {"cpu": -3}], {"cpu": -2}, id="of negative amounts"),
    ],
)
def test_the_largest_is_taken_per_resource(lists, peak):
    assert largest(lists) == peak


@pytest.mark.parametrize(
    ("containers", "inits", "total"),
    [
        pytest.param([], [], {}, id="no container"),
        pytest.param([{"cpu": 1}, {"cpu": 2}], [], {"cpu": 3}, id="containers add up"),
        pytest.param([{"cpu": 1}], [(False, {"cpu": 5})], {"cpu": 5}, id="a larger init container"),
        pytest.param([{"cpu": 5}], [(False, {"cpu": 1})], {"cpu": 5}, id="a smaller one"),
        pytest.param(
            [{"cpu": 5}],
            [(False, {"cpu": 3}), (False, {"cpu": 4})],
            {"cpu": 5},
            id="init containers run one after the other",
        ),
        pytest.param(
            [{"cpu": 5, "memory": 1}],
            [(False, {"cpu": 1, "memory": 5})],
            {"cpu": 5, "memory": 5},
            id="the maximum is per resource",
        ),
        pytest.param([{"cpu": 1}], [(True, {"cpu": 2})], {"cpu": 3}, id="a sidecar adds up"),
        pytest.param(
            [{"cpu": 1}],
            [(True, {"cpu": 2}), (False, {"cpu": 4})],
            {"cpu": 6},
            id="an init container needs room beside the sidecars before it",
        ),
        pytest.param(
            [{"cpu": 1}],
            [(False, {"cpu": 4}), (True, {"cpu": 2})],
            {"cpu": 4},
            id="but not beside those after it",
        ),
        pytest.param(
            [],
            [(True, {"cpu": 2}), (True, {"cpu": 3}), (False, {"cpu": 1})],
            {"cpu": 6},
            id="sidecars before it add up",
        ),
    ],
)
def test_containers_and_init_containers_combine(containers, inits, total):
    assert combined(containers, inits) == total


def test_combining_leaves_the_lists_alone():
    containers, inits = [{"cpu": 1}], [(True, {"cpu": 2}), (False, {"cpu": 4})]
    combined(containers, inits)
    assert (containers, inits) == ([{"cpu": 1}], [(True, {"cpu": 2}), (False, {"cpu": 4})])


@pytest.mark.parametrize(
    ("container", "requests"),
    [
        pytest.param(pod_wire.Container(), {}, id="none"),
        pytest.param(
            pod_wire.Container(resources=wire.Resources(limits={"cpu": 1})), {}, id="limits"
        ),
        pytest.param(
            pod_wire.Container(resources=wire.Resources({"cpu": 1})), {"cpu": 10**9}, id="requests"
        ),
    ],
)
def test_a_container_requests_only_what_it_requests(container, requests):
    assert requests_of(container) == requests


def spec(**fields):
    return msgspec.convert(
        {
            "containers": [{"resources": {"requests": {"cpu": "1", "a.com/b": "1"}}}],
            "initContainers": [
                {"restartPolicy": "Always", "resources": {"requests": {"cpu": "2"}}},
                {"restartPolicy": "Never", "resources": {"requests": {"memory": "4"}}},
            ],
            **fields,
        },
        pod_wire.PodSpec,
    )


LEVEL = {"resources": {"requests": {"cpu": "9", "hugepages-2Mi": "2", "a.com/b": "9", "x": "1"}}}


@pytest.mark.parametrize(
    ("given", "features", "total"),
    [
        pytest.param(pod_wire.PodSpec(), NEW, {}, id="a pod without containers"),
        pytest.param(spec(), NEW, {"cpu": "3", "memory": "4", "a.com/b": "1"}, id="the sum"),
        pytest.param(
            spec(overhead={"cpu": "1", "memory": "1"}),
            NEW,
            {"cpu": "4", "memory": "5", "a.com/b": "1"},
            id="overhead comes on top",
        ),
        pytest.param(
            spec(**LEVEL, overhead={"cpu": "1"}),
            NEW,
            {"cpu": "10", "memory": "4", "a.com/b": "1", "hugepages-2Mi": "2"},
            id="pod-level requests replace cpu, memory and huge pages; overhead on top",
        ),
        pytest.param(
            spec(resources={"requests": {"memory": "2"}}),
            NEW,
            {"cpu": "3", "memory": "2", "a.com/b": "1"},
            id="pod-level memory",
        ),
        pytest.param(
            spec(**LEVEL),
            OLD,
            {"cpu": "3", "memory": "4", "a.com/b": "1"},
            id="before 1.34 there are no pod-level requests",
        ),
    ],
)
def test_a_pod_requests(given, features, total):
    assert pod_requests(given, features) == {name: nanos(text) for name, text in total.items()}
