"""What is wrong with a field, as a sentence with its path, its value and what to give."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from webhook.parse.quantities import BadQuantity, nanos

_MISMATCH = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_STEP = re.compile(r"\[(?P<index>\d+)\]|(?P<any>\[\.\.\.\])|\.?(?P<name>[^.\[\]]+)")
_CLIPPED = 60
_RESOURCE_LISTS = ("requests", "limits", "allocatable", "capacity", "overhead")
_QUANTITIES = frozenset({"addedOverhead", "cpuRequest", "guest", "maxGuest", "pageSize"})
_WANTED = {
    "object": "an object",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}


def sentence(message: str, tree: Mapping[str, Any]) -> str:
    """`spec.affinity: expected an object, got "soft"` of msgspec's message about the tree."""
    problem, _, place = message.partition(" - at `")
    match = _MISMATCH.match(problem)
    if match is None:
        return problem.replace("`", "")
    wanted = [_WANTED.get(name, name) for name in match["wanted"].split(" | ") if name != "null"]
    path, value = _found(tree, place.rstrip("`").removeprefix("$").removeprefix("."), match["got"])
    expected = f"expected {' or '.join(wanted)}, got {_shown(value)}"
    return f"{path}: {expected}" if path else expected


def _found(tree: Any, path: str, got: str) -> tuple[str, Any]:
    """The field at msgspec's path with its value; `[...]` is the first entry of the wrong type."""
    value, spoken = tree, ""
    for step in _STEP.finditer(path):
        if step["index"]:
            value, spoken = value[int(step["index"])], f"{spoken}[{step['index']}]"
            continue
        key = step["name"] if step["name"] else _culprit(value, got)
        value, spoken = value.get(key), f"{spoken}.{key}" if spoken else key
    return spoken, value


def _culprit(value: Mapping[str, Any], got: str) -> str:
    return next((key for key, entry in value.items() if _type(entry) == got), "")


def _type(value: Any) -> str:
    return {dict: "object", list: "array", type(None): "null"}.get(
        type(value), type(value).__name__
    )


def _shown(value: Any) -> str:
    """The value as JSON, cut where it is long; large ones are named by their type alone."""
    if isinstance(value, dict | list) and value:
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _CLIPPED else f"{text[:_CLIPPED]}…"


def quantity_sentence(tree: Any, otherwise: str) -> str:
    """`spec.overhead.cpu: '12 GiB' is not a quantity` of the tree's first quantity that is none."""
    for path, value in _quantities(tree, ""):
        try:
            nanos(value)
        except BadQuantity as error:
            return f"{path.removeprefix('.')}: {error}; write it as 500m or 4Gi"
    return otherwise


def _quantities(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, list):
        for number, entry in enumerate(tree):
            yield from _quantities(entry, f"{path}[{number}]")
    for key, value in tree.items() if isinstance(tree, dict) else ():
        below = f"{path}.{key}"
        if key in _RESOURCE_LISTS and isinstance(value, dict):
            yield from ((f"{below}.{name}", v) for name, v in value.items() if _scalar(v))
        elif key in _QUANTITIES and _scalar(value):
            yield below, value
        else:
            yield from _quantities(value, below)


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
