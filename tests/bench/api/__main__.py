"""python -m tests.bench.api: the API server over a generated cluster, until it is terminated.

It says `ready` on stdout once it serves. It runs at a lower priority than what it feeds.
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence

from tests.bench.api.server import server
from tests.bench.api.store import Store
from tests.bench.cluster import Cluster, NoSuchCluster
from webhook.kube.watched import WATCHED

NICENESS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM."""
    chosen = _options().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.nice(NICENESS)
    try:
        cluster = Cluster(chosen.nodes, chosen.pods, chosen.seed)
    except NoSuchCluster as error:
        print(f"bench api: {error}", file=sys.stderr)
        return 2
    serving = server(Store(_kinds(cluster)), chosen.port, chosen.seed)
    # a collection would look at every object that is served, to find nothing
    gc.freeze()
    print("ready", flush=True)
    serving.serve_forever()
    return 0


def _kinds(cluster: Cluster) -> dict[str, Iterator[bytes]]:
    """Every kind that is watched and must be there, and what the cluster has of the others."""
    has = frozenset(cluster.kinds())
    return {
        row.kind: cluster.objects(row.kind) if row.kind in has else iter(())
        for row in WATCHED
        if row.required or row.kind in has
    }


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1")
    parser.add_argument("--nodes", type=int, default=5_000)
    parser.add_argument("--pods", type=int, default=150_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
