"""One run: scene after scene, until enough verdicts were compared."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from tests.torture.differential import cases
from tests.torture.differential.comparison import Comparison, compare
from tests.torture.differential.generator import scene
from tests.torture.differential.hearing import Answer, Hearing
from tests.torture.differential.judge import Judge
from tests.torture.differential.oracle import only
from tests.torture.differential.reachability import REACHABLE, reasons, shift
from tests.torture.differential.scene import Scene
from tests.torture.differential.shrink import shrunk
from tests.torture.differential.tally import Tally

SHRINKS = 5
"""Differences of one run that are made small; what is behind the others is mostly the same."""

QUESTIONS = 400
"""How often the scheduler is asked to make one case small: about ten minutes."""


class Scheduler(Protocol):
    """Who is asked: RealScheduler, but for the tests of this module."""

    def ask(self, scene: Scene) -> Hearing:
        """Return the answer for every pod of the scene."""
        ...


@dataclass
class Run:
    """The parts of a run; `folder` is where small cases go."""

    real: Scheduler
    tally: Tally
    say: Callable[[str], None] = print
    folder: Path = cases.FOLDER
    witnesses: bool = False
    shrinks: int = SHRINKS

    def round(self) -> None:
        """Ask about the next scene and compare every pod of it."""
        tally = self.tally
        given = scene(tally.seed, tally.rounds)
        hearing = self.real.ask(given)
        tally.version = hearing.version
        tally.events += hearing.events
        tally.refused += [f"round {tally.rounds}: {each}" for each in hearing.refused]
        judge = Judge(hearing.version, hearing.profile, hearing.objects)
        for pod, answer in hearing.answers.items():
            found = compare(judge.diagnosis(pod), answer)
            if found.differences:
                found, answer = self._again(given, pod)
            tally.add(found, answer)
            if found.differences:
                self._explain(given, pod, found, answer)
            elif self.witnesses and not found.failed:
                self._witness(given, pod, answer.text)
        tally.rounds += 1
        self.say(tally.line())

    def _again(self, given: Scene, pod: str) -> tuple[Comparison, Answer]:
        """Ask about this pod alone, so that nothing that changed meanwhile passes as ours."""
        self.tally.asked_again += 1
        hearing = self.real.ask(only(given, pod))
        return _compared(hearing, pod), hearing.answers[pod]

    def _explain(self, given: Scene, pod: str, found: Comparison, answer: Answer) -> None:
        name = f"seed-{self.tally.seed}-round-{self.tally.rounds}-{pod.rpartition('/')[2]}"
        told = f"{name}: {found.differences[0]}"
        self.tally.differences.append(told)
        self.say(told)
        if self.shrinks:
            self.shrinks -= 1
            moved = shift(found.expected, answer.text)
            self._keep(name, told, only(given, pod), partial(self._differs, moved))

    def _witness(self, given: Scene, pod: str, text: str) -> None:
        """Keep one small case for each reason that has none yet."""
        for reason in filter(reasons(text).get, REACHABLE):
            name = cases.witness(reason)
            if not (self.folder / f"{name}.json").is_file():
                self._keep(name, reason, only(given, pod), partial(self._says, reason))

    def _keep(self, name: str, about: str, given: Scene, holds: Callable[[Scene], bool]) -> None:
        small = shrunk(given, holds, QUESTIONS)
        hearing = self.real.ask(small)
        (pod,) = hearing.answers
        file = cases.save(name, cases.case(hearing, pod, about), self.folder)
        self.say(f"kept as {file.name}, {len(small.objects)} objects: {about}")

    def _differs(self, moved: frozenset[str], candidate: Scene) -> bool:
        """Whether we still differ, and about nothing else than at first."""
        hearing = self.real.ask(candidate)
        for pod in _answered(hearing):
            found, text = _compared(hearing, pod), hearing.answers[pod].text
            if found.differences and shift(found.expected, text) <= moved:
                return True
        return False

    def _says(self, reason: str, candidate: Scene) -> bool:
        hearing = self.real.ask(candidate)
        return any(reason in reasons(hearing.answers[pod].text) for pod in _answered(hearing))


def _answered(hearing: Hearing) -> list[str]:
    """Return the pods of a hearing that means something: all was stored, and there are nodes."""
    has_nodes = any(tree["kind"] == "Node" for tree in hearing.objects)
    return list(hearing.answers) if has_nodes and not hearing.refused else []


def _compared(hearing: Hearing, pod: str) -> Comparison:
    judge = Judge(hearing.version, hearing.profile, hearing.objects)
    return compare(judge.diagnosis(pod), hearing.answers[pod])
