"""YAML as Kubernetes reads it: what is JSON, with Go's idea of a number, and nothing else.

Follows goyaml.v2 of sigs.k8s.io/yaml where PyYAML differs: a timestamp, `=` and `1:30` are
text, `1e3` and `0o17` are numbers, a key that is a number or a bool becomes text.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

#: Manifests are some twenty levels deep; libyaml's composer is recursive C.
MAX_DEPTH = 200
_MERGED_KEYS = 1000
_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_REPLACED = (_INT, _FLOAT, "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")
_JSON = tuple(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "str", "seq", "map"))
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$")
_NUMBER = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)


class BadYaml(ValueError):
    """The text is no YAML that Kubernetes would take; `line` counts from 1, 0 is unknown."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.line = line


def load(text: str) -> Any:
    """The one document in the text as plain JSON values; raises BadYaml."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a CSafeLoader of JSON's types only
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ": ".join(filter(None, (error.context, error.problem)))
        raise BadYaml(problem, mark.line + 1 if mark else 0) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadYaml(" ".join(str(error).split())) from None


class _Loader(yaml.CSafeLoader):
    """CSafeLoader with JSON's types only, bounded in depth and in merged keys."""

    _depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Called by the composer, which is recursive C, before it goes one level deeper."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            mark = getattr(current_node, "start_mark", None)
            raise _refused(f"nested more than {MAX_DEPTH} levels deep", mark)

    def ascend_resolver(self) -> None:
        """Called by the composer when it comes back."""
        self._depth -= 1

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Carry out `<<`; merges of merges may not explode."""
        before = len(node.value)
        super().flatten_mapping(node)
        if len(node.value) > before + _MERGED_KEYS:
            raise _refused(f"`<<` merges more than {_MERGED_KEYS} keys", node.start_mark)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are text."""
        if not isinstance(node, yaml.MappingNode):
            raise _refused("expected a mapping", node.start_mark)
        self.flatten_mapping(node)
        keys = [_key(self.construct_object(k, deep=True), k.start_mark) for k, _ in node.value]
        values = [self.construct_object(value, deep=deep) for _, value in node.value]
        return dict(zip(keys, values, strict=True))


def _refused(problem: str, mark: Any) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, mark)


def _key(key: Any, mark: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, str | int | float):
        return str(key)
    raise _refused("a key must be text", mark)


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    """An integer of 64 bits; a larger one is a float, as in Go."""
    text: str = node.value.replace("_", "")
    try:
        number = int(loader.construct_yaml_int(node)) if len(text) < 70 else None
    except ValueError:
        return str(node.value)
    if number is not None and -(1 << 63) <= number < 1 << 64:
        return number
    return _finite(text, node.value)


def _float(loader: _Loader, node: yaml.ScalarNode) -> float | str:
    if node.value.lower().endswith((".inf", ".nan")):
        raise _refused(f"{node.value} is not a number in JSON", node.start_mark)
    return _finite(node.value, node.value)


def _finite(text: str, otherwise: str) -> float | str:
    """The float; what is too large for one stays text."""
    try:
        number = float(text)
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise


def _undefined(loader: _Loader, node: yaml.Node) -> None:
    raise _refused(f"the tag {node.tag} has no meaning in a manifest", node.start_mark)


def _resolvers() -> Mapping[str, list[Any]]:
    return {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.yaml_implicit_resolvers = dict(_resolvers())
_Loader.add_implicit_resolver(_INT, _INTEGER, list("-+0123456789"))
_Loader.add_implicit_resolver(_FLOAT, _NUMBER, list("-+0123456789."))
_Loader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.CSafeLoader.yaml_constructors.items()
    if tag in _JSON
}
_Loader.add_constructor(_INT, _integer)
_Loader.add_constructor(_FLOAT, _float)
_Loader.add_constructor(None, _undefined)
