"""Children of one cluster, each in a process group of its own, with a log and an end in any case.

What a Deployment or kubelet would restart is restarted. Whoever is killed before it can end its
children leaves a folder behind whose lock is free: the next cluster ends what still runs there.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = f"vm-affinity-cluster-{os.getuid()}-"
LOCK = "in-use"
TAIL_LINES = 15
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds before a program that ended is started again; doubled each time, as kubelet does."""

STEADY_SECONDS = 30
"""Who ran for so long starts with the short pause again."""

UNSTABLE = 4
"""Ends in a row after which a program is not waited for any more."""


@dataclass
class Process:
    """A program that is meant to run; `grace` is how long it gets to end by itself."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    grace: float = 0
    restart: bool = True
    restarts: int = 0
    started: float = 0
    child: subprocess.Popen | None = field(default=None, repr=False)

    def spawn(self, folder: Path) -> None:
        """Start it; TMPDIR is inside the cluster's folder, so that nothing is left elsewhere."""
        self.started = time.monotonic()
        env = {**os.environ, "TMPDIR": str(folder), **self.env}
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=env,
                start_new_session=True,
            )

    def end(self, grace: float) -> None:
        """End the whole group: by SIGTERM when it is given time, by SIGKILL after that."""
        child = self.child
        if child is None:
            return
        if grace:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def is_due(self) -> bool:
        """Whether it ended by itself and has paused long enough."""
        if not self.restart or self.child is None or self.child.poll() is None:
            return False
        ran = time.monotonic() - self.started
        if ran > STEADY_SECONDS:
            self.restarts = 0
        return bool(ran > min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.restarts))

    def tail(self) -> str:
        """Return the last lines of its log."""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(f"  {self.name}: {line[:300]}" for line in lines[-TAIL_LINES:])


class Processes:
    """All children of one cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, Process] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._watchdog.start()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        grace: float = 0,
        restart: bool = True,
    ) -> Process:
        """Start a program; when it ends by itself it is started again, unless told otherwise."""
        log = self.folder / f"{name}.log"
        process = Process(name, command, log, env or {}, grace, restart)
        with self._lock:
            process.spawn(self.folder)
            self._running[name] = process
        return process

    def stop(self, name: str, grace: float | None = None) -> Process:
        """End a program and return it, for whoever wants to start the same one again."""
        with self._lock:
            process = self._running.pop(name)
        process.end(process.grace if grace is None else grace)
        return process

    def again(self, process: Process) -> None:
        """Start a stopped program as it was started before."""
        with self._lock:
            process.spawn(self.folder)
            self._running[process.name] = process

    def pid(self, name: str) -> int:
        """Return the process id of a running program."""
        child = self._running[name].child
        if child is None:
            raise LookupError(name)
        return child.pid

    def require_stable(self) -> None:
        """Raise when a program ends again and again: it will not become ready either."""
        with self._lock:
            for process in self._running.values():
                if process.restarts >= UNSTABLE:
                    raise RuntimeError(f"{process.name} ended {UNSTABLE} times in a row")

    def tails(self) -> str:
        """Return the last lines of every log, for the message of a failed start."""
        return "\n".join(process.tail() for process in self._running.values())

    def stop_all(self) -> None:
        """End everything, what was started last first."""
        self._ending.set()
        self._watchdog.join()
        for name in reversed(list(self._running)):
            self.stop(name)

    def _watch(self) -> None:
        while not self._ending.wait(0.1):
            with self._lock:
                for process in filter(Process.is_due, self._running.values()):
                    process.restarts += 1
                    process.spawn(self.folder)


@contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder for a cluster, in use until the block ends; whoever made it removes it."""
    end_orphans()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def end_orphans() -> None:
    """End the children of clusters whose owner is gone, and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = (folder / LOCK).open("w")
        except OSError:
            continue
        with lock, contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for pid in _with_working_folder(folder):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)


def _with_working_folder(folder: Path) -> Iterator[int]:
    """Find the leaders of process groups that work in a folder, which no one else does."""
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder and os.getpgid(pid) == pid:
                yield pid
