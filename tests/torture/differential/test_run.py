"""A round, its differences and the cases that are kept; the scheduler is played by our engine.

What it stores is what it was given, so only hand-written scenes that need no defaulting will do.
"""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.torture.differential import cases
from tests.torture.differential import run as runs
from tests.torture.differential.comparison import compare, expected_text
from tests.torture.differential.hearing import Answer, Hearing
from tests.torture.differential.judge import Judge
from tests.torture.differential.oracle import only
from tests.torture.differential.run import Run
from tests.torture.differential.scene import Scene, key
from tests.torture.differential.tally import Tally

VERSION = "v1.36.3"


def node(name: str, **labels: str) -> dict:
    """Return a node with room for ten pods."""
    metadata = {"name": name, "labels": labels}
    status = {"allocatable": {"pods": "10", "cpu": "4"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}


def pod(name: str, **spec: object) -> dict:
    """Return a pod."""
    metadata = {"name": name, "namespace": "red", "uid": name}
    container = {"name": "main", "image": "none"}
    spec = {"containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


SCENE = Scene(
    (node("a", disk="ssd"), node("b"), node("c")),
    (
        pod("easy"),
        pod("picky", nodeSelector={"disk": "ssd"}),
        pod("hopeless", nodeSelector={"x": ""}),
    ),
)


@dataclass
class Played:
    """Says what our engine says, but for the lies: pods for which node a is refused."""

    lies: set[str] = field(default_factory=set)
    lies_once: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)

    def ask(self, scene: Scene) -> Hearing:
        """Answer for every pod of the scene."""
        objects = (*scene.objects, *scene.asking)
        judge = Judge(VERSION, scene.profile, objects)
        answers = {key(each): self._answer(judge, each) for each in scene.asking}
        return Hearing(VERSION, scene.profile, objects, answers)

    def _answer(self, judge: Judge, pod: dict) -> Answer:
        name = pod["metadata"]["name"]
        self.asked[name] += 1
        ours = judge.diagnosis(key(pod))
        passed = set(ours.name_of(ours.feasible))
        if name in self.lies or (name in self.lies_once and self.asked[name] == 1):
            passed -= {"a"}
        return Answer(frozenset(passed), expected_text(ours))


@pytest.fixture
def playing(monkeypatch, tmp_path):
    """Return a function that runs one round of the hand-written scene."""
    monkeypatch.setattr(runs, "scene", lambda seed, number: SCENE)

    def one_round(played: Played, **options) -> Run:
        run = Run(played, Tally(seed=1), lambda _: None, tmp_path, **options)
        run.round()
        return run

    return one_round


def test_where_all_is_equal_everything_is_compared(playing):
    tally = playing(Played()).tally
    assert (tally.rounds, tally.pods, tally.verdicts, tally.passed) == (1, 3, 9, 4)
    assert (tally.plain_texts, tally.mixed_texts) == (1, 2)
    assert (tally.differences, tally.asked_again, tally.version) == ([], 0, VERSION)


def test_a_difference_is_made_small_and_kept(playing, tmp_path):
    tally = playing(Played(lies={"picky"})).tally
    (told,) = tally.differences
    assert told == "seed-1-round-0-picky: a passes with us and is refused in reality"
    (file,) = cases.saved(tmp_path)
    kept = cases.load(file)
    assert [key(each) for each in kept["objects"]] == ["Node/a", "Pod/red/picky"]
    assert cases.replayed(kept).differences[0] == "a passes with us and is refused in reality"


def test_what_a_second_question_settles_is_no_difference(playing, tmp_path):
    tally = playing(Played(lies_once={"easy"})).tally
    assert (tally.differences, tally.asked_again, tally.verdicts) == ([], 1, 9)
    assert list(cases.saved(tmp_path)) == []


def test_so_many_differences_are_made_small_and_no_more(playing, tmp_path):
    tally = playing(Played(lies={"picky", "easy"}), shrinks=1).tally
    assert len(tally.differences) == 2
    assert len(list(cases.saved(tmp_path))) == 1


def test_each_reason_gets_one_witness(playing, tmp_path):
    playing(Played(), witnesses=True)
    (file,) = cases.saved(tmp_path)
    kept = cases.load(file)
    assert kept["about"] == "node(s) didn't match Pod's node affinity/selector"
    assert cases.replayed(kept).differences == ()
    assert len(kept["objects"]) == 2


def test_a_case_is_judged_as_the_hearing_was(tmp_path):
    hearing = Played().ask(SCENE)
    kept = cases.case(hearing, "Pod/red/picky", "a test")
    assert cases.load(cases.save("one", kept, tmp_path)) == kept
    judge = Judge(VERSION, SCENE.profile, hearing.objects)
    found = compare(judge.diagnosis("Pod/red/picky"), hearing.answers["Pod/red/picky"])
    assert cases.replayed(kept) == found


def test_one_pod_may_ask_alone():
    assert [key(each) for each in only(SCENE, "Pod/red/easy").asking] == ["Pod/red/easy"]
