"""What the table says of a figure and its bounds."""

import json
from io import StringIO

import pytest
from rich.console import Console

from tests.bench import table
from tests.bench.measure import Samples
from tests.bench.rows import Result, Row

ROW = Row("speed", "how fast it is", lambda setting: Result(Samples((1.0,))), 8, 4)


def line(*values: float, row: Row = ROW, unit: str = "×", doubt: str = "") -> table.Line:
    return table.Line(row, Result(Samples(values), unit=unit, notes=("a note",), doubt=doubt))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((4.0,), "met"),
        ((4.1,), "target missed"),
        ((8.0,), "target missed"),
        ((8.1,), "MUST MISSED"),
        ((1.0, 9.0, 9.0), "MUST MISSED"),
        ((9.0, 3.0, 4.0), "met"),
    ],
)
def test_the_median_is_held_against_both_bounds(values, verdict):
    assert line(*values).verdict == verdict


def test_a_row_that_doubts_itself_proves_nothing():
    assert line(1.0, doubt="the machine was busy").verdict == "inconclusive"


def test_bounds_may_be_left_out():
    only_must = Row("a", "b", ROW.run, 0)
    assert line(0.0, row=only_must).verdict == "met"
    assert line(1.0, row=only_must).verdict == "MUST MISSED"
    assert line(1.0, row=Row("a", "b", ROW.run)).verdict == "no bound"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.345, "×", "2.35 ×"),
        (0.5, "×", "0.50 ×"),
        (0.05, "×", "1/20.0"),
        (0.0, "×", "0.00 ×"),
        (1234.5, "MiB", "1,234 MiB"),
        (0.0, "", "0"),
    ],
)
def test_a_figure_is_told_with_its_unit(value, unit, text):
    assert table.told(value, unit) == text


def test_the_run_fails_with_any_row_that_must_be_met():
    assert table.missed([line(1.0), line(9.0)])
    assert not table.missed([line(5.0), line(9.0, doubt="noise")])


def test_the_table_and_the_notes_are_shown():
    shown = StringIO()
    table.show([line(9.0, 8.5, 10.0, doubt="noise")], Console(file=shown, width=160))
    text = shown.getvalue()
    assert [part.strip() for part in text.splitlines()[3].split("   ") if part.strip()] == [
        "how fast it is",
        "9.00 ×",
        "8.50 × – 10.00 ×",
        "≤ 8.00 ×",
        "≤ 4.00 ×",
        "inconclusive",
    ]
    assert text.splitlines()[-2:] == ["  a note", "  noise"]


def test_every_sample_is_saved(tmp_path):
    path = tmp_path / "new" / "results.json"
    table.save([line(2.0, 4.0)], {"seed": 7}, path)
    saved = json.loads(path.read_text("utf-8"))
    assert saved["seed"] == 7
    assert saved["rows"][0]["figure"] == {
        "median": 3.0,
        "low": 2.0,
        "high": 4.0,
        "rounds": [2.0, 4.0],
    }
    assert saved["rows"][0]["verdict"] == "met"
