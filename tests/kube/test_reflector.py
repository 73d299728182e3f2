"""webhook.kube.reflector: the inventory follows the API server through every fault.

The server is tests/kube/store_server.py over real sockets; delays are noted and cut short.
"""

import gc
import json
import logging
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import node, pod, vm
from tests.kube.loops import Clock, WatchedInventory, content, reflecting
from tests.kube.store_server import Fault, serving
from webhook.inventory import Inventory
from webhook.kube.client import connect
from webhook.kube.pace import NAP
from webhook.kube.reflector import ABSENT_FOR, Reflector, Surroundings, lines
from webhook.kube.watch_state import BadAnswer
from webhook.kube.watched import WATCHED
from webhook.objects import Applied, Features, NodeInfo, Replaced
from webhook.objects.rollout import RolloutRecord
from webhook.objects.version import NEWEST
from webhook.parse import decode

ROWS = {row.kind: row for row in WATCHED}
NODES = "/api/v1/nodes"


def fresh(store, row):
    """The inventory that a first, undisturbed list of the store would give."""
    trees = store.objects[row.path].values()
    values = [decode(row.kind, json.dumps(t).encode(), Features.of(NEWEST)) for t in trees]
    filled = Inventory()
    filled.apply([Replaced(row.type, tuple(values))])
    return content(filled)


def until_equal(inventory, store, row):
    """Wait until the inventory holds what the store does."""
    inventory.wait_until(lambda: content(inventory) == fresh(store, row))


@pytest.fixture
def inventory():
    """Make an empty inventory that can be waited on."""
    return WatchedInventory()


@pytest.mark.edge
def test_all_pages_are_listed_and_then_watched(cluster, cluster_api, inventory):
    for number in range(250):
        cluster.store.put(NODES, node(f"n{number}"))
    with reflecting(cluster_api, ROWS["Node"], inventory) as (reflector, _):
        until_equal(inventory, cluster.store, ROWS["Node"])
        cluster.store.put(NODES, node("n1", {"changed": "yes"}))
        cluster.store.remove(NODES, ("", "n2"))
        cluster.store.put(NODES, node("new"))
        until_equal(inventory, cluster.store, ROWS["Node"])
        assert reflector.synced.is_set()
    queries = [request.query for request in cluster.requests]
    assert [q.get("limit") for q in queries] == ["100", "100", "100", None]
    watch = queries[-1]
    assert (watch["allowWatchBookmarks"], watch["timeoutSeconds"]) == ("true", "75")


@pytest.mark.edge
def test_the_inventory_is_ready_and_alive_only_after_the_last_page(cluster, cluster_api, inventory):
    for number in range(150):
        cluster.store.put(NODES, node(f"n{number}"))
    cluster.faults += [Fault("status", "page"), Fault("status", "page", code=429)]
    with reflecting(cluster_api, ROWS["Node"], inventory, Clock(5.0)) as (reflector, stop):
        inventory.wait_until(lambda: ("lost", 5.0) in inventory.calls)
        assert ("apply", None) in inventory.calls  # the first page, which is no sign of life
        assert ("apply", 5.0) not in inventory.calls
        assert not inventory.listed(NodeInfo)
        assert reflector.synced.wait(20)
        assert inventory.listed(NodeInfo)
    assert [w for w in stop.waits if w and w > 0.01][:2] == [0.375, 0.75]


FAULTS = {
    "an error to the list": Fault("status", "list"),
    "no permission to list": Fault("status", "list", code=403),
    "no credentials": Fault("status", "list", code=401),
    "a kind that does not exist yet": Fault("status", "list", code=404),
    "half a list": Fault("half", "list"),
    "half a page": Fault("half", "page"),
    "an error to a page": Fault("status", "page"),
    "gone in mid-list": Fault("status", "page", code=410),
    "gone as a status": Fault("status", "watch", code=410),
    "an error to the watch": Fault("status", "watch"),
    "gone in mid-stream": Fault("gone", after=2),
    "an error in mid-stream": Fault("error", after=1),
    "the end of the stream": Fault("eof", after=2),
    "the end at once": Fault("eof"),
    "a connection cut in mid-line": Fault("cut", after=2),
    "slow bytes": Fault("slow", after=3),
    "a line that is no JSON": Fault("garbage", after=1),
    "an object without a version": Fault("odd", after=1),
    "nothing but a bookmark": Fault("bookmark"),
}


