"""Label requirements and the selectors made of them.

Mirrors `apimachinery/pkg/labels/selector.go` and
`component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`. A selector that
Kubernetes could not parse is a value too: it carries why, and it matches nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Labels = Mapping[str, str]


class Operator(StrEnum):
    """The operators of label requirements, spelled as the API spells them."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One `key operator values`; `bound` is the parsed int64 of Gt and Lt."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()
    bound: int = 0

    def holds(self, value: str | None) -> bool:
        """Whether a label with this value (None = the key is missing) satisfies it."""
        match self.operator:
            case Operator.IN:
                return value is not None and value in self.values
            case Operator.NOT_IN:
                return value is None or value not in self.values
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None
            case _:  # Gt and Lt
                return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        number = None if value is None else int64(value)
        if number is None:
            return False
        return number > self.bound if self.operator is Operator.GT else number < self.bound


def int64(text: str) -> int | None:
    """Go's strconv.ParseInt(text, 10, 64): None for what it refuses."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    significant = digits.lstrip("0") or "0"
    if not (digits.isascii() and digits.isdigit()) or len(significant) > 19:
        return None
    number = -int(significant) if text[0] == "-" else int(significant)
    return number if -(1 << 63) <= number < 1 << 63 else None


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """A metav1.LabelSelector after LabelSelectorAsSelector.

    `nothing` is the null selector; no requirements is `{}`, which matches everything.
    `invalid` holds the reason of a selector that does not parse; it matches nothing.
    """

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False
    invalid: str = ""

    def matches(self, labels: Labels) -> bool:
        """Whether every requirement holds for the labels."""
        if self.nothing or self.invalid:
            return False
        return all(r.holds(labels.get(r.key)) for r in self.requirements)


@dataclass(frozen=True, slots=True)
class NodeSelectorTerm:
    """One ORed term of required node affinity.

    `named` are the values of its `metadata.name In` fields, one set per entry, raw:
    the scheduler narrows by them even where the term itself does not parse.
    """

    expressions: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    named: tuple[frozenset[str], ...] = ()
    invalid: str = ""

    @property
    def empty(self) -> bool:
        """A term without any requirement matches no node."""
        return not (self.expressions or self.fields)


@dataclass(frozen=True, slots=True)
class NodeSelector:
    """Required node affinity; a node matches if any term does."""

    terms: tuple[NodeSelectorTerm, ...] = ()
