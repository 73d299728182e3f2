"""The first load of all pods, by us or by the client's typed models, in a process of its own.

`python -m tests.bench.first_load ours|client --nodes N --pods N --seed N` prints one line of
JSON: seconds of CPU and bytes of memory per pod. Both sides are given the same pages of a LIST.
CPU is this thread's, without making the pages. Memory is by how much the resident set grew, with
everything that was decoded kept, as an informer keeps it: we decode every pod, the client a
sample, because all of them would not fit into memory.
"""

import argparse
import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from kubernetes import client

from tests.bench.cluster import Cluster
from tests.bench.cluster.loading import SERVER, load
from tests.bench.measure import cpu
from webhook.inventory import Inventory
from webhook.kube.watch_state import PAGE
from webhook.kube.watched import WATCHED
from webhook.objects import Applied

SAMPLE_PAGES = 30
"""Of the client: 3,000 pods."""

SIDES = ("ours", "client")


@dataclass(frozen=True, slots=True)
class Cost:
    """Per pod."""

    cpu_seconds: float
    bytes: float
    pods: int


def resident() -> int:
    """The resident set of this process in bytes."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def ours(cluster: Cluster) -> Cost:
    """WatchState.page and Inventory.apply, with the nodes already there."""
    rows = {row.kind: row for row in WATCHED}
    inventory = Inventory()
    inventory.apply([Applied(SERVER)])
    load(inventory, rows["Node"], cluster.pages("Node", PAGE))
    gc.collect()
    before, spent = resident(), _Spent()
    spent.on(lambda: load(inventory, rows["Pod"], spent.off(cluster.pages("Pod", PAGE))))
    gc.collect()
    return Cost(spent.seconds / cluster.pods, (resident() - before) / cluster.pods, cluster.pods)


class _Spent:
    """The CPU of a piece of work, without what it draws from an iterator."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def on(self, work) -> None:
        self.seconds += cpu(work)

    def off(self, pages: Iterator[bytes]) -> Iterator[bytes]:
        found: list[bytes] = []
        while True:
            found.clear()
            self.seconds -= cpu(lambda: found.extend(islice(pages, 1)))
            if not found:
                return
            yield found.pop()


def typed(cluster: Cluster) -> Cost:
    """V1PodList by the client's own `deserialize`, of pages spread over the whole list."""
    api = client.ApiClient()
    step = max(1, cluster.pods // PAGE // SAMPLE_PAGES)
    _decoded(api, next(cluster.pages("Pod", PAGE)))  # what it builds once is not of this list
    kept: list[client.V1PodList] = []

    def keep(page: bytes) -> None:
        kept.append(_decoded(api, page))

    gc.collect()
    before, seconds, pods = resident(), 0.0, 0
    for page in islice(cluster.pages("Pod", PAGE), 0, None, step):
        seconds += cpu(partial(keep, page))
        pods += len(kept[-1].items)
    gc.collect()
    return Cost(seconds / pods, (resident() - before) / pods, pods)


def _decoded(api: client.ApiClient, page: bytes) -> client.V1PodList:
    found: client.V1PodList = api.deserialize(page.decode(), "V1PodList", "application/json")
    return found


def measured(side: str, cluster: Cluster) -> Cost:
    """What a child process says of one side."""
    sizes = {"--nodes": cluster.nodes, "--pods": cluster.pods, "--seed": cluster.seed}
    options = [str(each) for pair in sizes.items() for each in pair]
    command = [sys.executable, "-m", "tests.bench.first_load", side, *options]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Cost(**json.loads(output))


def main() -> None:
    """Measure one side and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=SIDES)
    for name in ("--nodes", "--pods", "--seed"):
        parser.add_argument(name, type=int, required=True)
    asked = parser.parse_args()
    cluster = Cluster(asked.nodes, asked.pods, asked.seed)
    _ = cluster.plan  # made before, so that it is no part of what is measured
    cost = (ours if asked.side == "ours" else typed)(cluster)
    print(json.dumps({"cpu_seconds": cost.cpu_seconds, "bytes": cost.bytes, "pods": cost.pods}))


if __name__ == "__main__":
    main()
