"""python -m tests.torture.mutants: how many mutants of the verdict do the unit tests kill?

mutmut changes one thing at a time in `webhook/placement` and `webhook/launcher`, in a copy of the
tree, and runs the unit tests that reach the changed function. What survives must stand in
`survivors.toml` with the reason why no test can tell it from the original.
"""

import json
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build" / "torture" / "mutants"
RESULT = ROOT / "build" / "torture" / "mutants.json"
EXPLAINED = Path(__file__).with_name("survivors.toml")
TREES = ("webhook", "tests", "certs", "manifests", "docs", "setup.cfg", "pyproject.toml")
BAR = 0.90
SURVIVED, NOT_RUN = 0, None
PROGRESS_SECONDS = 20


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test noticed: its function, and the line before and after."""

    function: str
    was: str
    becomes: str


def main() -> int:
    """Run mutmut, print the table, and return 1 below the bar or with unexplained survivors."""
    _copy()
    _run()
    outcomes = _outcomes()
    killed = sum(code not in (SURVIVED, NOT_RUN) for code in outcomes.values())
    survivors = [_survivor(name) for name, code in sorted(outcomes.items()) if code == SURVIVED]
    unexplained = [each for each in survivors if each not in explained(EXPLAINED)]
    _report(outcomes, killed, survivors, unexplained)
    not_run = sum(code is NOT_RUN for code in outcomes.values())
    return int(bool(not_run or unexplained) or killed < BAR * len(outcomes))


def explained(path: Path) -> dict[Survivor, str]:
    """The survivors that are known, each with why it survives."""
    entries = tomllib.loads(path.read_text("utf-8")).get("survivor", [])
    return {Survivor(e["function"], e["was"], e["becomes"]): e["why"] for e in entries}


def _copy() -> None:
    """Bring the copy up to date; mutmut goes on where it stopped for files that did not change."""
    COPY.mkdir(parents=True, exist_ok=True)
    for name in TREES:
        source, target = ROOT / name, COPY / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)


def _run() -> None:
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "2"]
    log = COPY / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=COPY, stdout=out, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                time.sleep(PROGRESS_SECONDS)
                print(_last_line(log), flush=True)
        finally:
            process.terminate()
            process.wait()
    if process.returncode:
        raise SystemExit(f"mutmut failed; its log is {log}\n{_last_line(log)}")


def _last_line(log: Path) -> str:
    text = log.read_bytes()[-2000:].decode("utf-8", "ignore")
    return text.replace("\r", "\n").rstrip().rpartition("\n")[2]


def _outcomes() -> dict[str, int | None]:
    """The exit code of the tests for each mutant; None for one that was not run."""
    found: dict[str, int | None] = {}
    for meta in sorted((COPY / "mutants").rglob("*.meta")):
        found |= json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    return found


def _survivor(name: str) -> Survivor:
    command = [str(Path(sys.executable).with_name("mutmut")), "show", name]
    shown = subprocess.run(command, cwd=COPY, capture_output=True, text=True, check=True).stdout
    return survivor(name, shown)


def survivor(name: str, diff: str) -> Survivor:
    """The survivor in mutmut's diff, free of the number that its name ends with."""
    lines = diff.splitlines()
    was = [line[1:].strip() for line in lines if line.startswith("-") and line[:3] != "---"]
    becomes = [line[1:].strip() for line in lines if line.startswith("+") and line[:3] != "+++"]
    function = name.rpartition("__mutmut_")[0]
    return Survivor(function, " / ".join(was), " / ".join(becomes))


def _report(
    outcomes: dict[str, int | None],
    killed: int,
    survivors: list[Survivor],
    unexplained: list[Survivor],
) -> None:
    modules = Counter(name.rpartition(".")[0] for name in outcomes)
    alive = Counter(each.function.rpartition(".")[0] for each in survivors)
    for module, count in sorted(modules.items()):
        print(f"{module:48} {count - alive[module]:5} of {count:5}")
    share = killed / max(1, len(outcomes))
    print(f"killed {killed} of {len(outcomes)} mutants ({share:.1%}); the bar is {BAR:.0%}")
    for each in unexplained:
        print(f"not explained: {each.function}\n  - {each.was}\n  + {each.becomes}")
    rows = [{"function": e.function, "was": e.was, "becomes": e.becomes} for e in survivors]
    result = {"mutants": len(outcomes), "killed": killed, "survivors": rows}
    RESULT.write_text(json.dumps(result, indent=1), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
