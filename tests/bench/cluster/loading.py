"""An inventory from list pages, the way the webhook reads them from an API server."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from webhook.inventory import Inventory
from webhook.kube.watch_state import PAGE, WatchState
from webhook.kube.watched import WATCHED, Watched
from webhook.objects import Applied, Event, Version

SERVER = Version(1, 36, 2)


class Pages(Protocol):
    """Where list pages come from."""

    def pages(self, kind: str, size: int) -> Iterator[bytes]:
        """The answers to a paged LIST."""
        ...


def loaded(source: Pages) -> Inventory:
    """Everything that a source has."""
    inventory = Inventory()
    inventory.apply([Applied(SERVER)])
    for row in WATCHED:
        load(inventory, row, source.pages(row.kind, PAGE))
    return inventory


def load(inventory: Inventory, row: Watched, pages: Iterable[bytes]) -> WatchState:
    """Take in the pages of one kind; the state could go on with a watch."""
    state = WatchState(row, lambda: inventory.features)
    for page in pages:
        events: tuple[Event, ...] = state.page(page, tuple).events
        inventory.apply(events)
    return state