@pytest.mark.edge
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_after_a_fault_the_inventory_equals_a_fresh_one(cluster, cluster_api, inventory, fault):
    row = ROWS["Node"]
    for number in range(120):
        cluster.store.put(NODES, node(f"n{number}"))
    cluster.faults.append(fault)
    with reflecting(cluster_api, row, inventory):
        inventory.wait_until(lambda: inventory.listed(NodeInfo))
        cluster.wait_until(lambda: cluster.watches() > 0)
        for number in range(4):
            cluster.store.put(NODES, node(f"n{number}", {"round": "two"}))
            cluster.store.remove(NODES, ("", f"n{number + 50}"))
        until_equal(inventory, cluster.store, row)
        cluster.wait_until(lambda: not cluster.faults)
        cluster.store.put(NODES, node("last"))
        until_equal(inventory, cluster.store, row)


@pytest.mark.edge
def test_a_quiet_watch_that_is_cut_after_a_while_begins_a_new_row_of_delays(
    cluster, cluster_api, inventory
):
    clock = Clock()
    cluster.faults += [Fault("status"), Fault("status"), Fault("cut", after=1)]
    with reflecting(cluster_api, ROWS["Node"], inventory, clock) as (_, stop):
        cluster.wait_until(lambda: cluster.watches() == 3)
        inventory.wait_until(lambda: inventory.calls[-1][0] == "reached")
        clock.now += 20
        cluster.store.put(NODES, node("new"))
        until_equal(inventory, cluster.store, ROWS["Node"])
        assert [w for w in stop.waits if w and w > NAP] == [0.375, 0.75, 0.375]


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 5), st.sampled_from("ab")),
        st.tuples(st.just("remove"), st.integers(0, 5)),
        st.tuples(st.just("compact")),
        st.tuples(st.just("fault"), st.sampled_from(list(FAULTS.values()))),
        st.tuples(st.just("settle")),
    ),
    max_size=15,
)


def play(server, inventory, row, operation):
    """Perform one operation of a script."""
    match operation:
        case ("put", number, label):
            server.store.put(row.path, pod(f"p{number}", labels={"l": label}))
        case ("remove", number):
            server.store.remove(row.path, ("default", f"p{number}"))
        case ("compact",):
            server.store.compact()
        case ("fault", fault):
            server.faults.append(fault)
        case _:
            until_equal(inventory, server.store, row)


@pytest.mark.edge
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=OPERATIONS)
def test_after_any_script_of_changes_and_faults_the_inventory_equals_a_fresh_one(
    script, tmp_path_factory
):
    row, inventory = ROWS["Pod"], WatchedInventory()
    with serving() as server:
        api = connect(server.kubeconfig(tmp_path_factory.mktemp("kubeconfig")))
        with reflecting(api, row, inventory):
            for operation in script:
                play(server, inventory, row, operation)
            server.faults.clear()
            server.store.put(row.path, pod("last"))
            until_equal(inventory, server.store, row)


@pytest.mark.edge
def test_a_forgotten_history_is_listed_anew(cluster, cluster_api, inventory):
    row = ROWS["Node"]
    cluster.store.put(NODES, node("a"))
    cluster.faults.append(Fault("eof", after=1))
    with reflecting(cluster_api, row, inventory):
        until_equal(inventory, cluster.store, row)
        with cluster.store.changed:  # nobody reads in between
            cluster.store.put(NODES, node("b"))
            cluster.store.remove(NODES, ("", "a"))
            cluster.store.compact()
        until_equal(inventory, cluster.store, row)


@pytest.mark.edge
def test_a_list_after_a_forgotten_history_does_not_wait(cluster, cluster_api, inventory):
    cluster.store.put(NODES, node("a"))
    cluster.faults.append(Fault("gone", after=1))
    with reflecting(cluster_api, ROWS["Node"], inventory) as (_, stop):
        inventory.wait_until(lambda: inventory.listed(NodeInfo))
        cluster.store.put(NODES, node("b"))
        cluster.wait_until(lambda: cluster.watches() == 2)
        until_equal(inventory, cluster.store, ROWS["Node"])
        assert [w for w in stop.waits if w and w > 0.01] == []


