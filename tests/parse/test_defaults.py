"""What the API server does to a pod that a person wrote."""

import pytest

from webhook.objects import (
    AffinityTerm,
    Features,
    LabelSelector,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
    Toleration,
    Version,
)
from webhook.objects.version import NEWEST
from webhook.parse import hand_written_pod
from webhook.parse.defaults import admitted, merged

NEW, V1_33, V1_30 = Features.of(NEWEST), Features.of(Version(1, 33)), Features.of(Version(1, 30))
NOT_READY = Toleration("node.kubernetes.io/not-ready", "Exists", effect="NoExecute")
UNREACHABLE = Toleration("node.kubernetes.io/unreachable", "Exists", effect="NoExecute")
LABELS = {"app": "web", "rev": "2"}


def pod(features=NEW, **spec) -> PodInfo:
    return hand_written_pod({"kind": "Pod", "spec": spec}, features)


def container(requests=None, limits=None, **fields):
    return {"resources": {"requests": requests, "limits": limits}, **fields}


@pytest.mark.parametrize(
    ("spec", "requests"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"containers": [{}]}, {}, id="a container without resources"),
        pytest.param(
            {"containers": [container({"cpu": "1"}, {"cpu": "2", "memory": "3"})]},
            {"cpu": 1000, "memory": 3},
            id="a missing request is the limit",
        ),
        pytest.param(
            {"initContainers": [container(None, {"memory": "3"})]},
            {"memory": 3},
            id="of init containers, too",
        ),
        pytest.param(
            {"containers": [container({"cpu": "500u"}), container({"cpu": "500u"})]},
            {"cpu": 2},
            id="each request is rounded up to a thousandth",
        ),
        pytest.param(
            {"containers": [container({"memory": "999m"}), container({"memory": "1m"})]},
            {"memory": 1},
            id="and no further",
        ),
        pytest.param(
            {"overhead": {"cpu": "1500u"}, "containers": [container({"cpu": "1500u"})]},
            {"cpu": 4},
            id="overhead is rounded, too",
        ),
    ],
)
def test_container_resources_are_defaulted(spec, requests):
    assert pod(**spec).requests == requests


LEVEL = {"limits": {"cpu": "9", "memory": "9"}}


@pytest.mark.parametrize(
    ("features", "spec", "requests"),
    [
        pytest.param(
            NEW,
            {
                "containers": [container({"cpu": "1"})],
                "initContainers": [
                    container({"cpu": "2"}, restartPolicy="Always"),
                    container({"cpu": "2"}, restartPolicy="Never"),
                ],
                "resources": LEVEL,
            },
            {"cpu": 4000, "memory": 9},
            id="from the containers' sum, else from the pod's limit",
        ),
        pytest.param(
            NEW,
            {"containers": [container({"cpu": "1"})], "resources": {**LEVEL, "requests": {}}},
            {"cpu": 1000, "memory": 9},
            id="empty requests are filled",
        ),
        pytest.param(
            NEW,
            {
                "containers": [container({"cpu": "1", "memory": "1"})],
                "resources": {**LEVEL, "requests": {"cpu": "3"}},
            },
            {"cpu": 3000, "memory": 1},
            id="a request that is there stays",
        ),
        pytest.param(
            NEW,
            {
                "containers": [container({"hugepages-2Mi": "1"})],
                "resources": {"limits": {"hugepages-2Mi": "4"}},
            },
            {"hugepages-2Mi": 4},
            id="huge pages take the pod's limit",
        ),
        pytest.param(
            NEW,
            {"containers": [container({"cpu": "1"})], "resources": {"requests": {"cpu": "1500u"}}},
            {"cpu": 2},
            id="without limits nothing is filled, only rounded",
        ),
        pytest.param(
            NEW,
            {"containers": [container({"cpu": "1"})], "resources": {}},
            {"cpu": 1000},
            id="empty pod-level resources change nothing",
        ),
        pytest.param(
            NEW,
            {"containers": [container({"cpu": "100u"})] * 2, "resources": {"limits": {"cpu": "1"}}},
            {"cpu": 2},
            id="the sum is of rounded requests",
        ),
        pytest.param(
            V1_33,
            {"containers": [container({"cpu": "1"})], "resources": LEVEL},
            {"cpu": 1000},
            id="before 1.34 there are none",
        ),
    ],
)
def test_pod_level_requests_are_defaulted(features, spec, requests):
    assert pod(features, **spec).requests == requests


