"""Pace: a reader of a watch rests after a while, and hardly where it is behind."""

import pytest

from webhook.kube.pace import AWAKE, BREATH, NAP, Pace


def test_a_reader_stays_awake_for_a_while():
    pace = Pace(10.0)
    assert [pace.rest(10.0 + AWAKE * part) for part in (0.0, 0.5, 0.9)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("waited", "rest"),
    [
        pytest.param(0.9, NAP, id="nothing came for most of the time"),
        pytest.param(0.2, NAP, id="nothing came for some of it"),
        pytest.param(0.05, BREATH, id="there was always more: it is behind"),
        pytest.param(0.0, BREATH, id="it never waited"),
    ],
)
def test_it_rests_the_longer_the_more_it_had_to_wait(waited, rest):
    pace = Pace(10.0)
    pace.waited(AWAKE * waited)
    assert pace.rest(10.0 + AWAKE) == rest


def test_after_a_rest_it_may_stay_awake_as_long_again():
    pace, now = Pace(0.0), 0.0
    rests = []
    for _ in range(4):
        pace.waited(AWAKE * 0.6)
        now += AWAKE * 0.6
        rests.append(pace.rest(now))
        now += rests[-1]
    assert rests == [0.0, NAP, 0.0, NAP]


def test_the_first_change_after_a_long_silence_is_followed_by_a_rest():
    pace = Pace(0.0)
    pace.waited(60.0)
    assert (pace.rest(60.0), pace.rest(60.0 + NAP)) == (NAP, 0.0)


def test_ten_thousand_changes_a_second_are_read_without_a_nap():
    """One that has as much to do as it can rests for a sixth of its time."""
    pace, now, rested = Pace(0.0), 0.0, 0.0
    while now < 1.0:
        now += 0.0001
        rest = pace.rest(now)
        now, rested = now + rest, rested + rest
    assert rested < 0.2
