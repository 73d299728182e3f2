"""NodePorts: taken host ports, by protocol, port and address."""

import pytest

from tests import builders
from tests.placement.cases import Answer, answers, asking
from webhook.objects import Applied
from webhook.placement.framework import PreFilter
from webhook.placement.node_ports import PLUGIN, node_ports, prefilter

REASON = "node(s) didn't have free ports for the requested pod ports"


def wanting(*ports, name="p", **spec):
    """A pod of one container with these host ports."""
    wanted = [{"containerPort": 1, **port} for port in ports]
    return builders.pod(name, containers=[{"name": "c", "ports": wanted}], **spec)


def port(number=80, **fields):
    return {"hostPort": number, **fields}


def cluster(*there):
    """n1 with these ports taken, and n2 with none."""
    pods = [wanting(*ports, name=f"q{i}", nodeName="n1") for i, ports in enumerate(there)]
    return builders.index(builders.node("n1"), builders.node("n2"), *pods)


@pytest.mark.parametrize(
    ("taken", "wanted", "free"),
    [
        pytest.param([], [port()], True, id="nothing is taken"),
        pytest.param([[port()]], [port()], False, id="the same port"),
        pytest.param([[port(81)]], [port()], True, id="another port"),
        pytest.param([[port(protocol="UDP")]], [port()], True, id="another protocol"),
        pytest.param([[port(protocol="TCP")]], [port()], False, id="the protocol is TCP"),
        pytest.param([[port(hostIP="10.0.0.1")]], [port()], False, id="any address is wanted"),
        pytest.param([[port()]], [port(hostIP="10.0.0.1")], False, id="any address is taken"),
        pytest.param(
            [[port(hostIP="10.0.0.1")]], [port(hostIP="10.0.0.1")], False, id="the same address"
        ),
        pytest.param(
            [[port(hostIP="10.0.0.1")]], [port(hostIP="10.0.0.2")], True, id="another address"
        ),
        pytest.param([[port(hostIP="::")]], [port(hostIP="::1")], True, id=":: is only text"),
        pytest.param([[port(81), port()]], [port(82), port()], False, id="one of several"),
        pytest.param([[port(81)], [port(82)]], [port(83), port()], True, id="none of several"),
    ],
)
def test_a_taken_port_keeps_a_pod_out_for_now(taken, wanted, free):
    index = cluster(*taken)
    refused: list[Answer] = [] if free else [(["n1"], REASON, "Unschedulable", [])]
    assert answers(node_ports(builders.value(wanting(*wanted)), index), index) == refused


def test_ports_are_refused_wherever_any_of_them_is_taken():
    index = cluster([port(81)])
    index.apply(Applied(builders.value(wanting(port(82), name="q", nodeName="n2"))))
    rejections = node_ports(builders.value(wanting(port(81), port(82))), index)
    assert answers(rejections, index) == [(["n1", "n2"], REASON, "Unschedulable", [])]


@pytest.mark.parametrize(
    ("pod", "outcome"),
    [
        pytest.param(asking(), PreFilter(skip=True), id="no port"),
        pytest.param(builders.value(wanting(port())), PreFilter(), id="a port"),
    ],
)
def test_only_a_pod_that_wants_host_ports_is_looked_at(pod, outcome):
    assert prefilter(pod, cluster()) == outcome


def test_it_stands_under_its_upstream_name():
    assert (PLUGIN.name, PLUGIN.filter, PLUGIN.prefilter) == ("NodePorts", node_ports, prefilter)
