"""What the real scheduler said about a scene, and the scene as it was stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.torture.differential.scene import Tree


@dataclass(frozen=True)
class Answer:
    """What the scheduler said of one pod.

    `passed` are the nodes that passed every filter. `text` is the message of the PodScheduled
    condition, which is also that of the FailedScheduling event. `failed` says that the scheduler
    met an error and gave up on this pod without a verdict; `text` is then the error.
    """

    passed: frozenset[str]
    text: str
    failed: bool = False


@dataclass(frozen=True)
class Hearing:
    """A scene as it was stored, and the answers by the key of the pod.

    `events` counts those that tell the same text as the condition; `refused` are the API
    server's words for the objects that it did not take, and that are therefore not there.
    """

    version: str
    profile: Tree
    objects: tuple[Tree, ...]
    answers: Mapping[str, Answer]
    events: int = 0
    refused: tuple[str, ...] = ()