@pytest.mark.edge
def test_a_list_that_breaks_off_takes_nothing_away(cluster, cluster_api, inventory):
    row = ROWS["Node"]
    for number in range(150):
        cluster.store.put(NODES, node(f"n{number:03}"))
    with reflecting(cluster_api, row, inventory):
        until_equal(inventory, cluster.store, row)
        cluster.faults += [Fault("status", "page", code=410), Fault("status", "page", code=500)]
        with cluster.store.changed:
            cluster.store.put(NODES, node("n000", {"round": "two"}))
            cluster.store.remove(NODES, ("", "n001"))
            cluster.store.compact()
        inventory.wait_until(lambda: inventory.calls.count(("lost", 1000.0)) == 1)
        with inventory.reading() as world:
            assert len(world.index.nodes.infos) == 150
        until_equal(inventory, cluster.store, row)


@pytest.mark.edge
def test_what_came_together_with_a_bad_line_counts(cluster, cluster_api, inventory):
    """The lines before it are taken in, and those after it are not."""
    row, stop = ROWS["Node"], threading.Event()
    reflector = Reflector(cluster_api, row, inventory, stop, Surroundings(Clock(), lambda: 0.5))
    reflector._list()
    good, late = (
        json.dumps({"type": "ADDED", "object": cluster.store.put(NODES, node(name))}).encode()
        for name in ("good", "late")
    )
    with pytest.raises(BadAnswer, match="a line cannot be read"):
        reflector._lines([good, b"{", late])
    assert ("apply", 1000.0) in inventory.calls
    with inventory.reading() as world:
        assert list(world.index.nodes.infos) == ["good"]
    calls = len(inventory.calls)
    reflector._list()
    with pytest.raises(BadAnswer):
        reflector._lines([b"{"])
    assert [name for name, _ in inventory.calls[calls:]] == ["apply"]  # the list, and no more
    gc.unfreeze()


@pytest.mark.edge
def test_a_bookmark_is_life_and_is_where_the_next_watch_begins(cluster, cluster_api, inventory):
    cluster.store.put(NODES, node("a"))
    cluster.store.version = 500
    cluster.faults.append(Fault("bookmark"))
    with reflecting(cluster_api, ROWS["Node"], inventory):
        cluster.wait_until(lambda: cluster.watches() == 2)
        inventory.wait_until(lambda: ("heard", 1000.0) in inventory.calls)
    assert [r.query.get("resourceVersion") for r in cluster.requests[1:]] == ["500", "500"]
    assert not any(name == "lost" for name, _ in inventory.calls)


@pytest.mark.edge
def test_a_watch_that_ends_in_order_is_continued_without_a_list(cluster, cluster_api, inventory):
    cluster.store.put(NODES, node("a"))
    cluster.faults.append(Fault("eof", after=1))
    with reflecting(cluster_api, ROWS["Node"], inventory) as (_, stop):
        inventory.wait_until(lambda: inventory.listed(NodeInfo))
        cluster.store.put(NODES, node("b"))
        cluster.wait_until(lambda: cluster.watches() == 2)
        delays = [w for w in stop.waits if w and w > 0.01]
    assert ["watch" in r.query for r in cluster.requests] == [False, True, True]
    assert delays == []


@pytest.mark.edge
def test_a_refused_connection_is_lost_and_backed_off_from(cluster, tmp_path, inventory, caplog):
    api = connect(cluster.kubeconfig(tmp_path), "away")
    with reflecting(api, ROWS["Node"], inventory) as (_, stop):
        inventory.wait_until(lambda: [c[0] for c in inventory.calls].count("lost") == 6)
        delays = [w for w in stop.waits if w and w > 0.01]
    assert delays[:5] == [0.375, 0.75, 1.5, 3.0, 6.0]
    assert "nodes: Cannot reach the API server http://127.0.0.1:1" in caplog.text


@pytest.mark.edge
def test_a_silent_watch_ends_the_loss_without_being_news(cluster, cluster_api, inventory):
    cluster.faults.append(Fault("status", "watch"))
    with reflecting(cluster_api, ROWS["Node"], inventory):
        inventory.wait_until(lambda: ("lost", 1000.0) in inventory.calls)
        inventory.wait_until(lambda: "reached" in inventory.calls[-1])
        assert inventory.stale(1100.0) == ""
        assert "is silent" in inventory.stale(1151.0)


