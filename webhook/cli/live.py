"""What the commands do against a live API server: connect, lead, watch, act."""

import logging
import random
import signal
import threading
import time
from datetime import UTC, datetime

from webhook.cli import options
from webhook.controller import Controller
from webhook.inventory import Inventory
from webhook.kube.client import Api, KubeError, connect
from webhook.kube.executor import Executor
from webhook.kube.lease import Clocks, Lease
from webhook.kube.reflector import Surroundings
from webhook.kube.watching import Watching
from webhook.objects import Applied, Profile

LEASE = "vm-affinity-reconciler"
_LOG = logging.getLogger(__name__)


def api(kubeconfig: str | None, context: str | None) -> Api:
    """The connection; ends with one sentence where there is no usable configuration."""
    try:
        return connect(kubeconfig, context)
    except KubeError as error:
        if kubeconfig or context:
            options.fail(str(error))
        options.fail(
            "no cluster is named: give --cluster with its files, or --kubeconfig of a live one "
            "(outside of a pod there is no service account to fall back on)"
        )


def reconcile_forever(connection: Api, profile: Profile, namespace: str, identity: str) -> int:
    """Wait for the lease, then reconcile until told to stop; returns the exit code.

    Whoever loses the lease exits: its threads and caches belong to a leader.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    clocks = Clocks(time.monotonic, lambda: datetime.now(UTC))
    lease = Lease(connection, namespace, LEASE, identity, clocks)
    _LOG.info("waiting for the lease %s/%s as %s", namespace, LEASE, identity)
    if not lease.acquire(stop):
        return 0
    _LOG.info("leading")
    lost = threading.Event()
    holder = threading.Thread(target=_hold, args=(lease, stop, lost), name="lease", daemon=True)
    holder.start()
    _lead(connection, profile, lease, clocks, stop)
    holder.join(5)
    if lost.is_set():
        _LOG.error("the lease was lost; leaving, so that another process can lead")
        return 1
    lease.release()
    return 0


def _hold(lease: Lease, stop: threading.Event, lost: threading.Event) -> None:
    if not lease.hold(stop):
        lost.set()
        stop.set()


def _lead(
    connection: Api, profile: Profile, lease: Lease, clocks: Clocks, stop: threading.Event
) -> None:
    """Watch and reconcile while leading; only the leader watches."""
    inventory = Inventory()
    inventory.apply([Applied(profile)])
    chance = random.SystemRandom().random
    watching = Watching(connection, inventory, Surroundings(clocks.monotonic, chance))
    executor = Executor(connection, lease, clocks.monotonic)
    watching.start()
    try:
        Controller(inventory, executor, clocks.monotonic, clocks.now).run_forever(stop)
    finally:
        stop.set()
        watching.stop()
