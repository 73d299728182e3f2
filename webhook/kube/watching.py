"""All reflectors over one inventory: start them, wait for their lists, stop them.

The server's version comes first, as it decides how pods are read.
"""

import gc
import logging
import threading
from collections.abc import Callable, Iterable

import msgspec

from webhook.inventory import Inventory
from webhook.kube.client import Api, KubeError
from webhook.kube.reflector import Reflector, Surroundings
from webhook.kube.watch_state import BadAnswer
from webhook.kube.watched import WATCHED, Watched
from webhook.objects import Applied, Version

VERSION_RETRY = 2.0
"""Seconds until the server's version is asked for again, half of them left to chance."""

_LOG = logging.getLogger(__name__)


class _VersionInfo(msgspec.Struct, rename="camel"):
    git_version: str


class Watching:
    """The threads that keep an inventory up to date; `stop` ends them, for good."""

    def __init__(
        self,
        api: Api,
        inventory: Inventory,
        surroundings: Surroundings,
        rows: Iterable[Watched] = WATCHED,
    ) -> None:
        self._api = api
        self._inventory = inventory
        self._surroundings = surroundings
        self._stop = threading.Event()
        self._reflectors = tuple(
            Reflector(api, row, inventory, self._stop, surroundings, self._first_list)
            for row in rows
        )
        self._unlisted = len(self._reflectors)
        self._counting = threading.Lock()
        self._threads = [_thread("watching", self._begin)]

    def start(self) -> None:
        """Begin to read; returns at once."""
        self._threads[0].start()

    def wait_synced(self, seconds: float) -> bool:
        """Whether every kind was listed within so many seconds."""
        deadline = self._surroundings.monotonic() + seconds
        for reflector in self._reflectors:
            left = deadline - self._surroundings.monotonic()
            if not reflector.synced.wait(max(0.0, left)):
                return False
        return True

    def stop(self, seconds: float = 5.0) -> None:
        """End all threads, and wait that long for each at most; waiting reads are cut."""
        self._stop.set()
        for reflector in self._reflectors:
            reflector.shut()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(seconds)

    def _first_list(self) -> None:
        """Called by each reflector once, in its own thread; the last one tidies up.

        What there is by then stays, and none of it is ever part of a cycle: the collector need
        not look at it again, which would stop every request for a tenth of a second. Its
        thresholds stay as they are: what comes after is little, so that even a full collection
        is short, and what events replace goes by its reference count.
        """
        with self._counting:
            self._unlisted -= 1
            if self._unlisted:
                return
        gc.unfreeze()  # garbage was frozen with the pages
        gc.collect()
        gc.freeze()

    def _begin(self) -> None:
        version = self._version()
        if version is None:
            return
        self._inventory.apply([Applied(version)])
        for reflector in self._reflectors:
            thread = _thread(f"watch-{reflector.row.resource}", reflector.run)
            self._threads.append(thread)
            thread.start()

    def _version(self) -> Version | None:
        """The API server's version; None once stopped."""
        while not self._stop.is_set():
            try:
                return server_version(self._api)
            except (KubeError, BadAnswer) as failure:
                _LOG.warning("the server's version is not known yet: %s", failure)
            self._stop.wait(VERSION_RETRY * (0.5 + self._surroundings.chance() / 2))
        return None


def server_version(api: Api) -> Version:
    """Ask the API server for its version; raises KubeError, BadAnswer."""
    content = api.request("GET", "/version")
    try:
        text = msgspec.json.decode(content, type=_VersionInfo).git_version
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadAnswer(f"the answer to /version cannot be read ({error})") from error
    found = Version.parse(text)
    if found is None:
        raise BadAnswer(f"the answer to /version is {text!r}, which is no version")
    return found


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    return threading.Thread(name=name, target=target, daemon=True)
