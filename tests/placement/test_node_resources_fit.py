"""NodeResourcesFit."""

import pytest

from tests import builders
from tests.placement.cases import answers, asking
from webhook.objects import Applied, Profile, Version
from webhook.placement.node_resources_fit import node_resources_fit

U, UU = "Unschedulable", "UnschedulableAndUnresolvable"
FULL = "Too many pods"


def short(resource):
    return f"Insufficient {resource}"


def refused(allocatable, used, requests, version=None, profile=None):
    """The refusals of one node that a pod with `used` is on already."""
    index = builders.index(
        builders.node("n", allocatable={"pods": 9, **allocatable}),
        builders.pod("there", requests=used, nodeName="n"),
        version=version or Version(1, 36),
    )
    index.apply(Applied(profile or Profile()))
    rejections = node_resources_fit(asking(requests=requests), index)
    return [(reason, code, bool(gone)) for _, reason, code, gone in answers(rejections, index)]


@pytest.mark.parametrize(
    ("allocatable", "used", "requests", "refusals"),
    [
        pytest.param({"cpu": "2"}, {"cpu": "1"}, {"cpu": "1"}, [], id="exactly the free amount"),
        pytest.param(
            {"cpu": "2"},
            {"cpu": "1"},
            {"cpu": "1001m"},
            [(short("cpu"), U, False)],
            id="a thousandth more than is free",
        ),
        pytest.param({"cpu": "2"}, {}, {"cpu": "2"}, [], id="all that the node has"),
        pytest.param(
            {"cpu": "2"},
            {},
            {"cpu": "2001m"},
            [(short("cpu"), UU, True)],
            id="more than the node has is for good",
        ),
        pytest.param({"cpu": "1"}, {"cpu": "2"}, {}, [], id="nothing, on an over-full node"),
        pytest.param(
            {"cpu": "1", "memory": "9"},
            {"cpu": "2"},
            {"cpu": "0", "memory": "9"},
            [],
            id="no cpu, on a node over-full of it",
        ),
        pytest.param(
            {"cpu": "1"},
            {"cpu": "2"},
            {"cpu": "1m"},
            [(short("cpu"), U, False)],
            id="a little, on an over-full node",
        ),
        pytest.param(
            {}, {}, {"memory": "1"}, [(short("memory"), UU, True)], id="what the node has not"
        ),
        pytest.param(
            {"ephemeral-storage": "5"},
            {"ephemeral-storage": "5"},
            {"ephemeral-storage": "1"},
            [(short("ephemeral-storage"), U, False)],
            id="ephemeral storage",
        ),
        pytest.param(
            {"a.com/b": "2"},
            {"a.com/b": "1"},
            {"a.com/b": "2"},
            [(short("a.com/b"), U, False)],
            id="an extended resource",
        ),
        pytest.param({}, {"a.com/b": "1"}, {"a.com/b": "0"}, [], id="none of it, over-full"),
        pytest.param({}, {}, {"gpu": "1"}, [], id="a name that nobody tracks"),
        pytest.param(
            {"cpu": "1", "memory": "1"},
            {"memory": "1"},
            {
                "hugepages-2Mi": "1",
                "a.com/b": "1",
                "ephemeral-storage": "1",
                "memory": "1",
                "cpu": "2",
            },
            [
                (short("cpu"), UU, True),
                (short("memory"), U, False),
                (short("ephemeral-storage"), UU, True),
                (short("a.com/b"), UU, True),
                (short("hugepages-2Mi"), UU, True),
            ],
            id="several at once: basic ones first, then by name",
        ),
    ],
)
def test_what_a_pod_requests_must_be_free(allocatable, used, requests, refusals):
    assert refused(allocatable, used, requests) == refusals


def test_before_1_34_a_request_beyond_the_node_is_a_plain_no_but_still_for_good():
    index = builders.index(
        builders.node("n", allocatable={"cpu": "1", "pods": 9}), version=Version(1, 33)
    )
    pod = asking(requests={"cpu": "2"})
    assert answers(node_resources_fit(pod, index), index) == [
        ([], short("cpu"), UU, ["n"]),
        (["n"], short("cpu"), U, []),
    ]


@pytest.mark.parametrize(
    ("pods", "refusals"),
    [
        pytest.param({"pods": "2"}, [], id="room for one more"),
        pytest.param({"pods": "1"}, [(FULL, U, False)], id="no room now"),
        pytest.param({"pods": "0"}, [(FULL, U, True)], id="no room ever"),
        pytest.param({}, [(FULL, U, True)], id="no pods in allocatable is room for none"),
    ],
)
def test_a_node_takes_so_many_pods(pods, refusals):
    index = builders.index(
        builders.node("n", allocatable=pods), builders.pod("there", nodeName="n")
    )
    rows = answers(node_resources_fit(asking(), index), index)
    assert [(reason, code, bool(gone)) for _, reason, code, gone in rows] == refusals


@pytest.mark.parametrize(
    ("profile", "resource", "counts"),
    [
        pytest.param(Profile(), "a.com/b", True, id="nothing is ignored"),
        pytest.param(
            Profile(ignored_resources=frozenset({"a.com/b"})), "a.com/b", False, id="by name"
        ),
        pytest.param(
            Profile(ignored_resources=frozenset({"a.com/c"})), "a.com/b", True, id="another name"
        ),
        pytest.param(
            Profile(ignored_resource_groups=frozenset({"a.com"})), "a.com/b", False, id="by group"
        ),
        pytest.param(
            Profile(ignored_resource_groups=frozenset({"b.com"})),
            "a.com/b",
            True,
            id="another group",
        ),
        pytest.param(
            Profile(ignored_resources=frozenset({"kubernetes.io/b"})),
            "kubernetes.io/b",
            True,
            id="a native name cannot be ignored",
        ),
        pytest.param(
            Profile(ignored_resources=frozenset({"hugepages-2Mi"})),
            "hugepages-2Mi",
            True,
            id="nor can huge pages",
        ),
        pytest.param(Profile(ignored_resources=frozenset({"cpu"})), "cpu", True, id="nor can cpu"),
    ],
)
def test_a_profile_may_ignore_extended_resources(profile, resource, counts):
    expected = [(short(resource), UU, True)] if counts else []
    assert refused({}, {}, {resource: "1"}, profile=profile) == expected


def test_each_node_is_judged_by_its_own_pods():
    index = builders.index(
        builders.node("n1", allocatable={"cpu": "2", "pods": 9}),
        builders.node("n2", allocatable={"cpu": "2", "pods": 9}),
        builders.node("n3", allocatable={"cpu": "1", "pods": 1}),
        builders.pod("a", requests={"cpu": "1"}, nodeName="n1"),
        builders.pod("b", nodeName="n3"),
    )
    pod = asking(requests={"cpu": "1500m"})
    assert answers(node_resources_fit(pod, index), index) == [
        (["n3"], FULL, U, []),
        (["n3"], short("cpu"), UU, ["n3"]),
        (["n1"], short("cpu"), U, []),
    ]
