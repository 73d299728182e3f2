"""Rows over HTTP and TLS: a review's whole way, beside an echo on the same settings.

Every figure is what a client waits, its own cost included, for both sides of a ratio alike.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import cycle

import msgspec

from tests.bench.measure import Samples, interleaved
from tests.bench.processes.asked import Review, bodies, fleet, warmed
from tests.bench.processes.fleet import Served
from tests.bench.processes.load import REVIEWS, Window, few, window
from tests.bench.processes.windows import Kept, cpu_note, told
from tests.bench.rows import Result, Row, Setting

CONNECTIONS = 4
AT_ONCE = f"{CONNECTIONS} connections"


class _Outcome(msgspec.Struct):
    code: str
    nodes: list[str]


class _Explained(msgspec.Struct):
    review: Review
    nodes: list[_Outcome]


def compared(
    setting: Setting, sides: Mapping[str, tuple[Served, tuple[bytes, ...], int]]
) -> tuple[Kept, dict[str, Samples]]:
    """A window of each server in turn: its requests, over so many connections."""
    kept = Kept()

    def look(server: Served, requests: Iterator[bytes], connections: int) -> Window:
        return window(server, requests, few(REVIEWS // connections), connections)

    made = {
        name: kept.side(name, partial(look, server, cycle(requests), connections))
        for name, (server, requests, connections) in sides.items()
    }
    return kept, interleaved(made, setting.rounds, setting.progress)


def validate(setting: Setting) -> Result:
    """/validate, the whole path, beside an echo on the same settings."""
    processes, requests, notes = fleet(setting), bodies(setting).validate, warmed(setting)
    kept, p50 = compared(
        setting,
        {
            "echo": (processes.echo, requests, 1),
            "validate": (processes.webhook, requests, 1),
            f"echo, {AT_ONCE}": (processes.echo, requests, CONNECTIONS),
            f"validate, {AT_ONCE}": (processes.webhook, requests, CONNECTIONS),
        },
    )
    at_once = p50[f"validate, {AT_ONCE}"].over(p50[f"echo, {AT_ONCE}"])
    return Result(
        p50["validate"].over(p50["echo"]),
        sides=p50,
        notes=(
            *notes,
            f"p50 {told(p50['validate'])} ms, echo {told(p50['echo'])} ms",
            f"p99 {told(kept.p99('validate'))} ms, echo {told(kept.p99('echo'))} ms",
            cpu_note(kept),
            f"with {AT_ONCE}: {told(at_once)} ×",
        ),
    )


def explain(setting: Setting) -> Result:
    """The same with the answer of every node, for every query."""
    processes, asked, notes = fleet(setting), bodies(setting), warmed(setting)
    sizes = [explained(processes.webhook, each, setting.nodes) for each in asked.explain[:50]]
    kept, p50 = compared(
        setting,
        {
            "echo": (processes.echo, asked.validate, 1),
            "explain": (processes.webhook, asked.explain, 1),
        },
    )
    return Result(
        p50["explain"].over(p50["echo"]),
        sides=p50,
        notes=(
            *notes,
            f"p50 {told(p50['explain'])} ms, echo {told(p50['echo'])} ms",
            cpu_note(kept),
            f"{setting.nodes:,} nodes in each answer of {sum(sizes) / len(sizes) / 1e3:,.0f} KB",
        ),
    )


def explained(server: Served, request: bytes, nodes: int) -> int:
    """Ask once; the answer's size. Raises ValueError where it does not tell of every node."""
    with server.connected() as connection:
        _, body = connection.ask(request)
    table = msgspec.json.decode(body, type=_Explained).nodes
    told_of = {name for outcome in table for name in outcome.nodes}
    if len(told_of) != nodes:
        raise ValueError(f"the answer tells of {len(told_of)} nodes of {nodes}")
    return len(body)


ROWS = (
    Row("validate", "/validate over TLS, p50 vs a Flask + json echo", validate, 3.0, 2.2),
    Row("explain", "the same with the answer of each node", explain, 5.0, 4.0),
)
