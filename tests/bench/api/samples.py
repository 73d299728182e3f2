"""A small store: three nodes, and pods of a Deployment and of a StatefulSet on them."""

import json

from tests import builders
from tests.bench.api.store import Store
from webhook.kube.watched import WATCHED

HASH = "5f6d8c7b9"


def deployed(number, node="n1", **labels):
    """A pod of a Deployment, as it runs."""
    tree = builders.pod(
        f"web-{HASH}-{number:05x}",
        labels={"app": "web", "pod-template-hash": HASH, **labels},
        status={"phase": "Running"},
        nodeName=node,
    )
    tree["metadata"] |= {"uid": f"pod-{number}", "resourceVersion": "1"}
    return tree


def store(pods=None):
    """A store of all required kinds; only nodes, pods and one namespace exist."""
    pods = [deployed(n, f"n{n % 3}") for n in range(200)] if pods is None else pods
    found = {
        "Node": [builders.node(f"n{n}") for n in range(3)],
        "Pod": pods,
        "Namespace": [builders.namespace()],
    }
    return Store(
        {
            row.kind: [json.dumps(tree).encode() for tree in found.get(row.kind, ())]
            for row in WATCHED
            if row.required
        }
    )
