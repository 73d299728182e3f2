"""Tolerations, and what a pod is to the index."""

from dataclasses import replace

import pytest

from webhook.objects import (
    AffinityTerm,
    HostPort,
    LabelSelector,
    PodInfo,
    SchedulingRules,
    Taint,
    Toleration,
)

OWN = AffinityTerm("zone", LabelSelector())
TAINT = Taint("gpu", "a100", "NoSchedule")
BARE = Taint("gpu", "", "NoExecute")


@pytest.mark.parametrize(
    ("toleration", "taint", "tolerates"),
    [
        pytest.param(Toleration(operator="Exists"), TAINT, True, id="Exists without key: all"),
        pytest.param(Toleration("gpu", "Exists"), TAINT, True, id="Exists covers any value"),
        pytest.param(Toleration("cpu", "Exists"), TAINT, False, id="another key"),
        pytest.param(Toleration("gpu", "Equal", "a100"), TAINT, True, id="Equal and equal"),
        pytest.param(Toleration("gpu", "Equal", "v100"), TAINT, False, id="Equal and not equal"),
        pytest.param(Toleration("gpu", "", "a100"), TAINT, True, id="no operator is Equal"),
        pytest.param(Toleration("gpu", "", ""), TAINT, False, id="the empty value is a value"),
        pytest.param(Toleration("gpu"), BARE, True, id="the empty value equals the empty value"),
        pytest.param(Toleration("", "Equal", "a100"), TAINT, True, id="no key compares the value"),
        pytest.param(
            Toleration("gpu", "Exists", effect="NoSchedule"), TAINT, True, id="the same effect"
        ),
        pytest.param(
            Toleration("gpu", "Exists", effect="NoExecute"), TAINT, False, id="another effect"
        ),
        pytest.param(Toleration("gpu", "Gt", "1"), Taint("gpu", "2"), False, id="Gt is gated off"),
        pytest.param(Toleration("gpu", "Gt", "2"), Taint("gpu", "2"), False, id="Gt is not Equal"),
        pytest.param(Toleration("gpu", "exists"), TAINT, False, id="operators are case-sensitive"),
    ],
)
def test_a_toleration_covers_a_taint(toleration, taint, tolerates):
    assert toleration.tolerates(taint) is tolerates


@pytest.mark.parametrize(
    ("tolerations", "tolerate"),
    [
        pytest.param((), False, id="no toleration"),
        pytest.param((Toleration("cpu", "Exists"), Toleration("gpu", "Exists")), True, id="one of"),
        pytest.param((Toleration("cpu", "Exists"),), False, id="none that fits"),
    ],
)
def test_rules_tolerate_what_any_toleration_covers(tolerations, tolerate):
    assert SchedulingRules(tolerations=tolerations).tolerate(TAINT) is tolerate


@pytest.mark.parametrize(
    ("rules", "across"),
    [
        (SchedulingRules(), False),
        (SchedulingRules(pod_affinity=(OWN,), pod_anti_affinity=(OWN,)), False),
        (SchedulingRules(prefers_across=True), True),
        (SchedulingRules(pod_affinity=(OWN, replace(OWN, namespaces=frozenset({"a"})))), True),
        (SchedulingRules(pod_anti_affinity=(replace(OWN, namespaces=frozenset({"a"})),)), True),
        (SchedulingRules(pod_affinity=(replace(OWN, namespace_selector=LabelSelector()),)), True),
    ],
)
def test_terms_that_name_namespaces_look_across(rules, across):
    assert rules.cross_namespace is across


def test_a_pod_is_keyed_by_its_uid():
    assert PodInfo("default", "p", uid="u1").key == "u1"


def test_a_pod_without_uid_is_keyed_by_its_name():
    assert PodInfo("default", "p").key == "default/p"


@pytest.mark.parametrize(
    ("node_name", "nominated_node_name", "nominated"),
    [
        pytest.param("", "", False, id="it stands nowhere"),
        pytest.param("", "n1", False, id="nor where it is nominated to"),
        pytest.param("n1", "", False, id="it is bound"),
        pytest.param("n1", "n2", False, id="elsewhere than it was nominated to"),
        pytest.param("n1", "n1", True, id="it is taken to stand where it is nominated to"),
    ],
)
def test_a_pod_may_stand_on_a_node_by_nomination(node_name, nominated_node_name, nominated):
    pod = PodInfo("default", "p", node_name=node_name, nominated_node_name=nominated_node_name)
    assert pod.nominated is nominated


def test_a_port_is_one_of_tcp_on_every_address():
    assert HostPort(80) == HostPort(80, "TCP", "0.0.0.0")  # noqa: S104


@pytest.mark.parametrize(
    ("phase", "terminated"),
    [
        ("Succeeded", True),
        ("Failed", True),
        ("Running", False),
        ("Pending", False),
        ("Unknown", False),
        ("", False),
    ],
)
def test_only_a_finished_pod_is_terminated(phase, terminated):
    assert PodInfo("default", "p", phase=phase).terminated is terminated
