"""What a verdict costs on the big cluster, on a tenth of it, and with the broadest selectors."""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tests.bench.cluster import Query
from tests.bench.cluster.queries import BROAD
from tests.bench.measure import Samples, Side, interleaved, percentile, slowest_tenth
from tests.bench.pod_events import PodEvents
from tests.bench.rows import Result, Row, Setting
from webhook.inventory import Inventory
from webhook.judge import Subject, World, judge
from webhook.objects import PodInfo
from webhook.placement import evaluate
from webhook.policy import Decision, decide
from webhook.review import decode

QUERIES = 300
BROAD_QUERIES = 8

Costs = dict[str, list[list[float]]]
"""CPU seconds by side, then by query, then by round."""


def subject(query: Query, world: World) -> Subject:
    """The two VMs of a review."""
    old, new = decode(query.review).subject(world.features)
    return Subject(new, old)


def moved(subject_: Subject, inventory: Inventory) -> None:
    """*move*, in a world of its own as a request has it: render the target, judge every node."""
    with inventory.reading() as world:
        findings = judge(subject_, world)
        assert findings.question == "move"
        assert findings.diagnosis.nodes


def decided(subject_: Subject, inventory: Inventory) -> Decision:
    """The whole decision, in a world of its own."""
    with inventory.reading() as world:
        return decide(judge(subject_, world))


def subjects(queries: Sequence[Query], inventory: Inventory) -> list[Subject]:
    """What the reviews are about, parsed before anything is measured."""
    with inventory.reading() as world:
        return [subject(query, world) for query in queries]


def costs(setting: Setting, sides: Mapping[str, Sequence[Side]]) -> Costs:
    """The cost of each piece of work; in every round each side does all of its own in a row.

    Not one piece of each side after the other: what one leaves in the processor's caches would
    be charged to the next.
    """
    found: Costs = {name: [[] for _ in works] for name, works in sides.items()}

    def side(name: str) -> float:
        spent = [work() for work in sides[name]]
        for rounds, seconds in zip(found[name], spent, strict=True):
            rounds.append(seconds)
        return sum(spent)

    interleaved({name: partial(side, name) for name in sides}, setting.rounds, setting.progress)
    return found


def worst(side: list[list[float]]) -> list[int]:
    """The queries of the worst decile: each one's cost is the median of its rounds."""
    return slowest_tenth([statistics.median(rounds) for rounds in side])


def mean_of(side: list[list[float]], at: Sequence[int]) -> Samples:
    """Round by round, the mean cost of these queries."""
    rounds = range(len(side[0]))
    return Samples(tuple(statistics.fmean(side[each][r] for each in at) for r in rounds))


def _verdict(setting: Setting) -> Result:
    """Render and evaluate, the whole decision, and json.loads, on the same reviews."""
    queries = setting.cluster.queries(QUERIES, setting.seed)
    inventory = setting.inventory
    asked, events = subjects(queries, inventory), PodEvents(setting.cluster, inventory)
    found = costs(
        setting,
        {
            "json.loads": [events.before(partial(json.loads, query.review)) for query in queries],
            "move": [events.before(partial(moved, each, inventory)) for each in asked],
            "decide": [events.before(partial(decided, each, inventory)) for each in asked],
        },
    )
    events.restore()
    codes = Counter(decided(each, inventory).code or "admitted" for each in asked)
    tenth, everyone = worst(found["move"]), range(len(queries))
    loads = mean_of(found["json.loads"], tenth)
    move = mean_of(found["move"], tenth)
    whole = mean_of(found["decide"], worst(found["decide"]))
    size = statistics.fmean(len(query.review) for query in queries)
    return Result(
        figure=move.over(loads),
        sides={"move, worst decile": move, "decide, worst decile": whole, "json.loads": loads},
        notes=(
            _ratio_note("move, worst decile", move, loads),
            _ratio_note("the whole decision, worst decile", whole, loads),
            _ratio_note("move, mean", mean_of(found["move"], everyone), loads),
            f"move p50 {_at(found['move'], 0.5):.0f} µs, p99 {_at(found['move'], 0.99):.0f} µs;"
            f" decide p50 {_at(found['decide'], 0.5):.0f} µs",
            f"{len(queries)} reviews of {size / 1e3:.1f} KB; {_spoken(codes)}",
        ),
    )


