"""Builds a pinned tool module with Go, once for all clones, and says how far it is."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import install_strategy

SAY_EVERY_SECONDS = 30
ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
COMMAND = ("nice", "-n", "15", "go", "build", "-p", "2", "-trimpath", "-buildvcs=false")
MANIFESTS = "manifests.json"

Say = Callable[[str], None]


class NotBuilt(Exception):
    """The programs cannot be had; the message is one sentence and, after a build, its output."""


@dataclass(frozen=True)
class ToolModule:
    """A folder with a go.mod whose tools are the programs, and how to stamp their version."""

    folder: Path
    pinned: str
    stamp: str
    programs: int

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name


def say(text: str) -> None:
    """Tell a person at once how far it is."""
    print(text, file=sys.stderr, flush=True)


def toolchain(module: ToolModule) -> str | None:
    """Return what `go version` says in the module's folder, or None without Go."""
    try:
        return _go(module, "version")
    except FileNotFoundError:
        return None


def build(module: ToolModule, target: Path, tell: Say = say) -> None:
    """Build all tools of a module into a new folder that appears when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_suffix(".lock"), tell):
        if target.is_dir():
            return
        started = time.monotonic()
        tell(f"{module.name}: fetching the modules (about 600 MB the first time)")
        version, stamps = _version(module)
        tell(f"{module.name}: compiling {module.pinned} {version}, minutes the first time")
        with tempfile.TemporaryDirectory(prefix=f"{target.name}-", dir=target.parent) as name:
            folder = Path(name) / "new"
            folder.mkdir()
            _compile(module, folder, stamps, lambda text: tell(f"{text}, {_since(started)}"))
            if (folder / "virt-operator").exists():
                tell(f"{module.name}: writing KubeVirt's manifests, {_since(started)}")
                write_manifests(folder, version)
            folder.rename(target)
        tell(f"{module.name}: done in {_since(started)}")


def write_manifests(folder: Path, version: str) -> None:
    """Have virt-operator write down what it would install, beside the programs."""
    tools = folder / "virt-operator", folder / "resource-generator"
    content = {"version": version, "objects": install_strategy.objects(*tools, version)}
    (folder / MANIFESTS).write_text(json.dumps(content, default=str), "utf-8")


def _version(module: ToolModule) -> tuple[str, str]:
    """Return the pinned version, and the linker flags that stamp it into the programs."""
    form = '{{.Version}} {{.Time.Format "2006-01-02T15:04:05Z"}}'
    version, date = _go(module, "list", "-m", "-f", form, module.pinned).split()
    major, minor, _ = version.removeprefix("v").split(".", 2)
    stamps = {
        "gitVersion": version,
        "gitMajor": major,
        "gitMinor": minor,
        "gitCommit": version,
        "gitTreeState": "clean",
        "buildDate": date,
    }
    flags = (f"-X {module.stamp}.{name}={value}" for name, value in stamps.items())
    return version, " ".join([*flags, "-s", "-w"])


def _go(module: ToolModule, *arguments: str) -> str:
    done = subprocess.run(
        ["go", *arguments],
        cwd=module.folder,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotBuilt(f"go {' '.join(arguments)} failed in {module.name}/:\n{done.stderr[-3000:]}")
    return done.stdout.strip()


def _compile(module: ToolModule, folder: Path, stamps: str, tell: Say) -> None:
    output = folder.parent / "output"
    with output.open("wb") as log:
        child = subprocess.Popen(
            [*COMMAND, "-ldflags", stamps, "-o", f"{folder}/", "tool"],
            cwd=module.folder,
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            while _still_runs(child):
                linked = len(list(folder.iterdir()))
                tell(f"{module.name}: {linked} of {module.programs} programs linked")
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
    if child.returncode:
        raise NotBuilt(f"go build failed in {module.name}/:\n{output.read_text('utf-8')[-3000:]}")


def _still_runs(child: subprocess.Popen) -> bool:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(SAY_EVERY_SECONDS)
        return False
    return True


@contextmanager
def _locked(path: Path, tell: Say) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"{path.stem}: another run is building it, waiting for that")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _since(started: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    return f"{minutes}:{seconds:02d} min"
