"""The webhook over the recorded cluster, whose nodes and pods are replaced without end.

A composition root like webhook.wsgi, for the real gunicorn.
"""

import threading
from itertools import cycle
from typing import Any

from tests import builders
from tests.recorded import Tree, items
from webhook.app import create_app
from webhook.inventory import Inventory
from webhook.objects import NodeInfo, PodInfo, Replaced

READ = ("Node", "Pod", "Namespace", "KubeVirt", "VirtualMachine", "VirtualMachineInstance")
#: Cordoned in every second list of nodes.
CORDONED = "worker-a2"
#: What a reflector does between two lock holds: let the readers in.
PAUSE_SECONDS = 0.001


def application() -> Any:
    """The application, and behind it a thread that replaces; /replaced counts the lists."""
    inventory, lists = builders.inventory(*items(*READ)), [0]
    threading.Thread(target=replace_forever, args=(inventory, lists), daemon=True).start()
    app = create_app(inventory)
    app.add_url_rule("/replaced", view_func=lambda: str(lists[0]))
    return app


def replace_forever(inventory: Inventory, lists: list[int]) -> None:
    """Apply lists that differ from the one before, as fast as readers let them in."""
    breath = threading.Event()
    for replaced in cycle([*variant(cordoned=True), *variant(cordoned=False)]):
        inventory.apply([replaced], pause=lambda: breath.wait(PAUSE_SECONDS))
        lists[0] += 1
        breath.wait(PAUSE_SECONDS)


def variant(*, cordoned: bool) -> list[Replaced]:
    """Nodes and pods as recorded, or with a cordon and without the pods of shop's api."""
    nodes, pods = items("Node"), items("Pod")
    if cordoned:
        for node in nodes:
            if node["metadata"]["name"] == CORDONED:
                node["spec"]["unschedulable"] = True
        pods = [pod for pod in pods if not _api(pod)]
    return [
        Replaced(NodeInfo, tuple(builders.value(tree) for tree in nodes)),
        Replaced(PodInfo, tuple(builders.value(tree) for tree in pods)),
    ]


def _api(pod: Tree) -> bool:
    return bool(pod["metadata"]["name"].startswith("api-"))
