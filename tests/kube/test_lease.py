"""webhook.kube.lease: one holder at a time, judged by our own clock."""

import threading
from datetime import UTC, datetime

import pytest

from tests.kube.loops import Clock, QuickStop
from tests.kube.store_server import Fault
from webhook.kube.client import connect
from webhook.kube.lease import Clocks, Durations, Lease, Observed, Step, decide, observe

LEASES = "/apis/coordination.k8s.io/v1/leases"
KEY = ("vm-affinity-system", "vm-affinity")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def observed(holder="a", renewed="t1", since=0.0):
    """A Lease as seen."""
    return Observed(holder, renewed, transitions=3, version="7", since=since)


def candidate(api, identity, clock=None, day=NOON):
    """A candidate for the lease of the tests."""
    return Lease(api, *KEY, identity, Clocks(clock or Clock(), lambda: day))


def spec(cluster):
    """The lease as stored."""
    return cluster.store.objects[LEASES][KEY]["spec"]


@pytest.mark.parametrize(
    ("seen", "now", "step"),
    [
        (None, 0.0, Step.CREATE),
        (observed("me"), 999.0, Step.RENEW),
        (observed(""), 0.0, Step.TAKE),
        (observed("a"), 15.0, Step.WAIT),
        (observed("a"), 15.1, Step.TAKE),
    ],
)
def test_what_to_do_about_a_lease(seen, now, step):
    assert decide(seen, "me", 15.0, now) is step


def test_a_lease_is_dated_from_when_it_was_first_seen_in_its_form():
    assert observe(None, None, 5.0) is None
    first = observe(None, observed(), 5.0)
    assert first == observed(since=5.0)
    assert observe(first, observed(), 9.0) == observed(since=5.0)
    assert observe(first, observed(renewed="t2"), 9.0) == observed(renewed="t2", since=9.0)
    assert observe(first, observed(holder="b"), 9.0) == observed(holder="b", since=9.0)


@pytest.mark.edge
def test_the_first_candidate_makes_the_lease_and_renews_it(cluster, cluster_api):
    clock = Clock()
    lease = candidate(cluster_api, "a", clock)
    assert not lease.valid(clock())
    assert lease.step()
    assert spec(cluster) == {
        "holderIdentity": "a",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-01-02T12:00:00.000000Z",
        "renewTime": "2026-01-02T12:00:00.000000Z",
        "leaseTransitions": 0,
    }
    assert lease.valid(clock.now + 9.9)
    assert not lease.valid(clock.now + 10.0)
    clock.now += 9
    assert lease.step()
    assert lease.valid(clock.now + 9.9)
    assert spec(cluster)["leaseTransitions"] == 0


@pytest.mark.edge
def test_another_waits_until_the_holder_was_silent_by_its_own_clock(cluster, cluster_api):
    a, clock = candidate(cluster_api, "a"), Clock()
    b = candidate(cluster_api, "b", clock, datetime(1999, 1, 1, tzinfo=UTC))
    a.step()
    assert not b.step()
    clock.now += 14
    a.step()  # it writes the same time of day again, so that nothing changes
    assert not b.step()
    clock.now += 2
    assert b.step()
    assert spec(cluster)["holderIdentity"] == "b"
    assert spec(cluster)["acquireTime"] == "1999-01-01T00:00:00.000000Z"
    assert spec(cluster)["leaseTransitions"] == 1
    assert not a.step()
    assert not a.valid(1000.0)


@pytest.mark.edge
def test_a_holder_that_shows_life_is_waited_for_again(cluster, cluster_api):
    clock = Clock()
    b = candidate(cluster_api, "b", clock)
    for minute in range(3):
        candidate(cluster_api, "a", day=NOON.replace(minute=minute)).step()
        assert not b.step()
        clock.now += 14


@pytest.mark.edge
def test_a_released_lease_is_taken_at_once(cluster, cluster_api):
    a, b = candidate(cluster_api, "a"), candidate(cluster_api, "b")
    a.step()
    assert not b.step()
    a.release()
    assert not a.valid(1000.0)
    assert (spec(cluster)["holderIdentity"], spec(cluster)["leaseDurationSeconds"]) == ("", 1)
    assert b.step()
    assert spec(cluster)["leaseTransitions"] == 1
    a.release()  # not ours any more
    assert spec(cluster)["holderIdentity"] == "b"


