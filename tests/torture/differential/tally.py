"""What a run has found so far, its bars, and the table at its end."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.differential.comparison import Comparison
from tests.torture.differential.hearing import Answer
from tests.torture.differential.reachability import (
    HITS,
    REACHABLE,
    UNREACHABLE,
    reasons,
    shortfalls,
    unlisted,
)

VERDICTS, TEXTS = 50_000, 500
"""Fewer verdicts, or fewer plain texts, prove too little."""


@dataclass
class Tally:
    """Figures of all rounds of one seed; `rounds` is also the number of the next one."""

    seed: int
    version: str = ""
    rounds: int = 0
    pods: int = 0
    verdicts: int = 0
    passed: int = 0
    open: int = 0
    failed: int = 0
    plain_texts: int = 0
    mixed_texts: int = 0
    events: int = 0
    asked_again: int = 0
    refused: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    heard_of_pods: Counter[str] = field(default_factory=Counter)
    heard_of_nodes: Counter[str] = field(default_factory=Counter)

    def add(self, found: Comparison, answer: Answer) -> None:
        """Count what came of one pod; differences are entered by whoever explains them."""
        self.pods += 1
        self.verdicts += found.verdicts
        self.passed += found.passed
        self.open += found.open
        self.failed += found.failed
        self.plain_texts += found.plain
        self.mixed_texts += found.said and not found.plain
        if not found.failed:
            heard = reasons(answer.text)
            self.heard_of_nodes.update(heard)
            self.heard_of_pods.update(heard.keys())

    def missed(self, verdicts: int = VERDICTS) -> Iterator[str]:
        """Yield the bars that this run is under."""
        if self.verdicts < verdicts:
            yield f"{self.verdicts:,} verdicts were compared, not {verdicts:,}"
        if self.plain_texts < TEXTS:
            yield f"{self.plain_texts} plain texts were compared, not {TEXTS}"
        if self.differences:
            yield f"{len(self.differences)} pods were judged differently"
        if self.open:
            yield f"{self.open} verdicts were left open by us"
        for reason, count in shortfalls(self.heard_of_pods).items():
            yield f"heard of {count} pods, not {HITS}: {reason}"
        for reason in unlisted(self.heard_of_pods):
            yield f"heard, but not on the list of reasons: {reason}"

    def line(self) -> str:
        """Return the figures of now in one line."""
        return (
            f"round {self.rounds}: {self.verdicts:,} verdicts, {self.passed:,} of them yes, "
            f"{len(self.differences)} different, {len(shortfalls(self.heard_of_pods))} reasons "
            f"below {HITS}"
        )

    def table(self) -> str:
        """Return all figures for a person."""
        rows = [
            ("scheduler", self.version),
            ("seed, rounds", f"{self.seed}, {self.rounds}"),
            ("pods that asked", f"{self.pods:,}"),
            ("node verdicts compared", f"{self.verdicts:,}"),
            ("  of them yes", f"{self.passed:,}"),
            ("pods judged differently", str(len(self.differences))),
            ("verdicts left open by us", str(self.open)),
            ("texts compared, no node passed", f"{self.plain_texts:,}"),
            ("texts compared, some passed", f"{self.mixed_texts:,}"),
            ("events that tell the same text", f"{self.events:,}"),
            ("pods that failed in the scheduler", str(self.failed)),
            ("pods asked about again", str(self.asked_again)),
            ("objects that the API refused", str(len(self.refused))),
        ]
        lines = [f"{name:34} {value}" for name, value in rows]
        lines += ["", f"{'pods':>6} {'nodes':>8}  reason"]
        for reason in (*REACHABLE, *unlisted(self.heard_of_pods)):
            lines.append(
                f"{self.heard_of_pods[reason]:6} {self.heard_of_nodes[reason]:8}  {reason}"
            )
        lines += ["", "cannot be heard, because"]
        lines += [f"  {reason}: {why}" for reason, why in UNREACHABLE.items()]
        return "\n".join(lines)

    def save(self, file: Path, verdicts: int = VERDICTS) -> None:
        """Write everything, so that it can be read and resumed."""
        file.parent.mkdir(parents=True, exist_ok=True)
        told = {**vars(self), "missed": list(self.missed(verdicts)), "unreachable": UNREACHABLE}
        part = file.with_suffix(".part")
        part.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.rename(file)

    @classmethod
    def resumed(cls, file: Path, seed: int) -> "Tally":
        """Return what a run with this seed had found when it ended; nothing for another seed."""
        if not file.is_file():
            return cls(seed)
        told = json.loads(file.read_text("utf-8"))
        del told["missed"], told["unreachable"]
        counters = ("heard_of_pods", "heard_of_nodes")
        found = cls(**told | {name: Counter(told[name]) for name in counters})
        return found if found.seed == seed else cls(seed)
