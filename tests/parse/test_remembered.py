"""webhook.parse.remembered: parts that many VMs have alike are one value."""

import math

import pytest

from webhook.parse import remembered as module
from webhook.parse.remembered import LARGEST, remembered
from webhook.parse.wire import Toleration


@remembered
def boxed(raw, number=0):
    """Return a new list of what was given."""
    return [raw, number]


def test_equal_arguments_have_one_answer():
    assert boxed(Toleration(key="a")) is boxed(Toleration(key="a"))
    assert boxed(Toleration(key="a")) is not boxed(Toleration(key="b"))
    assert boxed({"a": "1"}, number=1) is not boxed({"a": "1"}, number=True)
    assert boxed(1) is not boxed(1.0)
    assert boxed(None) is not boxed(math.nan)


@pytest.mark.parametrize("odd", [object(), 10**40], ids=["no data", "a huge number"])
def test_what_cannot_be_encoded_is_lowered_each_time(odd):
    assert boxed(odd) == [odd, 0]
    assert boxed(odd) is not boxed(odd)


def test_large_arguments_are_not_kept():
    large = "x" * LARGEST
    assert boxed(large) == [large, 0]
    assert boxed(large) is not boxed(large)


def test_an_error_is_no_answer():
    asked = []

    @remembered
    def refuse(number):
        asked.append(number)
        raise ValueError(number)

    for _ in range(2):
        with pytest.raises(ValueError, match="7"):
            refuse(7)
    assert asked == [7, 7]


def test_no_more_than_so_many_answers_are_kept(monkeypatch):
    monkeypatch.setattr(module, "ENTRIES", 2)
    own = remembered(lambda number: [number])
    first = own(1)
    assert (own(2), own(1)) == ([2], first)
    assert own(1) is first
    own(3)
    assert own(1) is not first
