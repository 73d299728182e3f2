"""The processes of a run and what they are asked: started, rendered and warmed up once."""

import atexit
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

import msgspec

from tests.bench.processes.connection import post
from tests.bench.processes.fleet import Fleet, running
from tests.bench.processes.load import REVIEWS, few, window
from tests.bench.rows import Setting

FOLDER = Path(__file__).parents[3] / "build" / "bench" / "processes"
QUERIES = 2_000
"""Different ones: who is asked the same again has been asked all others in between."""

WARMING = 400
"""Reviews whose answers are looked at before anything is measured."""


class Answered(msgspec.Struct):
    """What a review was answered: allowed, or with which code."""

    allowed: bool
    auditAnnotations: dict[str, str] = {}


class Review(msgspec.Struct):
    """An answer of /validate."""

    response: Answered


@dataclass(frozen=True, slots=True)
class Bodies:
    """The same queries, ready to be sent to both paths."""

    validate: tuple[bytes, ...]
    explain: tuple[bytes, ...]
    size: float


_RUNNING = ExitStack()


@cache
def fleet(setting: Setting) -> Fleet:
    """The processes, started once per run and ended with it."""
    atexit.register(end)
    size = (setting.nodes, setting.pods, setting.seed)
    return _RUNNING.enter_context(running(size, FOLDER, setting.progress))


def end() -> None:
    """End all processes; nothing that needs them can be measured any more."""
    _RUNNING.close()


@cache
def bodies(setting: Setting) -> Bodies:
    """The mix of queries."""
    queries = [query.review for query in setting.cluster.queries(QUERIES, setting.seed)]
    return Bodies(
        tuple(post("/validate?timeout=5s", body) for body in queries),
        tuple(post("/explain", body) for body in queries),
        sum(map(len, queries)) / len(queries) / 1e3,
    )


@cache
def warmed(setting: Setting) -> tuple[str, ...]:
    """Ask everything once; what the answers were, as notes."""
    asked, server = bodies(setting), fleet(setting).webhook
    codes: Counter[str] = Counter()
    with server.connected() as connection:
        for request in asked.validate[:WARMING]:
            answer = msgspec.json.decode(connection.ask(request)[1], type=Review).response
            codes[answer.auditAnnotations.get("code", "allowed")] += 1
    window(fleet(setting).echo, cycle(asked.validate), few(REVIEWS))
    mix = ", ".join(f"{code} {number}" for code, number in codes.most_common())
    return (f"queries of {asked.size:.1f} KB, the first {WARMING} of {QUERIES:,}: {mix}",)
