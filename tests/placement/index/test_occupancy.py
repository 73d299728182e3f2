"""Occupancy: what a pod takes up on its node, and what differs when it changes."""

from copy import deepcopy
from dataclasses import replace

import pytest

from webhook.objects import (
    AffinityTerm,
    Claim,
    Features,
    HostPort,
    LabelSelector,
    Operator,
    PodInfo,
    Requirement,
    SchedulingRules,
)
from webhook.objects.version import NEWEST
from webhook.placement.index.occupancy import Occupancy
from webhook.placement.index.pod_sets import PodSets
from webhook.placement.index.ports import HostPorts
from webhook.placement.index.resource_matrix import ResourceMatrix
from webhook.placement.index.storage import Storage
from webhook.placement.index.terms import Terms

WEB = LabelSelector((Requirement("app", Operator.IN, frozenset({"web"})),))
DB = LabelSelector((Requirement("app", Operator.IN, frozenset({"db"})),))


def apart(selector):
    return SchedulingRules(pod_anti_affinity=(AffinityTerm("zone", selector),))


POD = PodInfo(
    "red",
    "p",
    labels={"app": "web", "tier": "1"},
    rules=apart(WEB),
    usage={"cpu": 5},
    host_ports=(HostPort(80),),
    claims=(Claim("c"),),
)


def empty():
    storage = Storage({"n": 3}, Features.of(NEWEST))
    return Occupancy(ResourceMatrix(), PodSets(), Terms(), HostPorts(), storage)


def picture(occupancy):
    """What is taken up, where it is asked for."""
    placed = occupancy.placed
    return {
        "free": {name: list(occupancy.free.row(name)) for name in ("cpu", "memory", "pods")},
        "labels": {
            (key, value): set(slots)
            for key, values in placed._labelled.items()
            for value, slots in values.items()
        },
        "with tier": set(placed._with_key("tier")),
        "deleting": set(placed.deleting),
        "terms": {key: set(each.pods) for key, each in occupancy.terms.carried.items()},
        "ports": [occupancy.ports.taken(HostPort(port)) for port in (80, 81)],
        "volumes": deepcopy(occupancy.storage.users.pods),
    }


def test_a_pod_takes_up_what_it_has():
    occupancy = empty()
    occupancy.add(POD, 3)
    assert [int(occupancy.free.row(name)[3]) for name in ("cpu", "pods")] == [-5, -1]
    assert picture(occupancy)["ports"] == [1 << 3, 0]
    assert len(occupancy.terms.carried) == 1


def test_nothing_is_left_of_a_pod_that_went():
    occupancy, untouched = empty(), empty()
    occupancy.add(POD, 3)
    occupancy.remove(POD, 3)
    assert picture(occupancy) == picture(untouched)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"labels": {"app": "web", "x": "y"}}, id="a label goes, and one comes"),
        pytest.param({"labels": {"app": "db", "tier": "1"}}, id="a label has another value"),
        pytest.param({"usage": {"memory": 7}}, id="it takes something else"),
        pytest.param({"rules": apart(DB)}, id="it keeps away from others"),
        pytest.param({"host_ports": (HostPort(81),)}, id="another port"),
        pytest.param({"host_ports": ()}, id="no port"),
        pytest.param({"deleting": True}, id="it is on its way out"),
        pytest.param({"claims": ()}, id="no volume"),
        pytest.param({"claims": (Claim("d"),)}, id="another volume"),
        pytest.param({"phase": "Running", "priority": 5}, id="nothing that counts"),
    ],
)
@pytest.mark.parametrize("back", [False, True])
def test_a_pod_that_changes_counts_as_if_it_had_come_so(changed, back):
    before, after = POD, replace(POD, **changed)
    if back:
        before, after = after, before
    occupancy, expected = empty(), empty()
    occupancy.add(before, 3)
    picture(occupancy)  # asks for the sets that are kept up from then on
    occupancy.replace(before, after, 3)
    expected.add(after, 3)
    assert picture(occupancy) == picture(expected)
