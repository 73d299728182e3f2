"""Reviews one after the other over kept connections, and what each of them took."""

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from tests.bench.measure import percentile
from tests.bench.processes import usage
from tests.bench.processes.fleet import Served

REVIEWS = 600
"""Reviews of a window at least, divided among its connections."""


@dataclass(frozen=True, slots=True)
class Window:
    """Reviews of one stretch of time: (begin, end) of each by the monotonic clock.

    `used`: what the server's process had of cores meanwhile, for whatever it was.
    """

    times: tuple[tuple[float, float], ...]
    used: usage.Seconds

    @property
    def milliseconds(self) -> list[float]:
        """What each review took."""
        return [(end - begin) * 1e3 for begin, end in self.times]

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return percentile(self.milliseconds, 0.5)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return percentile(self.milliseconds, 0.99)

    @property
    def cpu(self) -> float:
        """Milliseconds of the server's CPU for each review."""
        return self.used.ran / len(self.times) * 1e3

    @property
    def waiting(self) -> float:
        """Milliseconds that the server's threads waited for a core for each review."""
        return self.used.waited / len(self.times) * 1e3

    def within(self, begin: float, end: float) -> "Window":
        """The reviews that lie in a stretch of time as a whole."""
        return Window(tuple(t for t in self.times if begin <= t[0] and t[1] <= end), self.used)


Going = Callable[[int], bool]
"""Whether a client asks on after so many reviews."""


def few(least: int) -> Going:
    """So many reviews, and no more."""
    return lambda done: done < least


def lasting(seconds: float, least: int, clock: Callable[[], float] = time.monotonic) -> Going:
    """For so long from now on, and so many reviews at least."""
    ends = clock() + seconds
    return lambda done: done < least or clock() < ends


class Asked(Protocol):
    """Whoever answers a prepared request with a status and a body."""

    def ask(self, prepared: bytes) -> tuple[int, bytes]:
        """Answer."""
        ...


def ask(connection: Asked, requests: Iterator[bytes], going: Going) -> list[tuple[float, float]]:
    """Ask one request after the other while `going` says so; when each began and ended."""
    times: list[tuple[float, float]] = []
    while going(len(times)):
        request = next(requests)
        begin = time.monotonic()
        status, body = connection.ask(request)
        times.append((begin, time.monotonic()))
        if status != 200:
            raise ConnectionError(f"a review was answered with {status}: {body[:200]!r}")
    return times


def window(server: Served, requests: Iterator[bytes], going: Going, connections: int = 1) -> Window:
    """Ask over so many connections at a time, which take the requests from each other."""
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connected()) for _ in range(connections)]
        for client in clients:
            client.ask(next(requests))  # the handshake is no part of a review
        pool = stack.enter_context(ThreadPoolExecutor(connections))
        stack.enter_context(_uncollected())
        before = usage.seconds(server.worker)
        asked = [pool.submit(ask, client, requests, going) for client in clients]
        times = sorted(each for future in asked for each in future.result())
        return Window(tuple(times), usage.seconds(server.worker).since(before))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of the client, which may hold a big cluster, out of the figures."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
