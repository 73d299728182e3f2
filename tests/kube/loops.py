"""What the loops under test run with: an inventory to wait on, quick delays, clocks by hand."""

import gc
import threading
from contextlib import contextmanager

from webhook.inventory import Inventory
from webhook.kube.reflector import Reflector, Surroundings

PATIENCE = 20.0


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self, now=1000.0):
        self.now = now

    def __call__(self):
        """Read it."""
        return self.now


class QuickStop(threading.Event):
    """An Event whose waits are noted and cut short, so that no back-off is slept through."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def wait(self, timeout=None):
        """Note how long it should have been."""
        self.waits.append(timeout)
        return super().wait(0.001)


class WatchedInventory(Inventory):
    """An Inventory that tells who waits for a condition on it."""

    def __init__(self):
        super().__init__()
        self.changed = threading.Condition()
        self.calls = []

    def apply(self, events, now=None, pause=tuple):
        """Apply, then tell."""
        super().apply(events, now, pause)
        self._tell(("apply", now))

    def heard(self, type_, now):
        """Note life, then tell."""
        super().heard(type_, now)
        self._tell(("heard", now))

    def lost(self, type_, now):
        """Note the loss, then tell."""
        super().lost(type_, now)
        self._tell(("lost", now))

    def reached(self, type_):
        """Note that the source is there again, then tell."""
        super().reached(type_)
        self._tell(("reached", None))

    def wait_until(self, condition):
        """Wait for a condition on the inventory; it must come true."""
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE), "it never came true"

    def _tell(self, call):
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()


def content(inventory):
    """Everything in an inventory, for comparison."""
    found = []
    for event in inventory.freeze():
        if hasattr(event, "objects"):
            found.append((event.type, sorted(event.objects, key=lambda o: str(o.key))))
        else:
            found.append(event)
    return sorted(found, key=repr)


@contextmanager
def reflecting(api, row, inventory, clock=None):
    """Run a reflector as a thread for a block, with quick delays; gives it and its stop."""
    stop = QuickStop()
    surroundings = Surroundings(clock or Clock(), lambda: 0.5)
    reflector = Reflector(api, row, inventory, stop, surroundings)
    thread = threading.Thread(target=reflector.run, daemon=True)
    thread.start()
    try:
        yield reflector, stop
    finally:
        stop.set()
        reflector.shut()
        thread.join(PATIENCE)
        gc.unfreeze()  # what the code under test froze
        assert not thread.is_alive()