@pytest.mark.edge
def test_a_stream_that_outlives_its_time_is_cut(cluster, cluster_api, inventory, caplog):
    clock = Clock()
    with reflecting(cluster_api, ROWS["Node"], inventory, clock):
        cluster.wait_until(lambda: cluster.watches() == 1)
        clock.now += 3600
        cluster.store.put(NODES, node("a"))
        cluster.wait_until(lambda: cluster.watches() == 2)
        until_equal(inventory, cluster.store, ROWS["Node"])
    assert "the watch of nodes does not end" in caplog.text


@pytest.mark.edge
def test_an_optional_kind_that_does_not_exist_is_empty_and_asked_for_again(
    cluster, cluster_api, inventory
):
    row = ROWS["AffinityRollout"]
    cluster.store.absent.add(row.path)
    with reflecting(cluster_api, row, inventory) as (reflector, stop):
        assert reflector.synced.wait(20)
        assert inventory.listed(RolloutRecord)
        cluster.store.absent.clear()
        cluster.store.put(row.path, {"metadata": {"name": "vm", "namespace": "n"}})
        until_equal(inventory, cluster.store, row)
    assert ABSENT_FOR in stop.waits
    assert not any(name == "lost" for name, _ in inventory.calls)


@pytest.mark.edge
def test_a_required_kind_that_does_not_exist_is_lost_until_it_does(cluster, cluster_api, inventory):
    row = ROWS["VirtualMachine"]
    cluster.store.absent.add(row.path)
    with reflecting(cluster_api, row, inventory) as (reflector, _):
        inventory.wait_until(lambda: ("lost", 1000.0) in inventory.calls)
        assert not reflector.synced.is_set()
        cluster.store.absent.clear()
        cluster.store.put(row.path, vm())
        until_equal(inventory, cluster.store, row)
        assert reflector.synced.wait(20)


@pytest.mark.edge
def test_an_unreadable_object_is_named_in_the_log_and_the_watch_goes_on(
    cluster, cluster_api, inventory, caplog
):
    caplog.set_level(logging.WARNING)
    with reflecting(cluster_api, ROWS["Node"], inventory):
        cluster.wait_until(lambda: cluster.watches() == 1)
        cluster.store.put(NODES, {**node("bad"), "spec": {"taints": "none"}})
        cluster.store.put(NODES, node("good"))
        inventory.wait_until(lambda: "good" in str(content(inventory)))
    assert "Node bad is left out, as it cannot be read: Node bad: spec.taints" in caplog.text
    assert cluster.watches() == 1


@pytest.mark.edge
def test_a_bug_of_ours_does_not_end_the_loop(cluster, cluster_api, inventory, caplog, monkeypatch):
    cluster.store.put(NODES, node("a"))
    calls = []

    def fail_once(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise ZeroDivisionError("a bug")
        return WatchedInventory.apply(inventory, *args, **kwargs)

    monkeypatch.setattr(inventory, "apply", fail_once)
    with reflecting(cluster_api, ROWS["Node"], inventory):
        until_equal(inventory, cluster.store, ROWS["Node"])
    assert "ZeroDivisionError: a bug" in caplog.text


@pytest.mark.edge
def test_a_stop_ends_a_silent_watch_at_once(cluster, cluster_api, inventory):
    with reflecting(cluster_api, ROWS["Node"], inventory):
        cluster.wait_until(lambda: cluster.watches() == 1)
    assert not any(name == "lost" for name, _ in inventory.calls)


def test_lines_are_put_together_from_chunks_and_a_cut_one_is_dropped():
    assert list(lines([b"a", b"b\nc\n", b"\n", b"d\ne"])) == [[b"ab", b"c"], [b"d"]]
    assert list(lines([b"a", b"b", b"c\n \n"])) == [[b"abc"]]
    assert list(lines([])) == []


def test_events_reach_the_index():
    """The wiring that the other tests lean on: an applied node is in the frozen content."""
    filled = WatchedInventory()
    filled.apply([Applied(NodeInfo("a"))])
    assert "NodeInfo(name='a'" in str(content(filled))
