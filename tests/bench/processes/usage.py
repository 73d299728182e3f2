"""What a process uses, as the kernel tells it under /proc."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
KIB = 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB: resident now, resident at most ever, and its share of what is resident."""

    resident: float
    peak: float
    proportional: float


def memory(pid: int, proc: Path = PROC) -> Memory:
    """The memory of a process; raises OSError, KeyError."""
    status = _kib(proc / str(pid) / "status")
    rollup = _kib(proc / str(pid) / "smaps_rollup")
    return Memory(status["VmRSS"] / KIB, status["VmHWM"] / KIB, rollup["Pss"] / KIB)


def _kib(file: Path) -> dict[str, int]:
    """The lines `Name:  123 kB` of a file."""
    words = (line.split() for line in file.read_text("ascii").splitlines())
    return {each[0].rstrip(":"): int(each[1]) for each in words if each[-1] == "kB"}


@dataclass(frozen=True, slots=True)
class Seconds:
    """What the threads of a process have had of cores, and waited for one, so far."""

    ran: float
    waited: float

    def since(self, before: "Seconds") -> "Seconds":
        """Between two looks."""
        return Seconds(self.ran - before.ran, self.waited - before.waited)


def seconds(pid: int, proc: Path = PROC) -> Seconds:
    """Of all running threads of a process; one that ends takes its share away."""
    ran = waited = 0
    for task in (proc / str(pid) / "task").iterdir():
        with suppress(FileNotFoundError):  # it has just ended
            words = (task / "schedstat").read_text("ascii").split()
            ran, waited = ran + int(words[0]), waited + int(words[1])
    return Seconds(ran / 1e9, waited / 1e9)


def children(pid: int, proc: Path = PROC) -> list[int]:
    """The processes that it started and that still run."""
    text = (proc / str(pid) / "task" / str(pid) / "children").read_text("ascii")
    return [int(each) for each in text.split()]
