"""What taking the cluster in costs, against the client's typed models."""

import statistics
from functools import cache, partial

from kubernetes import client

from tests.bench import first_load
from tests.bench.measure import Samples, cpu, interleaved
from tests.bench.pod_events import PodEvents
from tests.bench.rows import Result, Row, Setting

EVENTS = 396


@cache
def _loads(setting: Setting) -> dict[str, list[first_load.Cost]]:
    """Both first loads, each in a process of its own, in turn."""
    found: dict[str, list[first_load.Cost]] = {side: [] for side in first_load.SIDES}

    def side(name: str) -> float:
        found[name].append(first_load.measured(name, setting.cluster))
        return found[name][-1].cpu_seconds

    sides = {name: partial(side, name) for name in first_load.SIDES}
    interleaved(sides, setting.rounds, lambda text: setting.progress(f"first load: {text}"))
    return found


def _load_cpu(setting: Setting) -> Result:
    loads = _loads(setting)
    sides = {
        name: Samples(tuple(cost.cpu_seconds for cost in costs)) for name, costs in loads.items()
    }
    ours, typed = sides["ours"], sides["client"]
    return Result(
        figure=ours.over(typed),
        sides=sides,
        notes=(
            f"ours {ours.median * 1e6:.1f} µs per pod (all {loads['ours'][0].pods:,}), the "
            f"client's {typed.median * 1e6:.0f} µs (a sample of {loads['client'][0].pods:,}): "
            f"1/{typed.over(ours).median:.1f}",
        ),
    )


def _load_memory(setting: Setting) -> Result:
    loads = _loads(setting)
    sides = {name: Samples(tuple(cost.bytes for cost in costs)) for name, costs in loads.items()}
    ours, typed = sides["ours"], sides["client"]
    return Result(
        figure=ours.over(typed),
        sides=sides,
        notes=(
            f"ours {ours.median / 1024:.2f} KiB per pod, the client's {typed.median / 1024:.1f} "
            f"KiB (growth of the resident set): 1/{typed.over(ours).median:.1f}",
        ),
    )


def _pod_event(setting: Setting) -> Result:
    """WatchState.line and Inventory.apply, against decoding the pod of the same line."""
    events = PodEvents(setting.cluster, setting.inventory)
    api = client.ApiClient()

    def ours() -> float:
        return statistics.fmean(cpu(partial(events.take_in, line)) for line in lines)

    def typed() -> float:
        pods = [events.object_of(line) for line in lines]
        return statistics.fmean(
            cpu(partial(api.deserialize, pod, "V1Pod", "application/json")) for pod in pods
        )

    samples: dict[str, list[float]] = {"ours": [], "client": []}
    for number in range(setting.rounds):
        lines = events.lines(EVENTS, number)
        for name, side in (("ours", ours), ("client", typed))[:: 1 if number % 2 else -1]:
            samples[name].append(side())
        setting.progress(f"round {number + 1} of {setting.rounds}")
    heartbeats = [events.heartbeat(node) for node in range(min(EVENTS, setting.nodes))]
    beat = statistics.median(cpu(partial(events.take_in_node, line)) for line in heartbeats)
    events.restore()
    sides = {name: Samples(tuple(values)) for name, values in samples.items()}
    times = sides["client"].over(sides["ours"]).median
    return Result(
        figure=sides["ours"].over(sides["client"]),
        sides=sides,
        notes=(
            f"ours {sides['ours'].median * 1e6:.1f} µs per event, the client's "
            f"{sides['client'].median * 1e6:.0f} µs: 1/{times:.1f}; "
            f"a node's heartbeat {beat * 1e6:.1f} µs",
        ),
    )


ROWS = (
    Row("load-cpu", "first load, CPU per pod / the client's models", _load_cpu, 1 / 10, 1 / 15),
    Row("load-memory", "first load, memory per pod / the client's", _load_memory, 1 / 30, 1 / 50),
    Row("event", "whole pod event / decoding it into V1Pod", _pod_event, 1 / 8, 1 / 12),
)
