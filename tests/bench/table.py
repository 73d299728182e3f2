"""The table at the end of a run, what it says of each row, and the same as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.measure import Samples
from tests.bench.rows import Result, Row

MET, MISSED, SHORT, DOUBTFUL, SHOWN = (
    "met",
    "MUST MISSED",
    "target missed",
    "inconclusive",
    "no bound",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A row and what it found."""

    row: Row
    result: Result

    @property
    def verdict(self) -> str:
        """The median decides, however wide its rounds are apart, unless the row doubts itself."""
        row, median = self.row, self.result.figure.median
        if self.result.doubt:
            return DOUBTFUL
        if row.must is not None and median > row.must:
            return MISSED
        if row.target is not None and median > row.target:
            return SHORT
        return SHOWN if row.must is None else MET


def told(value: float, unit: str) -> str:
    """A figure as the table shows it: a ratio far below 1 as a fraction of 1."""
    if unit == "×" and 0 < value < 0.5:
        return f"1/{1 / value:.1f}"
    return f"{value:,.2f} ×" if unit == "×" else f"{value:,.0f} {unit}".rstrip()


def missed(lines: Sequence[Line]) -> bool:
    """Whether a bound that must be met is not."""
    return any(line.verdict == MISSED for line in lines)


def show(lines: Sequence[Line], console: Console) -> None:
    """The table, and below it what each row has to add."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("row", "figure", "spread", "must", "target", "verdict"):
        table.add_column(heading, justify="left" if heading in ("row", "verdict") else "right")
    for line in lines:
        figure, unit = line.result.figure, line.result.unit
        table.add_row(
            line.row.title,
            told(figure.median, unit),
            f"{told(figure.low, unit)} – {told(figure.high, unit)}",
            *("" if bound is None else f"≤ {told(bound, unit)}" for bound in _bounds(line.row)),
            line.verdict,
        )
    console.print(table)
    for line in lines:
        notes = (*line.result.notes, *([line.result.doubt] if line.result.doubt else []))
        console.print(f"{line.row.name}: {line.row.title}", highlight=False, soft_wrap=True)
        for note in notes:
            console.print(f"  {note}", highlight=False, markup=False, soft_wrap=True)


def _bounds(row: Row) -> tuple[float | None, float | None]:
    return row.must, row.target


def save(lines: Sequence[Line], circumstances: dict[str, Any], path: Path) -> None:
    """The run as JSON: under which circumstances, and every sample of every side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    run = {**circumstances, "rows": [_line(line) for line in lines]}
    path.write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _line(line: Line) -> dict[str, Any]:
    row, result = line.row, line.result
    return {
        "row": row.name,
        "title": row.title,
        "unit": result.unit,
        "figure": _samples(result.figure),
        "must": row.must,
        "target": row.target,
        "verdict": line.verdict,
        "doubt": result.doubt,
        "sides": {name: _samples(samples) for name, samples in result.sides.items()},
        "notes": list(result.notes),
    }


def _samples(samples: Samples) -> dict[str, Any]:
    return {
        "median": samples.median,
        "low": samples.low,
        "high": samples.high,
        "rounds": list(samples.values),
    }
