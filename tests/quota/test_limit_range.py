"""webhook.quota.limit_range: defaults and bounds of LimitRanger."""

import pytest

from webhook.objects.quota import Bounds, LimitRange
from webhook.objects.resources import Container, PodResources
from webhook.quota.limit_range import filled, violations

ONE = 10**9
GIB = ONE << 30


LEAST = Bounds("Container", min={"memory": GIB + 1})
MOST = Bounds("Container", max={"memory": GIB - 10**7 * ONE // 500})


def ranges(*bounds):
    """Return one limit range of these items."""
    return [LimitRange("shop", "r", bounds)]


def one(requests=None, limits=None, **more):
    """Return a pod of one container."""
    return PodResources((Container("c", requests or {}, limits or {}),), **more)


def test_containers_are_given_what_they_lack():
    bounds = Bounds("Container", default={"cpu": 4, "memory": 5}, default_request={"cpu": 3})
    pod = PodResources(
        (Container("c", {"memory": 1}, {"cpu": 2}),), (Container("i", restartable=True),)
    )
    assert filled(pod, ranges(bounds)) == PodResources(
        (Container("c", {"memory": 1, "cpu": 3}, {"cpu": 2, "memory": 5}),),
        (Container("i", {"cpu": 3}, {"cpu": 4, "memory": 5}, restartable=True),),
    )


def test_only_items_for_containers_give_and_the_last_of_a_range_wins():
    bounds = [
        Bounds("Container", default={"cpu": 1, "memory": 1}, default_request={"cpu": 1}),
        Bounds("Container", default={"cpu": 2}, default_request={"memory": 2}),
        Bounds("Pod", default={"cpu": 3}, default_request={"cpu": 3}),
    ]
    assert filled(one(), ranges(*bounds)) == one({"cpu": 1, "memory": 2}, {"cpu": 2, "memory": 1})


def test_the_first_limit_range_wins():
    first, second = (
        LimitRange("shop", name, (Bounds("Container", default={"cpu": amount}),))
        for name, amount in (("a", 1), ("b", 2))
    )
    assert filled(one(), [first, second]) == one(limits={"cpu": 1})
    assert filled(one(), [second, first]) == one(limits={"cpu": 2})
    assert filled(one(), []) == one()


@pytest.mark.parametrize(
    ("pod", "problem"),
    [
        (one({"memory": GIB}), None),
        (one({"memory": GIB}, {"memory": GIB}), None),
        (one(limits={"memory": GIB}), "requests none"),
        (one({"memory": GIB - ONE}), "requests 1023.99Mi"),
        (one({"memory": GIB}, {"memory": GIB - ONE}), "has a limit of 1023.99Mi"),
    ],
)
def test_a_minimum(pod, problem):
    found = list(violations(pod, ranges(Bounds("Container", min={"memory": GIB}))))
    text = f"limit range r: minimum memory per Container is 1Gi, but c {problem}"
    assert found == ([text] if problem else [])


@pytest.mark.parametrize(
    ("pod", "problem"),
    [
        (one({"memory": GIB}, {"memory": GIB}), None),
        (one(limits={"memory": GIB}), None),
        (one({"memory": GIB}), "has no limit"),
        (one({"memory": GIB}, {"memory": GIB + ONE}), "has a limit of 1.01Gi"),
        (one({"memory": GIB + ONE}, {"memory": GIB}), "requests 1.01Gi"),
    ],
)
def test_a_maximum(pod, problem):
    found = list(violations(pod, ranges(Bounds("Container", max={"memory": GIB}))))
    text = f"limit range r: maximum memory per Container is 1Gi, but c {problem}"
    assert found == ([text] if problem else [])


@pytest.mark.parametrize(
    ("request_", "limit", "ratio", "problem"),
    [
        (2 * ONE, 3 * ONE, 1_500_000_000, None),
        (ONE, 2 * ONE, 1_500_000_000, "has 2"),
        (2 * ONE, 3 * ONE + 1_000_000, 1_500_000_000, "has 1.51"),
        (2 * ONE, 2 * ONE, 0, "has 1"),
        (None, ONE, ONE, "has no request"),
        (0, ONE, ONE, "has no request"),
        (ONE, None, ONE, "has no limit"),
        (ONE, 0, ONE, "has no limit"),
        (10_000_000_000, 161_000_000_000, 16_100_000_000, "has 16.11"),
    ],
)
def test_the_ratio_of_limit_and_request(request_, limit, ratio, problem):
    pod = one(
        {} if request_ is None else {"cpu": request_}, {} if limit is None else {"cpu": limit}
    )
    found = list(violations(pod, ranges(Bounds("Container", max_ratio={"cpu": ratio}))))
    text = f"limit range r: cpu limit to request ratio per Container is at most {ratio / ONE:g}"
    assert found == ([f"{text}, but c {problem}"] if problem else [])


def test_what_is_too_much_never_reads_as_if_it_fitted():
    pod = one({"memory": GIB}, {"memory": GIB - 1})
    least, most = (list(violations(pod, ranges(bounds))) for bounds in (LEAST, MOST))
    assert least == ["limit range r: minimum memory per Container is 1.01Gi, but c requests 1Gi"]
    assert most == [
        "limit range r: maximum memory per Container is 1023.98Mi, but c has a limit of 1024Mi"
    ]


def test_every_container_has_to_keep_to_every_bound_in_order():
    pod = PodResources(
        (Container("c", {"cpu": ONE}), Container("d", {"cpu": 3 * ONE}, {"cpu": 3 * ONE})),
        (Container("i", {"cpu": ONE}, {"cpu": ONE}),),
    )
    bounds = Bounds(
        "Container",
        min={"memory": 1, "cpu": 2 * ONE},
        max={"cpu": 2 * ONE},
        max_ratio={"cpu": ONE},
    )
    found = [text.removeprefix("limit range r: ") for text in violations(pod, ranges(bounds))]
    assert found == [
        "minimum cpu per Container is 2, but c requests 1",
        "minimum memory per Container is 1, but c requests none",
        "maximum cpu per Container is 2, but c has no limit",
        "cpu limit to request ratio per Container is at most 1, but c has no limit",
        "minimum memory per Container is 1, but d requests none",
        "maximum cpu per Container is 2, but d has a limit of 3",
        "minimum cpu per Container is 2, but i requests 1",
        "minimum memory per Container is 1, but i requests none",
    ]


def test_a_bound_on_pods_is_one_on_the_sum_without_overhead():
    pod = PodResources(
        (Container("c", {"cpu": ONE}, {"cpu": ONE}), Container("d", {"cpu": ONE}, {"cpu": ONE})),
        overhead={"cpu": 9 * ONE},
    )
    assert list(violations(pod, ranges(Bounds("Pod", max={"cpu": 2 * ONE})))) == []
    assert list(violations(pod, ranges(Bounds("Pod", max={"cpu": ONE})))) == [
        "limit range r: maximum cpu per Pod is 1, but the pod has a limit of 2"
    ]
    assert list(violations(pod, ranges(Bounds("Pod", min={"cpu": 3 * ONE})))) == [
        "limit range r: minimum cpu per Pod is 3, but the pod requests 2"
    ]


def test_cpu_and_memory_of_the_pod_itself_replace_the_sum():
    own = {"cpu": 5 * ONE, "memory": 5 * ONE, "hugepages-2Mi": 5 * ONE}
    pod = one({"cpu": ONE}, {"cpu": ONE}, pod_level=Container("", own, {"memory": 6 * ONE}))
    bounds = Bounds("Pod", max={"cpu": 2 * ONE, "memory": 4 * ONE, "hugepages-2Mi": 4 * ONE})
    found = [text.removeprefix("limit range r: ") for text in violations(pod, ranges(bounds))]
    assert found == [
        "maximum cpu per Pod is 2, but the pod requests 5",
        "maximum hugepages-2Mi per Pod is 4, but the pod has no limit",
        "maximum memory per Pod is 4, but the pod has a limit of 6",
    ]


def test_a_bound_on_claims_is_none_on_pods():
    bounds = Bounds("PersistentVolumeClaim", min={"storage": 1}, max={"cpu": 0})
    assert list(violations(one({"cpu": ONE}, {"cpu": ONE}), ranges(bounds))) == []