@pytest.mark.edge
def test_without_an_answer_the_last_success_counts_until_its_deadline(cluster, cluster_api):
    clock = Clock()
    lease = candidate(cluster_api, "a", clock)
    lease.step()
    cluster.faults.append(Fault("status", "write"))
    clock.now += 9
    assert not lease.step()
    assert lease.valid(clock())
    assert not lease.valid(clock.now + 1)


@pytest.mark.edge
def test_a_renewal_whose_answer_got_lost_is_no_lost_lease(cluster, cluster_api):
    lease = candidate(cluster_api, "a")
    lease.step()
    cluster.faults.append(Fault("late", "write"))
    assert not lease.step()
    assert lease.valid(1000.0)
    assert lease.step()


@pytest.mark.edge
def test_of_many_at_once_one_gets_it(cluster, tmp_path):
    barrier, held = threading.Barrier(8), []

    def compete(lease):
        barrier.wait()
        if lease.step():
            held.append(lease.identity)

    kubeconfig = cluster.kubeconfig(tmp_path)
    leases = [candidate(connect(kubeconfig), f"c{number}") for number in range(8)]
    threads = [threading.Thread(target=compete, args=(each,), daemon=True) for each in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1
    assert [spec(cluster)["holderIdentity"]] == held


@pytest.mark.edge
def test_a_conflict_is_read_again_and_lost_if_it_is_anothers(cluster, cluster_api):
    lease = candidate(cluster_api, "a")
    lease.step()
    taken = {**cluster.store.objects[LEASES][KEY]}
    taken["spec"] = {**taken["spec"], "holderIdentity": "b", "renewTime": "later"}
    write = cluster.store.write

    def raced(method, path, body):
        cluster.store.write = write
        cluster.store.put(LEASES, taken)
        return write(method, path, body)

    cluster.store.write = raced
    assert not lease.step()
    assert not lease.valid(1000.0)


@pytest.mark.edge
def test_holding_ends_when_the_lease_is_lost_and_when_we_stop(cluster, cluster_api):
    clock = Clock()
    lease = candidate(cluster_api, "a", clock)
    stop = QuickStop()
    assert lease.acquire(stop)
    cluster.faults += [Fault("status", "write")] * 3

    def tick():
        clock.now += 4
        return clock.now

    lease = Lease(cluster_api, *KEY, "a", Clocks(tick, lambda: NOON), Durations(15, 10, 2))
    assert not lease.hold(stop)
    stop.set()
    assert lease.hold(stop)
    assert not lease.acquire(stop)


@pytest.mark.edge
def test_the_time_that_a_renewal_took_is_not_ours(cluster, cluster_api):
    clock = Clock()
    lease, write = candidate(cluster_api, "a", clock), cluster.store.write

    def slow(*request):
        clock.now += 8
        return write(*request)

    cluster.store.write = slow
    assert lease.step()
    assert lease.valid(clock.now + 1.9)
    assert not lease.valid(clock.now + 2)


@pytest.mark.edge
def test_a_candidate_keeps_asking_until_it_holds_the_lease(cluster, cluster_api):
    cluster.faults += [Fault("status", "write"), Fault("status", "write")]
    stop = QuickStop()
    assert candidate(cluster_api, "a").acquire(stop)
    assert stop.waits == [2, 2]


@pytest.mark.edge
@pytest.mark.parametrize("stored", [{}, {"holderIdentity": None}, {"renewTime": None}])
def test_an_empty_lease_is_free(cluster, cluster_api, stored):
    tree = {"metadata": {"name": KEY[1], "namespace": KEY[0]}, "spec": stored}
    cluster.store.put(LEASES, tree)
    assert candidate(cluster_api, "a").step()


@pytest.mark.edge
def test_an_answer_that_is_no_lease_is_no_answer(server, api, caplog):
    server.answers["GET"] = (200, b"[]")
    assert not candidate(api, "a").step()
    assert "neither taken nor renewed: The API server's answer is no Lease" in caplog.text


@pytest.mark.edge
def test_a_release_that_fails_is_only_logged(cluster, cluster_api, caplog):
    lease = candidate(cluster_api, "a")
    lease.step()
    cluster.faults.append(Fault("status", "write"))
    lease.release()
    assert not lease.valid(1000.0)
    assert "was not released" in caplog.text
