"""HostPorts: which ports of which nodes are taken."""

import pytest

from webhook.objects import HostPort, PodInfo
from webhook.placement.index.ports import HostPorts


def pod(*ports):
    return PodInfo("default", "p", host_ports=ports)


def filled() -> HostPorts:
    """Port 80 on every address of slot 0 and on two addresses of slots 1 and 2."""
    ports = HostPorts()
    ports.place(pod(HostPort(80), HostPort(90, "UDP", "10.0.0.1")), 0, 1)
    ports.place(pod(HostPort(80, ip="10.0.0.1")), 1, 1)
    ports.place(pod(HostPort(80, ip="10.0.0.2")), 2, 1)
    return ports


@pytest.mark.parametrize(
    ("wanted", "nodes"),
    [
        pytest.param(HostPort(80), 0b111, id="every address"),
        pytest.param(HostPort(80, ip="10.0.0.1"), 0b011, id="one address"),
        pytest.param(HostPort(80, ip="10.0.0.3"), 0b001, id="an address that is free elsewhere"),
        pytest.param(HostPort(80, "UDP"), 0, id="another protocol"),
        pytest.param(HostPort(81), 0, id="another port"),
        pytest.param(HostPort(90, "UDP"), 0b001, id="a port of another protocol"),
        pytest.param(HostPort(90, "UDP", "10.0.0.2"), 0, id="another address of its"),
    ],
)
def test_a_port_is_taken_by_protocol_port_and_address(wanted, nodes):
    assert filled().taken(wanted) == nodes


def test_a_port_is_free_when_the_last_pod_with_it_went():
    ports = filled()
    ports.place(pod(HostPort(80)), 0, 1)
    ports.place(pod(HostPort(80)), 0, -1)
    assert ports.taken(HostPort(80)) == 0b111
    ports.place(pod(HostPort(80)), 0, -1)
    assert ports.taken(HostPort(80)) == 0b110


def test_nothing_is_left_of_pods_that_went():
    ports, both = HostPorts(), pod(HostPort(80), HostPort(80, ip="10.0.0.1"), HostPort(81))
    ports.place(both, 0, 1)
    ports.place(both, 1, 1)
    ports.place(both, 0, -1)
    assert ports.taken(HostPort(81)) == 0b10
    ports.place(both, 1, -1)
    assert vars(ports) == vars(HostPorts())


def test_a_pod_without_ports_takes_none():
    ports = HostPorts()
    ports.place(pod(), 0, 1)
    assert vars(ports) == vars(HostPorts())
