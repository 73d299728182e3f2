"""python -m tests.bench: the table of `make bench`."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from tests.bench import table
from tests.bench.cluster import Cluster, NoSuchCluster
from tests.bench.cluster.shapes import NoTrace
from tests.bench.measure import FEWEST_ROUNDS
from tests.bench.rows import Row, Setting, registry

RESULTS = Path(__file__).parents[2] / "build" / "bench" / "results.json"
NODES, PODS = 5_000, 150_000
QUICK_NODES, QUICK_PODS = 500, 15_000
PACKAGES = ("numpy", "msgspec", "pyroaring", "kubernetes", "flask", "gunicorn")


class BadOption(Exception):
    """An option makes no sense; the text is one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadOption(message)


def main(
    arguments: Sequence[str] | None = None,
    known: Sequence[Row] | None = None,
    results: Path = RESULTS,
) -> int:
    """Measure and show; 1 when a bound that must be met is missed, 2 for bad options."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    try:
        asked = _options().parse_args(arguments)
        rows = _chosen(asked.only, registry() if known is None else known)
        setting = _setting(asked)
        _ = setting.cluster.plan
    except (BadOption, NoSuchCluster, NoTrace) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    circumstances = _circumstances(setting)
    lines: list[table.Line] = []
    try:
        for row in rows:
            setting.progress(f"{row.name}: {row.title}")
            lines.append(table.Line(row, row.run(setting)))
            table.save(lines, circumstances, results)
    finally:  # what is known when a row breaks, or a person has seen enough
        table.show(lines, console)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    console.print(f"load average {load}; the figures are in {os.path.relpath(results)}")
    if (setting.nodes, setting.pods) != (NODES, PODS):
        size = f"{setting.nodes:,} nodes and {setting.pods:,} pods"
        console.print(f"NOT THE REAL SIZE: {size}, not {NODES:,} and {PODS:,}", style="bold")
    if setting.rounds < FEWEST_ROUNDS:
        console.print(f"TOO FEW ROUNDS: {setting.rounds}, not {FEWEST_ROUNDS}", style="bold")
    return 1 if table.missed(lines) else 0


def _options() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m tests.bench")
    parser.add_argument(
        "--only", action="append", default=[], metavar="ROW", help="these rows, not all"
    )
    parser.add_argument(
        "--rounds", type=int, default=FEWEST_ROUNDS, help=f"of each row ({FEWEST_ROUNDS})"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the cluster and of changes (1)")
    parser.add_argument("--nodes", type=int, help=f"of the cluster ({NODES:,})")
    parser.add_argument("--pods", type=int, help=f"of the cluster ({PODS:,})")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"a small cluster, {QUICK_NODES:,} nodes and {QUICK_PODS:,} pods: proves nothing",
    )
    return parser


def _chosen(names: Sequence[str], known: Sequence[Row]) -> list[Row]:
    rows = {row.name: row for row in known}
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise BadOption(f"there is no row {unknown[0]!r}; the rows are {', '.join(rows)}")
    return [row for name, row in rows.items() if not names or name in names]


def _setting(asked: argparse.Namespace) -> Setting:
    if asked.rounds < 1:
        raise BadOption(f"--rounds is {asked.rounds}; a row needs at least one")
    if asked.seed < 0:
        raise BadOption(f"--seed is {asked.seed}; it must not be negative")
    nodes = asked.nodes or (QUICK_NODES if asked.quick else NODES)
    pods = asked.pods or (nodes * (PODS // NODES))
    for size in (nodes // 10, nodes):
        Cluster(size, size * (pods // nodes))
    return Setting(nodes, pods, asked.seed, asked.rounds)


def _circumstances(setting: Setting) -> dict[str, Any]:
    return {
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "seed": setting.seed,
        "nodes": setting.nodes,
        "pods": setting.pods,
        "rounds": setting.rounds,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "packages": {name: version(name) for name in PACKAGES},
        "load average": os.getloadavg(),
    }


if __name__ == "__main__":
    sys.exit(main())
