"""Windows of reviews: what they count, and what they leave out."""

import gc
from itertools import cycle

import pytest

from tests.bench.processes.load import Window, ask, few, lasting
from tests.bench.processes.usage import Seconds

TIMES = tuple((float(n), n + (0.002 if n < 99 else 0.05)) for n in range(100))


class Server:
    """A connection that answers the same status to everything and remembers it."""

    def __init__(self, status=200):
        self.status, self.asked = status, []

    def ask(self, prepared):
        """Answer."""
        self.asked.append(prepared)
        return self.status, b"no"


def test_a_window_tells_percentiles_and_cpu_in_milliseconds():
    found = Window(TIMES, Seconds(0.5, 0.2))
    assert found.p50 == pytest.approx(2.0)
    assert found.p99 == pytest.approx(50.0)
    assert (found.cpu, found.waiting) == pytest.approx((5.0, 2.0))


def test_only_reviews_that_lie_within_a_stretch_as_a_whole_count():
    assert Window(TIMES, Seconds(0, 0)).within(10.0, 20.001).times == TIMES[10:20]


def test_requests_are_asked_in_turn_and_over_and_over():
    server = Server()
    assert len(ask(server, cycle([b"a", b"b", b"c"]), few(5))) == 5
    assert server.asked == [b"a", b"b", b"c", b"a", b"b"]


def test_any_other_status_ends_the_measurement():
    with pytest.raises(ConnectionError, match="answered with 500: b'no'"):
        ask(Server(500), cycle([b"a"]), few(5))
    assert gc.isenabled()


def test_a_window_lasts_for_its_time_and_its_reviews():
    now = [10.0]
    going = lasting(2.0, 5, lambda: now[0])
    assert going(100)
    now[0] = 12.0
    assert going(4)
    assert not going(5)