@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        pytest.param({"containers": [{"ports": [{"containerPort": 80}]}]}, [], id="its own net"),
        pytest.param(
            {"hostNetwork": False, "containers": [{"ports": [{"containerPort": 80}]}]},
            [],
            id="explicitly its own net",
        ),
        pytest.param(
            {
                "hostNetwork": True,
                "containers": [{"ports": [{"containerPort": 80}, {"containerPort": 81}]}],
            },
            [80, 81],
            id="each port on the host's network is a host port",
        ),
        pytest.param({"hostNetwork": True, "containers": [{}]}, [], id="there without ports"),
        pytest.param(
            {
                "hostNetwork": True,
                "initContainers": [{"restartPolicy": "Always", "ports": [{"containerPort": 80}]}],
            },
            [80],
            id="a sidecar's port",
        ),
        pytest.param(
            {"hostNetwork": True, "containers": [{"ports": [{}]}]}, [], id="a port without number"
        ),
        pytest.param(
            {
                "hostNetwork": True,
                "containers": [{"ports": [{"containerPort": 80, "hostPort": 1}]}],
            },
            [1],
            id="a port that is given",
        ),
        pytest.param({"containers": [{"ports": [{"hostPort": 1}]}]}, [1], id="a port kept"),
    ],
)
def test_ports_on_the_hosts_network_are_host_ports(spec, taken):
    assert [port.port for port in pod(**spec).host_ports] == taken


@pytest.mark.parametrize(
    ("given", "added"),
    [
        pytest.param((), (NOT_READY, UNREACHABLE), id="both are missing"),
        pytest.param((Toleration(operator="Exists"),), (), id="everything is tolerated"),
        pytest.param((NOT_READY,), (UNREACHABLE,), id="one is there"),
        pytest.param((UNREACHABLE,), (NOT_READY,), id="the other is there"),
        pytest.param(
            (Toleration("node.kubernetes.io/not-ready", "Equal", "x", ""),),
            (UNREACHABLE,),
            id="any value of it counts as there, with any effect",
        ),
        pytest.param(
            (Toleration(operator="Exists", effect="NoExecute"),), (), id="every key, that effect"
        ),
        pytest.param(
            (Toleration(operator="Exists", effect="NoSchedule"),),
            (NOT_READY, UNREACHABLE),
            id="another effect does not",
        ),
    ],
)
def test_default_tolerations_are_added_once(given, added):
    rules = admitted(SchedulingRules(tolerations=given), {}, NEW)
    assert rules == SchedulingRules(tolerations=given + added)


def term(*requirements, same=(), other=(), nothing=False):
    selector = LabelSelector(requirements, nothing=nothing)
    return AffinityTerm("zone", selector, match_label_keys=same, mismatch_label_keys=other)


EXISTS = Requirement("tier", Operator.EXISTS)
IN = Requirement("app", Operator.IN, frozenset({"web"}))
NOT_IN = Requirement("rev", Operator.NOT_IN, frozenset({"2"}))


@pytest.mark.parametrize(
    ("given", "requirements"),
    [
        pytest.param(term(EXISTS), (EXISTS,), id="no keys"),
        pytest.param(term(EXISTS, same=("app",)), (EXISTS, IN), id="a key that must match"),
        pytest.param(term(other=("rev",)), (NOT_IN,), id="a key that must not"),
        pytest.param(term(same=("app",), other=("rev",)), (IN, NOT_IN), id="one of each"),
        pytest.param(
            term(same=("nope",), other=("neither",)), (), id="keys that the pod lacks are skipped"
        ),
    ],
)
def test_label_keys_become_requirements(given, requirements):
    assert merged(given, LABELS).selector == LabelSelector(requirements)


def test_label_keys_leave_the_null_selector_alone():
    given = term(same=("app",), nothing=True)
    assert merged(given, LABELS) == given


@pytest.mark.parametrize(("features", "merges"), [(NEW, True), (V1_30, False)])
def test_label_keys_are_merged_since_1_31(features, merges):
    given = term(same=("app",))
    rules = SchedulingRules(pod_affinity=(given,), pod_anti_affinity=(given,))
    expected = merged(given, LABELS) if merges else given
    result = admitted(rules, LABELS, features)
    assert (result.pod_affinity, result.pod_anti_affinity) == ((expected,), (expected,))
    assert result.tolerations == (NOT_READY, UNREACHABLE)


def test_a_pod_from_a_file_is_read_with_all_of_it():
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    terms = [{"topologyKey": "zone", "labelSelector": {}, "matchLabelKeys": ["app"]}]
    tree = {
        "kind": "Pod",
        "metadata": {"name": "p", "labels": LABELS},
        "spec": {"affinity": {"podAffinity": {required: terms}}},
    }
    assert hand_written_pod(tree, NEW) == PodInfo(
        "default",
        "p",
        labels=LABELS,
        rules=SchedulingRules(
            pod_affinity=(term(IN, same=("app",)),), tolerations=(NOT_READY, UNREACHABLE)
        ),
    )
