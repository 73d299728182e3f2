"""Selectors from the wire, parsed the way the scheduler parses them.

Mirrors `labels.NewRequirement`, `metav1.LabelSelectorAsSelector` and
`nodeaffinity.NewNodeSelector`. What does not parse becomes a value that matches nothing.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from webhook.objects import (
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
)
from webhook.objects.labels import int64
from webhook.parse import wire
from webhook.parse.construction import constructor

_new_requirement = constructor(Requirement)
_new_selector = constructor(LabelSelector)
_new_term = constructor(NodeSelectorTerm)

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", re.ASCII)
_SUBDOMAIN = re.compile(
    r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*", re.ASCII
)
_NUMERIC = (Operator.GT, Operator.LT)
_NOTHING = LabelSelector(nothing=True)
_OPERATORS = {str(operator): operator for operator in Operator}
#: What asks for no more than this is shared by all who ask for the same.
_SHARED_CHARACTERS = 1024
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def valid_key(key: str) -> bool:
    """Whether this is a qualified name: an optional DNS prefix and a name of 1 to 63."""
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return False
    return _NAME.fullmatch(name) is not None


def valid_value(value: str) -> bool:
    """Whether this is a label value: empty, or a name of 1 to 63."""
    return not value or _NAME.fullmatch(value) is not None


def requirement(raw: wire.Requirement) -> Requirement | str:
    """The requirement, or the reason why the scheduler could not parse it."""
    return _lowered(raw.key or "", raw.operator or "", tuple(raw.values or ()))


def _lowered(key: str, operator: str, values: tuple[str, ...]) -> Requirement | str:
    is_short = len(key) + sum(map(len, values)) <= _SHARED_CHARACTERS
    return (_shared if is_short else _requirement)(key, operator, values)


def _requirement(key: str, given: str, values: tuple[str, ...]) -> Requirement | str:
    operator = _OPERATORS.get(given)
    if operator is None:
        return f'"{given}" is not a valid label selector operator'
    if not valid_key(key):
        return f'key: Invalid value: "{key}": not a qualified name'
    bound = _bound(operator, values)
    if isinstance(bound, str):
        return f"values: {bound}"
    for position, value in enumerate(values):
        if not valid_value(value):
            return f'values[{position}][{key}]: Invalid value: "{value}": {_VALUE_RULE}'
    return _new_requirement(key, operator, frozenset(values), bound)


_shared = lru_cache(4096)(_requirement)


def _bound(operator: Operator, values: tuple[str, ...]) -> int | str:
    if operator in (Operator.IN, Operator.NOT_IN) and not values:
        return "for 'in', 'notin' operators, values set can't be empty"
    if operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST) and values:
        return "values set must be empty for exists and does not exist"
    if operator not in _NUMERIC:
        return 0
    if len(values) != 1:
        return "for 'Gt', 'Lt' operators, exactly one value is required"
    number = int64(values[0])
    return "for 'Gt', 'Lt' operators, the value must be an integer" if number is None else number


def _parsed(raws: Iterable[wire.Requirement]) -> tuple[tuple[Requirement, ...], str]:
    return _all(map(requirement, raws))


def _all(results: Iterable[Requirement | str]) -> tuple[tuple[Requirement, ...], str]:
    """The requirements, or the reason why the first that could not be parsed was not."""
    found: list[Requirement] = []
    for result in results:
        if isinstance(result, str):
            return (), result
        found.append(result)
    return tuple(found), ""


def label_selector(raw: wire.LabelSelector | None) -> LabelSelector:
    """A label selector; null matches nothing, `{}` everything, Gt and Lt are refused."""
    if raw is None:
        return _NOTHING
    pairs = sorted((raw.match_labels or {}).items())
    equal = [_lowered(key, "In", (value or "",)) for key, value in pairs]
    expressions = raw.match_expressions or []
    for expression in expressions:
        if expression.operator in _NUMERIC:
            return LabelSelector(
                invalid=f'"{expression.operator}" is not a valid label selector operator'
            )
    requirements, invalid = _all([*equal, *map(requirement, expressions)])
    return _new_selector(requirements, False, invalid)  # not the null selector


def node_selector(raw: wire.NodeSelector | None) -> NodeSelector | None:
    """Required node affinity; None where there is no constraint at all."""
    if raw is None:
        return None
    return NodeSelector(tuple(_term(term) for term in raw.node_selector_terms or ()))


def _term(raw: wire.NodeSelectorTerm) -> NodeSelectorTerm:
    expressions, bad_expression = _parsed(raw.match_expressions or ())
    fields, bad_field = _fields(raw.match_fields or ())
    named = tuple(
        frozenset(f.values or ())
        for f in raw.match_fields or ()
        if f.key == "metadata.name" and f.operator == "In"
    )
    return _new_term(expressions, fields, named, bad_expression or bad_field)


def _fields(raws: Iterable[wire.Requirement]) -> tuple[tuple[Requirement, ...], str]:
    found: list[Requirement] = []
    for raw in raws:
        values = tuple(raw.values or ())
        if raw.key != "metadata.name":
            return (), f'"{raw.key}" is not a field that node affinity can match'
        if raw.operator not in (Operator.IN, Operator.NOT_IN) or len(values) != 1:
            return (), "metadata.name takes In or NotIn and exactly one value"
        operator = _OPERATORS[raw.operator]
        found.append(_new_requirement("metadata.name", operator, frozenset(values), 0))
    return tuple(found), ""