def _spoken(codes: Counter[str]) -> str:
    return ", ".join(f"{count} {code}" for code, count in codes.most_common())


def _at(side: list[list[float]], share: float) -> float:
    return percentile([statistics.median(rounds) for rounds in side], share) * 1e6


def _ratio_note(what: str, above: Samples, below: Samples) -> str:
    times = above.over(below).median
    return f"{what}: {above.median * 1e6:.0f} µs of CPU, {times:.2f} × json.loads"


def _scaling(setting: Setting) -> Result:
    """The mean verdict of the mix on both clusters, each with queries about itself."""
    sides = {
        "small": (setting.tenth, setting.small_inventory),
        "big": (setting.cluster, setting.inventory),
    }
    changes = {name: PodEvents(*side) for name, side in sides.items()}
    works = {
        name: [
            changes[name].before(partial(moved, each, inventory))
            for each in subjects(cluster.queries(QUERIES, setting.seed), inventory)
        ]
        for name, (cluster, inventory) in sides.items()
    }
    found = costs(setting, works)
    for events in changes.values():
        events.restore()
    everyone = range(QUERIES)
    below, above = mean_of(found["small"], everyone), mean_of(found["big"], everyone)
    return Result(
        figure=above.over(below),
        sides={"small": below, "big": above},
        notes=(
            f"{setting.tenth.nodes:,} nodes: {below.median * 1e6:.0f} µs; "
            f"{setting.nodes:,} nodes: {above.median * 1e6:.0f} µs (mean of the mix)",
        ),
    )


def rendered(queries: Sequence[Query], inventory: Inventory) -> list[PodInfo]:
    """The target pods of these requests, for `evaluate` alone."""
    with inventory.reading() as world:
        return [judge(subject(query, world), world).pod for query in queries]


def _evaluated(pod: PodInfo, inventory: Inventory) -> None:
    with inventory.reading() as world:
        assert evaluate(pod, world.index).nodes


def _broadest(setting: Setting) -> Result:
    """`evaluate` of the typical query, and with each broad selector; the broadest counts."""
    inventory = setting.inventory
    typical = rendered(setting.cluster.queries(BROAD_QUERIES * 10, setting.seed), inventory)
    broad = {
        name: rendered(setting.cluster.broad(name, BROAD_QUERIES, setting.seed), inventory)
        for name in BROAD
    }
    events = PodEvents(setting.cluster, inventory)

    looks: dict[str, list[float]] = {}

    def side(name: str, pods: Sequence[PodInfo]) -> Callable[[], float]:
        works = [events.before(partial(_evaluated, pod, inventory)) for pod in pods]
        seen = looks.setdefault(name, [])

        def run() -> float:
            found = [work() for work in works]
            seen.extend(found)
            return statistics.fmean(found)

        return run

    sides = {"typical": side("typical", typical)}
    sides |= {name: side(name, pods) for name, pods in broad.items()}
    found = interleaved(sides, setting.rounds, setting.progress)
    events.restore()
    ratios = {name: found[name].over(found["typical"]) for name in BROAD}
    name = max(ratios, key=lambda each: ratios[each].median)
    return Result(
        figure=ratios[name],
        sides=found,
        notes=(
            f"typical: {found['typical'].median * 1e6:.0f} µs of CPU; the broadest: {name}",
            *(
                f"{each}: {ratios[each].median:.2f} ×, at most {max(looks[each]) * 1e3:.1f} ms"
                for each in BROAD
            ),
        ),
    )


ROWS = (
    Row("verdict", "CPU per move verdict, worst decile / json.loads", _verdict, 8, 4),
    Row("scaling", "CPU per verdict, whole cluster / a tenth of it", _scaling, 2, 1.5),
    Row("broadest", "broadest selector / typical query", _broadest, 20, 12),
)
