"""Rows of reviews while the cluster changes, against those while it rests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import cycle

from tests.bench.measure import Samples, interleaved
from tests.bench.processes import usage
from tests.bench.processes.asked import bodies, fleet, warmed
from tests.bench.processes.fleet import POLL_SECONDS, wait_until
from tests.bench.processes.load import REVIEWS, Window, lasting, window
from tests.bench.processes.windows import Kept, cpu_note, tail, told
from tests.bench.rows import Result, Row, Setting

EVENTS_PER_SECOND = 1_000
HEARTBEAT_SECONDS = 80.0
"""Seconds between two heartbeats of a node: KubeVirt's virt-handler takes 60 to 132."""

SECONDS = 3.0
"""Of a window, at least."""

CONNECTIONS = 4
AT_ONCE = f"{CONNECTIONS} connections"

ENOUGH_EVENTS = 0.95


@dataclass(frozen=True, slots=True)
class Stream:
    """Changes during a window: pods and nodes per second, and how late the last one was seen."""

    pods: float
    nodes: float
    behind: float


@cache
def requests(setting: Setting) -> Iterator[bytes]:
    """The mix of queries, over and over; every window goes on where the one before has ended."""
    return cycle(bodies(setting).validate)


@cache
def churned(setting: Setting) -> tuple[Kept, dict[str, Samples], list[Stream]]:
    """Windows at rest and under a stream of changes, over one connection and over some."""
    warmed(setting)
    kept, streams = Kept(), list[Stream]()
    sides = {
        "at rest": lambda: reviewed(setting),
        "events": lambda: under_events(setting, streams),
        f"at rest, {AT_ONCE}": lambda: reviewed(setting, CONNECTIONS),
        f"events, {AT_ONCE}": lambda: under_events(setting, streams, CONNECTIONS),
    }
    made = {name: kept.side(name, look) for name, look in sides.items()}
    return kept, interleaved(made, setting.rounds, setting.progress), streams


@cache
def event_cpu(setting: Setting) -> float:
    """Microseconds of CPU that the webhook's process spends on one change, without reviews."""
    processes = fleet(setting)
    with streaming(setting):
        before = usage.seconds(processes.webhook.worker), processes.control.status()
        time.sleep(SECONDS)
        after = usage.seconds(processes.webhook.worker), processes.control.status()
    lines: list[int] = [sum(status["lines"].values()) for _, status in (before, after)]
    return after[0].since(before[0]).ran / (lines[1] - lines[0]) * 1e6


@contextmanager
def streaming(setting: Setting) -> Iterator[dict[str, tuple[int, float]]]:
    """The API server sends changes; how many in how many seconds is known afterwards."""
    control, done = fleet(setting).control, dict[str, tuple[int, float]]()
    heartbeats = setting.nodes / HEARTBEAT_SECONDS
    control.tell(f"start?pods={EVENTS_PER_SECOND}&nodes={heartbeats}")
    try:
        yield done
    finally:
        done.update(control.tell("stop"))


def reviewed(setting: Setting, connections: int = 1) -> Window:
    """Reviews for a while; at rest, if nobody else does anything."""
    going = lasting(SECONDS, REVIEWS // connections)
    return window(fleet(setting).webhook, requests(setting), going, connections)


def under_events(setting: Setting, streams: list[Stream], connections: int = 1) -> Window:
    """Reviews while the API server sends changes; waits until all of them have arrived."""
    processes = fleet(setting)
    with streaming(setting) as done:
        found = reviewed(setting, connections)
    uid = processes.control.tell("mark")["uid"]
    behind = wait_until(lambda: processes.webhook.holds(uid), "the last event arrives")
    rate = {kind: number / seconds for kind, (number, seconds) in done.items()}
    streams.append(Stream(rate["Pod"], rate.get("Node", 0.0), behind))
    return found


def events(setting: Setting) -> Result:
    """p50 under 1,000 changes of pods per second, and heartbeats, against that at rest."""
    kept, p50, streams = churned(setting)
    pods, nodes = (Samples(tuple(getattr(s, of) for s in streams)) for of in ("pods", "nodes"))
    behind = max(stream.behind for stream in streams)
    at_once = p50[f"events, {AT_ONCE}"].over(p50[f"at rest, {AT_ONCE}"])
    slow = pods.low < EVENTS_PER_SECOND * ENOUGH_EVENTS
    return Result(
        p50["events"].over(p50["at rest"]),
        sides=p50,
        notes=(
            f"p50 {told(p50['events'])} ms, at rest {told(p50['at rest'])} ms",
            cpu_note(kept),
            f"with {AT_ONCE}: {told(at_once)} ×",
            f"{told(pods)} pod and {told(nodes)} node changes/s were sent, and all had arrived "
            f"at most {behind * 1e3:.0f} ms after the last",
            f"a change costs the webhook's process {event_cpu(setting):.0f} us of CPU, "
            "from the socket to the index",
        ),
        doubt="the API server could not keep up the rate" if slow else "",
    )


def events_p99(setting: Setting) -> Result:
    """p99 of the same windows."""
    kept, _, _ = churned(setting)
    return tail(kept, "events")


@cache
def relisted(setting: Setting) -> tuple[Kept, dict[str, Samples], list[float]]:
    """Windows at rest and during a relist of all pods; how long each of those took."""
    warmed(setting)
    kept, seconds = Kept(), list[float]()
    sides = {
        "at rest": kept.side("at rest", lambda: reviewed(setting)),
        "relist": kept.side("relist", lambda: during_relist(setting, seconds)),
    }
    return kept, interleaved(sides, setting.rounds, setting.progress), seconds


def during_relist(setting: Setting, seconds: list[float]) -> Window:
    """Reviews from the first page of a relist until the watch stands again."""
    processes = fleet(setting)
    processes.control.tell("relist")
    done, stop = threading.Event(), threading.Event()

    def watch() -> None:
        while not stop.wait(POLL_SECONDS):
            if "done" in processes.control.status()["relist"]:
                done.set()
                return

    poll = threading.Thread(target=watch)
    poll.start()
    try:
        found = window(processes.webhook, requests(setting), lambda _: not done.is_set())
    finally:
        stop.set()
        poll.join()
    relist = processes.control.status()["relist"]
    seconds.append(relist["done"] - relist["begun"])
    during = found.within(relist["begun"], relist["done"])
    if not during.times:
        raise ValueError(f"a relist of {setting.pods:,} pods is too short for any review")
    return during


def relist(setting: Setting) -> Result:
    """p50 while all pods are listed again, against that at rest."""
    kept, p50, seconds = relisted(setting)
    fewest = min(len(each.times) for each in kept.windows["relist"])
    return Result(
        p50["relist"].over(p50["at rest"]),
        sides=p50,
        notes=(
            f"p50 {told(p50['relist'])} ms, at rest {told(p50['at rest'])} ms",
            f"a relist of {setting.pods:,} pods took {told(Samples(tuple(seconds)))} s, "
            f"with at least {fewest:,} reviews meanwhile",
        ),
        doubt="" if fewest >= REVIEWS / 2 else f"only {fewest} reviews fell into a relist",
    )


def relist_p99(setting: Setting) -> Result:
    """p99 of the same windows."""
    kept, _, _ = relisted(setting)
    return tail(kept, "relist")


ROWS = (
    Row("events", "review p50 at 1,000 events/s vs at rest", events, 1.2, 1.1),
    Row("events-p99", "review p99 at 1,000 events/s vs at rest", events_p99),
    Row("relist", "review p50 during a relist vs at rest", relist, 1.2, 1.1),
    Row("relist-p99", "review p99 during a relist vs at rest", relist_p99),
)
