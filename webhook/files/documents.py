"""The objects in a file or folder, in their order: YAML, JSON, Lists, several documents.

A document that is no object becomes a Document that says why, so that its neighbours can
still be read; only a file that cannot be read at all raises BadFile.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webhook.files import manifest_yaml

SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"
#: YAML aliases may repeat content this many times, and a little more in a small file.
_EXPANSION = 10
_SPARE = 10_000
#: What follows on the line, unless it is a comment, belongs to the document.
_SEPARATOR = re.compile(r"^---(?:[ \t]+(?:#.*)?|$)", re.MULTILINE)
_REMEDY = "give a YAML or JSON manifest"

Tree = Mapping[str, Any]


class BadFile(ValueError):
    """A file cannot be used; the message names it, what is wrong and the remedy."""


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file, or why it is none; `place` says where it stands."""

    place: str
    tree: Tree | None = None
    error: str = ""


#: Stands for the objects of an empty List, which is something, unlike an empty file.
_EMPTY_LIST = Document("an empty List")


def documents(path: str) -> list[Document]:
    """The objects of a file (`-` is standard input), Lists taken apart; raises BadFile.

    There is none if the file holds nothing but empty Lists.
    """
    name = "standard input" if path == STDIN else path
    parts = list(_parts(_text(path, name)))
    found: list[Document] = []
    for number, (line, part) in enumerate(parts, 1):
        place = name if len(parts) == 1 else f"{name}, document {number}"
        found += _document(part, line, place, is_json=path.endswith(".json"))
    if not found:
        raise BadFile(f"{name}: the file holds no object; {_REMEDY}")
    return [document for document in found if document is not _EMPTY_LIST]


def paths_in(path: str) -> list[str]:
    """The manifests of a folder and its folders, by name; a file stands for itself."""
    root = Path(path)
    try:
        if not root.is_dir():
            return [path]
        found = sorted(str(p) for p in root.rglob("*") if p.suffix in SUFFIXES and p.is_file())
    except (OSError, ValueError) as error:
        raise BadFile(f"{path}: cannot be read ({_why(error)}); check the path") from None
    if not found:
        raise BadFile(f"{path}: the folder holds no {', '.join(SUFFIXES)} file; add one")
    return found


def _text(path: str, name: str) -> str:
    try:
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise BadFile(f"{name}: no such file; check the path") from None
    except IsADirectoryError:
        raise BadFile(f"{name}: is a folder; name a file") from None
    except UnicodeDecodeError:
        raise BadFile(f"{name}: is not UTF-8 text; {_REMEDY}") from None
    except (OSError, ValueError) as error:
        raise BadFile(f"{name}: cannot be read ({_why(error)}); check the path") from None


def _why(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """What stands between the `---` lines, each with the number of its first line."""
    start = 0
    for end, after in [*(m.span() for m in _SEPARATOR.finditer(text)), (len(text), len(text))]:
        part = text[start:end]
        if any(line.strip() and line.lstrip()[0] not in "#%" for line in part.splitlines()):
            yield text.count("\n", 0, start) + 1, part
        start = after


def _document(text: str, line: int, place: str, is_json: bool) -> Iterator[Document]:
    try:
        contents = _contents(text, is_json)
        for content in contents:
            _require_plain(content, len(text))
    except manifest_yaml.BadYaml as error:
        where = f" (line {line + error.line - 1})" if error.line else ""
        yield Document(place, error=f"{place}: is not YAML{where}: {error}; correct it there")
    except json.JSONDecodeError as error:
        where = f"line {line + error.lineno - 1}, column {error.colno}"
        yield Document(
            place, error=f"{place}: is not JSON ({where}): {error.msg}; correct it there"
        )
    except (ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        yield Document(place, error=f"{place}: cannot be used: {problem}; {_REMEDY}")
    else:
        for number, content in enumerate(contents):
            yield from _objects(content, place if len(contents) == 1 else f"{place} [{number}]")


def _contents(text: str, is_json: bool) -> list[Any]:
    """The values in one part: those of a JSON stream, or the one of a YAML document."""
    if is_json or text.lstrip().startswith("{"):
        try:
            return list(_json_values(text))
        except json.JSONDecodeError:
            if is_json:
                raise
    content = manifest_yaml.load(text)
    return [] if content is None else [content]


def _json_values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_parse_int)
    position = len(text) - len(text.lstrip())
    while position < len(text):
        content, position = decoder.raw_decode(text, position)
        yield content
        position += len(text[position:]) - len(text[position:].lstrip())


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _parse_int(digits: str) -> int | float:
    """An integer of 64 bits; a larger one is a float, as in Go."""
    number = int(digits) if len(digits) <= 20 else None
    return number if number is not None and number < 1 << 64 else float(digits)


def _require_plain(content: Any, size: int) -> None:
    """Refuse what no JSON is: aliases that explode or hold themselves, lone surrogates."""
    waiting, seen, limit = [(content, 1)], 0, _EXPANSION * size + _SPARE
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen > limit:
            raise ValueError("its aliases repeat too much, or an alias holds itself")
        if depth > manifest_yaml.MAX_DEPTH:
            raise ValueError(f"it is nested more than {manifest_yaml.MAX_DEPTH} levels deep")
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]
        elif isinstance(value, str) and not value.isascii():
            value.encode()


def _objects(content: Any, place: str) -> Iterator[Document]:
    kind = content.get("kind") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(kind, str) or not kind:
        found = "an object without kind" if isinstance(content, dict) else _named(content)
        error = f"{place}: expected a Kubernetes object with apiVersion and kind, got {found}"
        yield Document(place, error=error)
    elif kind == "List" or (kind.endswith("List") and "items" in content):
        yield from _items(content, kind, place)
    else:
        yield Document(place, content)


def _items(content: Tree, kind: str, place: str) -> Iterator[Document]:
    """The objects of a List, or of a typed list, whose items need not repeat their kind."""
    items = content.get("items")
    if items is not None and not isinstance(items, list):
        yield Document(
            place, error=f"{place}: items: expected a list in a {kind}, got {_named(items)}"
        )
        return
    defaults = {"apiVersion": content.get("apiVersion"), "kind": kind.removesuffix("List")}
    if not items:
        yield _EMPTY_LIST
    for number, item in enumerate(items or ()):
        typed = {**defaults, **item} if isinstance(item, dict) and kind != "List" else item
        yield from _objects(typed, f"{place}, items[{number}]")


def _named(content: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "plain text",
        int: "a number",
        float: "a number",
        bool: "a bool",
    }
    return names.get(type(content), "nothing")
