"""Ports on 127.0.0.1 for one cluster.

A port that is free now may be taken when its server starts, or while the server is restarted:
by another cluster, or by any outgoing connection, which draws from the ephemeral range. So ports
come in blocks below that range, and who holds the lock of a block has it until the lock closes.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIRST, LAST, SIZE = 20000, 32000, 32
FOLDER = Path(tempfile.gettempdir()) / f"vm-affinity-ports-{os.getuid()}"


class PortBlock:
    """Numbers to hand out, each once; a name always gets the same one."""

    def __init__(self, first: int) -> None:
        self.first = first
        self._named: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        if name not in self._named and len(self._named) == SIZE:
            raise LookupError(f"a cluster has no more than {SIZE} ports")
        return self._named.setdefault(name, self.first + len(self._named))


@contextmanager
def reserved() -> Iterator[PortBlock]:
    """Hold a block that no other cluster holds and in which nothing listens."""
    FOLDER.mkdir(exist_ok=True)
    for first in range(FIRST, LAST, SIZE):
        with (FOLDER / f"{first}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if all(_is_free(port) for port in range(first, first + SIZE)):
                yield PortBlock(first)
                return
    raise LookupError(f"no block of {SIZE} free ports between {FIRST} and {LAST}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as the servers will do, so that a port in TIME_WAIT counts as free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
