"""The bulk API server over real HTTP, read by the real reflectors."""

import gc
import threading
import time
from contextlib import contextmanager
from functools import partial

import pytest

from tests import builders
from tests.bench.api.samples import store
from tests.bench.api.server import server
from tests.bench.processes.connection import Connection, get, post
from tests.bench.processes.fleet import Control, wait_until
from tests.kube.api_server import ApiServer
from webhook.inventory import Inventory
from webhook.kube.client import connect
from webhook.kube.reflector import Surroundings
from webhook.kube.watching import Watching
from webhook.objects import PodInfo, Replaced
from webhook.parse import decode

pytestmark = pytest.mark.edge


@contextmanager
def serving(made):
    """Serve a store on a free port; gives the port."""
    with server(made, 0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running.server_port
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def watched(tmp_path):
    """A store, its control and an inventory that watches it; synced."""
    made = store()
    with serving(made) as port:
        api = connect(ApiServer(url=f"http://127.0.0.1:{port}").kubeconfig(tmp_path))
        inventory = Inventory()
        watching = Watching(api, inventory, Surroundings(time.monotonic, lambda: 0.0))
        watching.start()
        try:
            assert watching.wait_synced(20)
            yield made, Control(port), inventory
        finally:
            watching.stop()
            gc.unfreeze()


def holds(inventory, uid):
    """Whether the index has a pod of this controller."""
    with inventory.reading() as world:
        return any(True for _ in world.index.owned(uid))


def longer(pods, nodes, many):
    """Whether there are more lines of both."""
    return len(pods) > many[0] and len(nodes) > many[1]


def pods(inventory):
    """All pods that an inventory knows, by key."""
    (found,) = (
        event.objects
        for event in inventory.freeze()
        if isinstance(event, Replaced) and event.type is PodInfo
    )
    return {pod.key: pod for pod in found}


def stored(made):
    """All pods of the store as they are read, by key."""
    collection = made.collections["Pod"]
    found = (decode("Pod", collection[key], builders.FEATURES) for key in collection.keys())  # noqa: SIM118
    return {pod.key: pod for pod in found}


def test_what_was_streamed_before_a_marker_has_arrived_with_it(watched):
    made, control, inventory = watched
    lines = {kind: made.collections[kind].log.lines for kind in ("Pod", "Node")}
    for number in (1, 2):
        control.tell("start?pods=2000&nodes=50")
        many = (500 * number, 5 * number)
        wait_until(partial(longer, lines["Pod"], lines["Node"], many), "changes of both kinds")
        done = control.tell("stop")
        assert done["Pod"][0] > 0
        assert done["Node"][0] > 0
        uid = control.tell("mark")["uid"]
        wait_until(partial(holds, inventory, uid), "the marker arrives")
        assert pods(inventory) == stored(made)
    sent = control.status()["lines"]
    wait_until(
        lambda: control.status()["lines"]["Pod"] == len(made.collections["Pod"].log.lines),
        "every line is counted",
    )
    assert sent["Node"] > 0


def test_a_relist_is_begun_done_and_leads_to_the_same(watched):
    made, control, inventory = watched
    assert control.status()["relist"] == {}
    control.tell("relist")
    wait_until(lambda: "done" in control.status()["relist"], "the relist is done")
    relist, watches = control.status()["relist"], control.status()["watches"]
    assert relist["told"] <= relist["begun"] <= relist["done"]
    assert watches["Pod"] > watches["Node"]
    assert control.status()["pages"]["Pod"] >= 4
    assert pods(inventory) == stored(made)


def test_what_is_not_served_is_not_found():
    with serving(store()) as port:
        connection = Connection(port)
        for request in (get("/apis/resource.k8s.io/v1/deviceclasses"), post("/control/dance")):
            status, body = connection.ask(request)
            assert status == 404
            assert b"is not served" in body
        connection.close()


def test_a_page_or_watch_that_is_too_old_is_gone():
    with serving(store()) as port:
        connection = Connection(port)
        assert connection.ask(get("/api/v1/pods?limit=10&continue=1.10"))[0] == 410
        connection.close()
