"""webhook.quota.account: one quota while pods are let in."""

import pytest

from webhook.objects import (
    AffinityTerm,
    LabelSelector,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
)
from webhook.objects.quota import ResourceQuota
from webhook.objects.resources import Container, PodResources
from webhook.quota.account import Account
from webhook.quota.usage import usage

ONE = 10**9
GIB = ONE << 30
POD = PodInfo("shop", "p")
ASKING = PodResources((Container("c", {"cpu": ONE, "memory": GIB}, {"memory": 2 * GIB}),))
IDLE = PodResources((Container("c"),))


def account(hard, used=None, scopes=()):
    """Return an account of a quota; of what it limits nothing is used, unless it is said."""
    known = dict.fromkeys(hard, 0) if used is None else used
    return Account(ResourceQuota("shop", "q", hard, known, scopes=tuple(scopes)), dict(known))


def refusals(account, resources):
    """Return why the account does not let in a pod."""
    return account.refusals(resources, usage(resources))


def scope(name, operator=Operator.EXISTS, *values):
    """Return a scope, or an expression of a scope selector."""
    return Requirement(name, operator, frozenset(values))


@pytest.mark.parametrize(
    ("resources", "scopes"),
    [
        (ASKING, {"NotTerminating", "NotBestEffort"}),
        (IDLE, {"NotTerminating", "BestEffort"}),
        (PodResources((Container("c", {"cpu": 0}),)), {"NotTerminating", "BestEffort"}),
        (
            PodResources((Container("c", {"ephemeral-storage": 1}),)),
            {"NotTerminating", "BestEffort"},
        ),
        (
            PodResources((Container("c", limits={"memory": 1}),)),
            {"NotTerminating", "NotBestEffort"},
        ),
        (
            PodResources((Container("c"),), (Container("i", {"cpu": 1}),)),
            {"NotTerminating", "NotBestEffort"},
        ),
        (
            PodResources((Container("c", {"cpu": 1}),), (), Container("", {"hugepages-2Mi": 1})),
            {"NotTerminating", "BestEffort"},
        ),
        (
            PodResources((Container("c"),), (), Container("", limits={"cpu": 1})),
            {"NotTerminating", "NotBestEffort"},
        ),
        (
            PodResources((Container("c", {"cpu": 1}),), (), Container("")),
            {"NotTerminating", "BestEffort"},
        ),
        (PodResources(has_deadline=True), {"Terminating", "BestEffort"}),
    ],
)
def test_the_scopes_that_a_pod_is_in(resources, scopes):
    every = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "Unheard")
    found = {
        name for name in every if account({"pods": 1}, scopes=[scope(name)]).counts(POD, resources)
    }
    assert found == scopes


@pytest.mark.parametrize(
    ("rules", "across"),
    [
        (SchedulingRules(), False),
        (SchedulingRules(pod_affinity=(AffinityTerm("z", LabelSelector()),)), False),
        (SchedulingRules(prefers_across=True), True),
    ],
)
def test_terms_on_other_namespaces_are_a_scope(rules, across):
    pod = PodInfo("shop", "p", rules=rules)
    asked = account({"pods": 1}, scopes=[scope("CrossNamespacePodAffinity")])
    assert asked.counts(pod, IDLE) is across


@pytest.mark.parametrize(
    ("operator", "values", "named", "unnamed"),
    [
        (Operator.EXISTS, (), True, False),
        (Operator.DOES_NOT_EXIST, (), False, True),
        (Operator.IN, ("high",), True, False),
        (Operator.IN, ("low",), False, False),
        (Operator.NOT_IN, ("high",), False, True),
        (Operator.NOT_IN, ("low",), True, True),
    ],
)
def test_priority_classes_are_selected_by_name(operator, values, named, unnamed):
    asked = account({"pods": 1}, scopes=[scope("PriorityClass", operator, *values)])
    assert asked.counts(POD, PodResources(priority_class="high")) is named
    assert asked.counts(POD, PodResources()) is unnamed


