"""Delta debugging: the smallest scene about which the same can still be said.

Knows nothing of clusters: `holds` is asked about ever smaller scenes, and answers are all there
is. First the pods that ask go, then objects in halves, quarters and so on, then single fields.
"""

import contextlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar

from tests.torture.differential.scene import SCHEDULER, Scene, Tree

T = TypeVar("T")
Path = tuple[str | int, ...]
Holds = Callable[[Scene], bool]

KEPT = frozenset({"apiVersion", "kind", "name", "namespace", "image", "priorityClassName"})
"""Fields without which an object is not one, or a pod would drive out others."""


class Spent(Exception):
    """The question was asked as often as allowed."""


def shrunk(scene: Scene, holds: Holds, budget: int) -> Scene:
    """Return a smaller scene for which it still holds, after at most `budget` questions."""
    best = scene
    left = budget

    def asks(candidate: Scene) -> bool:
        nonlocal best, left
        if not left:
            raise Spent
        left -= 1
        if answer := holds(candidate):
            best = candidate
        return answer

    with contextlib.suppress(Spent):
        _reduce(scene, asks)
    return best


def _reduce(scene: Scene, asks: Holds) -> None:
    asking = _fewest(scene.asking, lambda kept: asks(replace(scene, asking=tuple(kept))), least=1)
    scene = replace(scene, asking=tuple(asking))
    if asks(without_settings := replace(scene, profile={"schedulerName": SCHEDULER})):
        scene = without_settings
    objects = _fewest(scene.objects, lambda kept: asks(replace(scene, objects=tuple(kept))))
    scene = replace(scene, objects=tuple(objects))
    _plainest(scene, asks)


def _fewest(items: Sequence[T], holds: Callable[[list[T]], bool], least: int = 0) -> list[T]:
    """Return as few of the items as possible, dropped in ever smaller runs."""
    kept, size = list(items), max(1, len(items) // 2)
    while len(kept) > least:
        before = len(kept)
        start = 0
        while start < len(kept) and len(kept) > least:
            candidate = kept[:start] + kept[start + size :]
            if len(candidate) >= least and holds(candidate):
                kept = candidate
            else:
                start += size
        if size == 1 and len(kept) == before:
            break
        size = max(1, size // 2)
    return kept


def _plainest(scene: Scene, asks: Holds) -> None:
    """Drop fields from every object, until nothing more can go."""
    progress = True
    while progress:
        progress = False
        for position in range(len(scene.asking) + len(scene.objects)):
            simpler = _simplest(scene, position, asks)
            progress = progress or simpler is not scene
            scene = simpler


def _simplest(scene: Scene, position: int, asks: Holds) -> Scene:
    """Drop one field of one tree after the other, whole branches first."""
    tried: set[Path] = set()
    while paths := [path for path in removable(_tree(scene, position)) if path not in tried]:
        path = paths[0]
        candidate = _with(scene, position, without(_tree(scene, position), path))
        if asks(candidate):
            scene = candidate
            tried = {each for each in tried if not _moved(each, path)}
        else:
            tried.add(path)
    return scene


def _moved(path: Path, removed: Path) -> bool:
    """Whether a path means something else once an item of the same list is gone."""
    *parent, last = removed
    same_list = list(path[: len(parent)]) == parent and len(path) > len(parent)
    return isinstance(last, int) and same_list


def removable(tree: Any, path: Path = ()) -> list[Path]:
    """Return the paths of what may be dropped, from the root outwards."""
    if isinstance(tree, dict):
        below = [((*path, key), value) for key, value in tree.items() if key not in KEPT]
    elif isinstance(tree, list):
        below = [((*path, index), value) for index, value in enumerate(tree)]
    else:
        return []
    found = [each for each, _ in below if each != ("metadata",)]
    for each, value in below:
        found += removable(value, each)
    return sorted(found, key=len)


def without(tree: Tree, path: Path) -> Tree:
    """Return a copy of the tree in which what stands at the path is gone."""
    copy = deepcopy(tree)
    parent: Any = copy
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    return copy


def _tree(scene: Scene, position: int) -> Tree:
    """Return a tree by its place in the pods that ask and then the objects."""
    return (*scene.asking, *scene.objects)[position]


def _with(scene: Scene, position: int, tree: Tree) -> Scene:
    trees = [*scene.asking, *scene.objects]
    trees[position] = tree
    count = len(scene.asking)
    return replace(scene, asking=tuple(trees[:count]), objects=tuple(trees[count:]))
