"""Which ports of which nodes are taken."""

from webhook.objects import HostPort, PodInfo
from webhook.placement.index.node_sets import union
from webhook.placement.index.tally import Tally

_ANY = HostPort(0).ip


class HostPorts:
    """Host ports of placed pods: per protocol and port, and per address, the nodes."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, int], dict[str, Tally]] = {}

    def place(self, pod: PodInfo, slot: int, change: int) -> None:
        """Count the pod's ports on the slot (change 1), or no longer (change -1)."""
        for port in pod.host_ports:
            addresses = self._taken.setdefault((port.protocol, port.port), {})
            if not addresses.setdefault(port.ip, Tally()).add(slot, change):
                del addresses[port.ip]
            if not addresses:
                del self._taken[port.protocol, port.port]

    def taken(self, wanted: HostPort) -> int:
        """The nodes on which the port is taken; 0.0.0.0 on either side is every address."""
        addresses = self._taken.get((wanted.protocol, wanted.port), {})
        return union(
            tally.nodes
            for address, tally in addresses.items()
            if _ANY in (address, wanted.ip) or address == wanted.ip
        )
