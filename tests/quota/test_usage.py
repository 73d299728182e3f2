"""webhook.quota.usage: what a pod uses of a quota."""

from dataclasses import replace

import pytest

from webhook.objects.resources import Container, PodResources
from webhook.quota.usage import summed, unset, usable, usage

ONE = 10**9
COUNTS = {"pods": ONE, "count/pods": ONE}


@pytest.mark.parametrize(
    "name",
    [
        *("pods", "count/pods"),
        *("cpu", "requests.cpu", "limits.cpu"),
        *("memory", "requests.memory", "limits.memory"),
        *("ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage"),
        *("hugepages-2Mi", "requests.hugepages-1Gi"),
        "requests.nvidia.com/gpu",
        "requests.deviceclass.resource.kubernetes.io/gpu",
    ],
)
def test_what_pods_use(name):
    assert usable([name]) == {name}


@pytest.mark.parametrize(
    "name",
    [
        *("services", "persistentvolumeclaims", "count/services", "requests.storage"),
        *("nvidia.com/gpu", "limits.nvidia.com/gpu", "limits.hugepages-2Mi"),
        *("requests.kubernetes.io/x", "requests.pods"),
        *("deviceclass.resource.kubernetes.io/gpu", "gold.storageclass.storage.k8s.io/requests.x"),
    ],
)
def test_what_pods_do_not_use(name):
    assert usable([name]) == frozenset()


def test_a_pod_counts_even_if_it_asks_for_nothing():
    assert usage(PodResources()) == COUNTS


def test_requests_count_under_two_names_and_limits_under_one():
    amounts = {"cpu": 1, "memory": 2, "ephemeral-storage": 3}
    assert usage(PodResources((Container("c", amounts),))) == {
        **COUNTS,
        **amounts,
        **{f"requests.{name}": amount for name, amount in amounts.items()},
    }
    assert usage(PodResources((Container("c", limits=amounts),))) == {
        **COUNTS,
        **{f"limits.{name}": amount for name, amount in amounts.items()},
    }


def test_pages_count_under_two_names_and_devices_under_one():
    amounts = {
        "hugepages-2Mi": 1,
        "example.org/gpu": 2,
        "deviceclass.resource.kubernetes.io/x": 3,
        "kubernetes.io/x": 4,
        "attachable-volumes-x": 5,
    }
    assert usage(PodResources((Container("c", amounts, amounts),))) == {
        **COUNTS,
        "hugepages-2Mi": 1,
        "requests.hugepages-2Mi": 1,
        "requests.example.org/gpu": 2,
        "requests.deviceclass.resource.kubernetes.io/x": 3,
    }


def test_containers_and_sidecars_add_up_and_init_containers_peak():
    pod = PodResources(
        (Container("a", {"cpu": 1}, {"cpu": 10}), Container("b", {"cpu": 2}, {"cpu": 20})),
        (
            Container("log", {"cpu": 4}, {"cpu": 40}, restartable=True),
            Container("copy", {"cpu": 9}, {"cpu": 10}),
        ),
    )
    assert summed(pod, "requests") == {"cpu": 13}
    assert summed(pod, "limits") == {"cpu": 70}
    found = usage(pod)
    assert (found["requests.cpu"], found["limits.cpu"]) == (13, 70)


def test_resources_of_the_pod_replace_the_sum():
    whole = Container("", {"cpu": 5}, {"memory": 6})
    found = usage(PodResources((Container("c", {"cpu": 9}, {"cpu": 9, "memory": 9}),), (), whole))
    assert (found["cpu"], found["limits.cpu"], found["limits.memory"]) == (5, 9, 6)
    assert "memory" not in found


def test_overhead_adds_to_requests_and_to_limits_that_are_there():
    pod = PodResources(
        (Container("c", {"cpu": 1}, {"cpu": 2, "memory": 0}),),
        overhead={"cpu": 10, "memory": 20, "ephemeral-storage": 30},
    )
    found = usage(pod)
    assert (found["cpu"], found["memory"], found["ephemeral-storage"]) == (11, 20, 30)
    assert (found["limits.cpu"], found["limits.memory"]) == (12, 0)
    assert "limits.ephemeral-storage" not in found


def test_each_container_has_to_set_what_a_quota_limits():
    pod = PodResources(
        (Container("b", {"cpu": 1}), Container("c", {"cpu": 0, "memory": 1}, {"cpu": 1})),
        (Container("a", limits={"memory": 1}, restartable=True),),
    )
    assert list(unset(pod, ["limits.memory", "cpu", "limits.cpu", "requests.cpu"])) == [
        ("cpu", ("a",)),
        ("limits.cpu", ("a", "b")),
        ("limits.memory", ("b", "c")),
        ("requests.cpu", ("a",)),
    ]
    assert list(unset(pod, ["memory", "requests.memory"])) == [
        ("memory", ("a", "b")),
        ("requests.memory", ("a", "b")),
    ]


@pytest.mark.parametrize("name", ["pods", "limits.ephemeral-storage", "hugepages-2Mi"])
def test_nothing_else_has_to_be_set(name):
    assert list(unset(PodResources((Container("c"),)), [name])) == []


def test_resources_of_the_pod_make_up_for_its_containers():
    pod = PodResources((Container("c"),), (), Container("", {"cpu": 1}))
    assert list(unset(pod, ["limits.memory"])) == []
    limiting = replace(pod, pod_level=Container("", limits={"cpu": 1}))
    assert list(unset(limiting, ["limits.memory"])) == []
    empty = replace(pod, pod_level=Container(""))
    assert list(unset(empty, ["limits.memory"])) == [("limits.memory", ("c",))]