def test_all_scopes_have_to_hold():
    scopes = [scope("BestEffort"), scope("NotTerminating")]
    assert account({"pods": 1}, scopes=scopes).counts(POD, IDLE)
    assert not account({"pods": 1}, scopes=scopes).counts(POD, ASKING)
    assert not account({"pods": 1}, scopes=scopes).counts(POD, PodResources(has_deadline=True))


def test_a_quota_on_nothing_that_pods_use_is_not_about_pods():
    assert not account({"services": 1}).counts(POD, ASKING)
    assert account({"services": 1, "pods": 1}).counts(POD, ASKING)


def test_what_fits_to_the_last_byte_is_let_in():
    hard = {"requests.memory": 3 * GIB, "limits.memory": 4 * GIB, "pods": 2 * ONE}
    used = {"requests.memory": 2 * GIB, "limits.memory": 2 * GIB, "pods": ONE}
    assert list(refusals(account(hard, used), ASKING)) == []
    assert list(refusals(account({**hard, "requests.memory": 3 * GIB - 1}, used), ASKING)) == [
        "quota q: requests.memory requested 1Gi, used 2Gi, limited 2.99Gi"
    ]


def test_what_is_short_never_reads_as_if_it_fitted():
    pod = PodResources((Container("c", {"memory": GIB + 1}),))
    assert list(refusals(account({"memory": 3 * GIB - 1}, {"memory": 2 * GIB + 1}), pod)) == [
        "quota q: memory requested 1.01Gi, used 2.01Gi, limited 2.99Gi"
    ]


def test_everything_that_is_exceeded_is_named_in_order():
    hard = {"pods": ONE, "limits.memory": GIB, "cpu": ONE // 2}
    used = {"pods": ONE, "limits.memory": 0, "cpu": ONE // 4}
    assert list(refusals(account(hard, used), ASKING)) == [
        "quota q: cpu requested 1, used 250m, limited 500m",
        "quota q: limits.memory requested 2Gi, used 0, limited 1Gi",
        "quota q: pods requested 1, used 1, limited 1",
    ]


def test_what_the_pod_does_not_ask_for_may_be_exceeded_already():
    exceeded = {"requests.ephemeral-storage": 1, "requests.example.org/gpu": 0}
    used = {"requests.ephemeral-storage": 9, "requests.example.org/gpu": 9}
    assert list(refusals(account(exceeded, used), ASKING)) == []
    zero = PodResources((Container("c", {"ephemeral-storage": 0}),))
    assert list(refusals(account(exceeded, used), zero)) == []


def test_containers_have_to_set_what_is_limited():
    beside = PodResources((*ASKING.containers, Container("log", {"cpu": 1})))
    assert list(refusals(account({"limits.memory": 9 * GIB, "cpu": 9 * ONE}), beside)) == [
        "quota q wants limits.memory to be set for log"
    ]
    assert list(refusals(account({"limits.cpu": ONE, "limits.memory": GIB}), beside)) == [
        "quota q wants limits.cpu to be set for c, log",
        "quota q wants limits.memory to be set for log",
        "quota q: limits.memory requested 2Gi, used 0, limited 1Gi",
    ]


def test_nothing_is_let_in_before_everything_was_counted():
    hard = {"pods": 0, "requests.memory": 0, "services": 0}
    assert list(refusals(account(hard, {"pods": 0}), ASKING)) == [
        "quota q has not been counted yet (requests.memory)"
    ]
    assert list(refusals(account(hard, {}), ASKING)) == [
        "quota q has not been counted yet (pods, requests.memory)"
    ]


def test_a_pod_that_is_let_in_counts_and_one_that_is_gone_does_not():
    asked = account({"pods": 3 * ONE, "limits.memory": 4 * GIB})
    asked.take(usage(ASKING), 1)
    assert (asked.used["pods"], asked.used["limits.memory"]) == (ONE, 2 * GIB)
    assert list(refusals(asked, ASKING)) == []
    asked.take(usage(ASKING), 1)
    assert list(refusals(asked, ASKING)) == [
        "quota q: limits.memory requested 2Gi, used 4Gi, limited 4Gi"
    ]
    asked.take(usage(ASKING), -1)
    assert list(refusals(asked, ASKING)) == []
    assert asked.used.keys() == asked.quota.used.keys()
