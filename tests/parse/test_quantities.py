"""Quantities against the recorded answers of apimachinery's resource.Quantity."""

import json
from pathlib import Path

import pytest

from webhook.parse.quantities import BadQuantity, integer, millis, nanos, parsed, stored, units

FILE = Path(__file__).parents[1] / "data" / "conformance" / "tricky_cases.jsonl"


def _recorded() -> list[dict]:
    cases = map(json.loads, FILE.read_text("utf-8").splitlines())
    case = next(case for case in cases if case["name"] == "quantity/parse")
    return list(case["expect"]["v1.34.1"]["quantities"])


def _answer(text: str) -> tuple[int, int] | None:
    try:
        amount = parsed(text)
    except BadQuantity:
        return None
    return units(amount), millis(amount)


RECORDED = _recorded()


@pytest.mark.parametrize(
    "recorded", [pytest.param(each, id=f"{each['in']!a}") for each in RECORDED]
)
def test_a_quantity_is_read_as_recorded(recorded):
    expected = None if "error" in recorded else (recorded["value"], recorded["milliValue"])
    assert _answer(recorded["in"]) == expected


def test_all_recorded_quantities_are_there():
    assert len(RECORDED) == 98


#: Value and MilliValue of quantities that no int64 holds, as apimachinery v0.36.3 gives them.
BEYOND_INT64 = [
    ("-9223372036854775808", 0, 0),
    ("-9223372036854775900", -92, -92000),
    ("-18446744073709551617", -1, -1000),
    ("-30000000000000000001", 5012780012, 5012780011530),
    ("9223372036854775807", 9223372036854775807, -1000),
    ("9223372036854775809", -9223372036854775807, 1000),
    ("18446744073709551617", 1, 1000),
    ("30000000000000000001", -6893488147419103231, 5594136148269073384),
    ("9E", 9 * 10**18, 0),
    ("-1E", -(10**18), 0),
    ("-10E", 0, 0),
    ("123456789012345678", 123456789012345678, -5670419503621183312),
    ("123456789012345678E", 0, 0),
    ("12345678901234567890k", 4807115922877858896, -7484280360334075776),
    ("1234567890123456.789E", -2413276745449308160, 3246728206643101696),
    ("-1Ei", 0, 0),
    ("7Ei", 8070450532247928832, -9223372036854775808),
    ("92233720368547758.07", 92233720368547759, -10),
]


@pytest.mark.parametrize(("text", "value", "milli_value"), BEYOND_INT64)
def test_what_no_int64_holds_comes_out_as_it_does_in_go(text, value, milli_value):
    assert _answer(text) == (value, milli_value)


def test_decoding_from_json_trims_blanks():
    assert nanos(" 1 ") == parsed("1")


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        pytest.param(None, 0, id="null is 0"),
        pytest.param(2, 2 * 10**9, id="a bare number"),
        pytest.param(0.5, 5 * 10**8, id="a bare fraction"),
        pytest.param(1e22, 10**31, id="a bare number that Python prints with an exponent"),
        pytest.param(-3, -3 * 10**9, id="a negative number"),
        pytest.param("1n", 1, id="the smallest unit"),
        pytest.param("0.1n", 1, id="below it is rounded up"),
        pytest.param("-0.1n", -1, id="away from zero on both sides"),
        pytest.param("1.000000001", 10**9 + 1, id="exact down to it"),
        pytest.param("1e1000", 10**1009, id="the largest exponent"),
        pytest.param("1e-1000", 1, id="the smallest exponent"),
        pytest.param("8Ei", (2**63 - 1) * 10**9, id="binary suffixes end at the largest int64"),
        pytest.param("-8Ei", -(2**63 - 1) * 10**9, id="negative ones likewise"),
        pytest.param("." + "0" * 998 + "1", 1, id="as many digits as are read"),
    ],
)
def test_a_value_is_read_exactly(value, amount):
    assert nanos(value) == amount


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param("", "'' is not a quantity", id="nothing"),
        pytest.param("-", "'-' is not a quantity", id="a sign"),
        pytest.param(".", "'.' is not a quantity", id="a dot"),
        pytest.param("1Q", "'1Q' is not a quantity: unknown suffix 'Q'", id="an unknown suffix"),
        pytest.param("1e1001", "unknown suffix 'e1001'", id="an exponent that Go does not survive"),
        pytest.param("1e-1001", "unknown suffix 'e-1001'", id="its negative"),
        pytest.param(
            "9" * 1001,
            f"'{'9' * 20}'… is not a quantity: it has 1001 characters",
            id="a text that nobody means",
        ),
        pytest.param("1e" + "9" * 5000, "it has 5002 characters", id="an endless exponent"),
        pytest.param(float("inf"), "'inf' is not a quantity", id="infinity"),
        pytest.param(float("nan"), "'nan' is not a quantity", id="no number"),
        pytest.param("1\n2", "unknown suffix", id="a second line"),
    ],
)
def test_what_is_no_quantity_is_refused_with_a_sentence(value, problem):
    with pytest.raises(BadQuantity) as refused:
        nanos(value)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("500u", "1m", id="below a thousandth is rounded up"),
        pytest.param("1001u", "2m", id="a little more than a thousandth is two"),
        pytest.param("2m", "2m", id="a thousandth stays"),
        pytest.param("-500u", "-1m", id="a negative one is rounded away from zero"),
    ],
)
def test_the_api_server_stores_thousandths(text, kept):
    assert stored(nanos(text)) == nanos(kept)


@pytest.mark.parametrize(
    ("resource", "text", "number"),
    [
        pytest.param("cpu", "1500u", 2, id="cpu in milli units, rounded up"),
        pytest.param("cpu", "2", 2000, id="whole cpus"),
        pytest.param("memory", "1500m", 2, id="memory in bytes, rounded up"),
        pytest.param("memory", "1Ki", 1024, id="whole bytes"),
        pytest.param("example.com/cpu", "2", 2, id="an extended resource in units"),
    ],
)
def test_a_resource_becomes_the_schedulers_integer(resource, text, number):
    assert integer(resource, nanos(text)) == number
