"""How to tell that a part of the control plane can be used."""

from tests.cluster.api import ApiClient
from tests.cluster.nodes import NodeSpec


def is_ok(api: ApiClient, url: str) -> bool:
    """Whether a probe of the API server says yes."""
    return api.pool.request("GET", url, headers=api.headers, retries=False).status == 200


def answers(api: ApiClient, url: str) -> bool:
    """Whether a server answers over TLS at all; without any credentials."""
    return bool(api.pool.request("GET", url, retries=False).status)


def virt_controller_leads(api: ApiClient) -> bool:
    """Whether virt-controller has its Lease, without which it does nothing."""
    lease = api.get("Lease", "virt-controller", "kubevirt")
    return bool(lease["spec"].get("holderIdentity"))


def is_untainted(api: ApiClient, spec: NodeSpec) -> bool:
    """Whether a node has no taint but its own: new ones are not ready until a controller agrees."""
    own = {taint["key"] for taint in spec.taints}
    taints = api.get("Node", spec.name)["spec"].get("taints", [])
    return {taint["key"] for taint in taints} <= own
