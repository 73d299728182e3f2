"""What is said about the windows of several sides."""

from functools import partial

import pytest

from tests.bench.measure import Samples
from tests.bench.processes.load import Window
from tests.bench.processes.usage import Seconds
from tests.bench.processes.windows import Kept, cpu_note, tail, told


def window(milliseconds, slowest):
    """A hundred reviews, of which one is slow."""
    each = [milliseconds] * 98 + [slowest] * 2
    return Window(tuple((0.0, ms / 1e3) for ms in each), used=Seconds(0.1, 0.02))


def kept(rest, busy):
    """Two sides with the slowest reviews of their rounds."""
    found = Kept()
    for name, slowest in (("at rest", rest), ("events", busy)):
        for each in slowest:
            assert found.side(name, partial(window, 1.0, each))() == pytest.approx(1.0)
    return found


def test_a_side_is_its_p50_and_keeps_its_windows():
    found = kept([4.0, 5.0], [8.0, 9.0])
    assert found.p99("events").values == pytest.approx((8.0, 9.0))
    assert cpu_note(found).endswith(
        "at rest 1.00 (1.00–1.00) + 0.20, events 1.00 (1.00–1.00) + 0.20"
    )


def test_the_tail_is_the_ratio_of_the_p99s():
    result = tail(kept([4.0, 5.0], [8.0, 9.0]), "events")
    assert result.figure.values == pytest.approx((2.0, 1.8))
    assert result.doubt == ""


def test_the_tail_proves_nothing_where_the_server_was_restless_before():
    assert "p99 at rest" in tail(kept([4.0, 6.5], [8.0, 9.0]), "events").doubt


def test_figures_are_told_with_their_spread():
    assert told(Samples((1.0, 3.0, 2.0))) == "2.00 (1.00–3.00)"
    assert told(Samples((998.6, 1000.2, 1001.0))) == "1,000 (999–1,001)"
