"""Small cases with the real scheduler's answer, kept as JSON for the unit tests."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.torture.differential.comparison import Comparison, compare
from tests.torture.differential.hearing import Answer, Hearing
from tests.torture.differential.judge import Judge
from tests.torture.differential.scene import Tree

FOLDER = Path(__file__).parents[2] / "data" / "differential"
_NOISE = ("creationTimestamp", "generation", "managedFields", "resourceVersion")


def case(hearing: Hearing, pod: str, about: str) -> dict[str, Any]:
    """Return what has to be kept of the hearing about one pod."""
    answer = hearing.answers[pod]
    return {
        "about": about,
        "version": hearing.version,
        "pod": pod,
        "answer": {
            "passed": sorted(answer.passed),
            "text": answer.text,
            "failed": answer.failed,
        },
        "profile": hearing.profile,
        "objects": [_lean(tree) for tree in hearing.objects],
    }


def _lean(tree: Tree) -> Tree:
    metadata = {field: value for field, value in tree["metadata"].items() if field not in _NOISE}
    return {**tree, "metadata": metadata}


def save(name: str, kept: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Write a case and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return file


def witness(reason: str) -> str:
    """Return the name of the case that witnesses a reason."""
    words = re.sub(r"[^a-z0-9]+", "-", reason.lower()).strip("-")
    return f"reason-{words[:70].rstrip('-')}"


def saved(folder: Path = FOLDER) -> Iterator[Path]:
    """Yield the files of all cases."""
    yield from sorted(folder.glob("*.json"))


def load(file: Path) -> dict[str, Any]:
    """Read a case."""
    read: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return read


def replayed(kept: dict[str, Any]) -> Comparison:
    """Judge a case again and compare with the answer that was recorded."""
    ours = Judge(kept["version"], kept["profile"], kept["objects"]).diagnosis(kept["pod"])
    answer = kept["answer"]
    theirs = Answer(frozenset(answer["passed"]), answer["text"], answer["failed"])
    return compare(ours, theirs)
