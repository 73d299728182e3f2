"""Selectors from the wire, against recorded answers and the rules of labels.NewRequirement."""

import json
from pathlib import Path

import msgspec
import pytest

from webhook.objects import (
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
)
from webhook.parse import wire
from webhook.parse.selectors import (
    label_selector,
    node_selector,
    requirement,
    valid_key,
    valid_value,
)

FILE = Path(__file__).parents[1] / "data" / "conformance" / "tricky_cases.jsonl"


def _recorded() -> list:
    cases = map(json.loads, FILE.read_text("utf-8").splitlines())
    case = next(case for case in cases if case["name"] == "selector/match")
    given = case["input"]["selectors"]
    return [
        pytest.param(asked, answer, id=f"{number} in {version}: {json.dumps(asked['selector'])}")
        for version, expected in case["expect"].items()
        for number, (asked, answer) in enumerate(zip(given, expected["selectors"], strict=True))
    ]


RECORDED = _recorded()


@pytest.mark.parametrize(("asked", "answer"), RECORDED)
def test_a_label_selector_matches_as_recorded(asked, answer):
    selector = label_selector(msgspec.convert(asked["selector"], wire.LabelSelector | None))
    assert (bool(selector.invalid), selector.matches(asked["labels"])) == (
        "error" in answer,
        answer.get("matches", False),
    )


def test_all_recorded_selectors_are_there():
    assert len(RECORDED) == 66


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        pytest.param("a", True, id="one character"),
        pytest.param("a" * 63, True, id="a name of 63"),
        pytest.param("a" * 64, False, id="a name of 64"),
        pytest.param("A_b.c-9", True, id="all that a name may hold"),
        pytest.param("-a", False, id="a dash in front"),
        pytest.param("a.", False, id="a dot at the end"),
        pytest.param("", False, id="nothing"),
        pytest.param("a\n", False, id="a line break at the end"),
        pytest.param("ä", False, id="a letter that is not ASCII"),
        pytest.param("example.com/a", True, id="a prefix"),
        pytest.param("9/a", True, id="a prefix of one digit"),
        pytest.param("Example.com/a", False, id="an upper-case prefix"),
        pytest.param("example..com/a", False, id="an empty part in the prefix"),
        pytest.param("example-.com/a", False, id="a part that ends in a dash"),
        pytest.param("example.com\n/a", False, id="a line break in the prefix"),
        pytest.param("/a", False, id="an empty prefix"),
        pytest.param("a/", False, id="an empty name"),
        pytest.param("a/b/c", False, id="two slashes"),
        pytest.param("a" * 253 + "/b", True, id="a prefix of 253"),
        pytest.param("a" * 254 + "/b", False, id="a prefix of 254"),
    ],
)
def test_a_key_is_a_qualified_name(key, valid):
    assert valid_key(key) is valid


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param("a" * 63, True, id="63 characters"),
        pytest.param("a" * 64, False, id="64 characters"),
        pytest.param("a b", False, id="a blank"),
        pytest.param("-1", False, id="a sign"),
        pytest.param("a\n", False, id="a line break at the end"),
        pytest.param("a/b", False, id="a slash"),
    ],
)
def test_a_value_is_empty_or_a_name(value, valid):
    assert valid_value(value) is valid


def raw(operator, *values, key="k"):
    return wire.Requirement(key, operator, list(values) or None)


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        pytest.param(
            raw("In", "a", "b"), Requirement("k", Operator.IN, frozenset("ab")), id="In and values"
        ),
        pytest.param(
            raw("NotIn", ""), Requirement("k", Operator.NOT_IN, frozenset({""})), id="empty value"
        ),
        pytest.param(raw("Exists"), Requirement("k", Operator.EXISTS), id="Exists"),
        pytest.param(raw("DoesNotExist"), Requirement("k", Operator.DOES_NOT_EXIST), id="or not"),
        pytest.param(
            raw("Gt", "007"), Requirement("k", Operator.GT, frozenset({"007"}), 7), id="a bound"
        ),
        pytest.param(
            raw("Lt", "0"), Requirement("k", Operator.LT, frozenset("0"), 0), id="a bound of 0"
        ),
        pytest.param(
            raw("in", "a"),
            '"in" is not a valid label selector operator',
            id="a lower-case operator",
        ),
        pytest.param(raw(None), '"" is not a valid label selector operator', id="no operator"),
        pytest.param(
            raw("Exists", key="a b"),
            'key: Invalid value: "a b": not a qualified name',
            id="bad key",
        ),
        pytest.param(
            raw("Exists", key=None), 'key: Invalid value: "": not a qualified name', id="no key"
        ),
        pytest.param(
            raw("In"),
            "values: for 'in', 'notin' operators, values set can't be empty",
            id="In without values",
        ),
        pytest.param(
            raw("NotIn"),
            "values: for 'in', 'notin' operators, values set can't be empty",
            id="NotIn without values",
        ),
        pytest.param(
            raw("Exists", "a"),
            "values: values set must be empty for exists and does not exist",
            id="Exists with values",
        ),
        pytest.param(
            raw("DoesNotExist", "a"),
            "values: values set must be empty for exists and does not exist",
            id="DoesNotExist with values",
        ),
        pytest.param(
            raw("Gt"),
            "values: for 'Gt', 'Lt' operators, exactly one value is required",
            id="Gt without value",
        ),
        pytest.param(
            raw("Lt", "1", "2"),
            "values: for 'Gt', 'Lt' operators, exactly one value is required",
            id="Lt with two values",
        ),
        pytest.param(
            raw("Gt", "x"),
            "values: for 'Gt', 'Lt' operators, the value must be an integer",
            id="Gt with text",
        ),
        pytest.param(
            raw("Gt", "9223372036854775808"),
            "values: for 'Gt', 'Lt' operators, the value must be an integer",
            id="Gt with more than an int64",
        ),
    ],
)
def test_a_requirement_is_parsed_or_says_why_not(given, parsed):
    assert requirement(given) == parsed


@pytest.mark.parametrize(
    ("given", "start"),
    [
        pytest.param(
            raw("In", "a", "a b"), 'values[1][k]: Invalid value: "a b": a valid label', id="a blank"
        ),
        pytest.param(raw("Gt", "-1"), 'values[0][k]: Invalid value: "-1": a valid label', id="-1"),
    ],
)
def test_a_value_that_no_label_can_have_spoils_the_requirement(given, start):
    problem = requirement(given)
    assert isinstance(problem, str)
    assert problem.startswith(start)


@pytest.mark.parametrize(
    ("given", "selector"),
    [
        pytest.param(None, LabelSelector(nothing=True), id="null matches nothing"),
        pytest.param(wire.LabelSelector(), LabelSelector(), id="the empty one has no requirement"),
        pytest.param(
            wire.LabelSelector({"b": None, "a": "x"}, [raw("Exists")]),
            LabelSelector(
                (
                    Requirement("a", Operator.IN, frozenset("x")),
                    Requirement("b", Operator.IN, frozenset({""})),
                    Requirement("k", Operator.EXISTS),
                )
            ),
            id="labels by name, then expressions; a null value is empty",
        ),
        pytest.param(
            wire.LabelSelector(None, [raw("Exists"), raw("Gt", "1")]),
            LabelSelector(invalid='"Gt" is not a valid label selector operator'),
            id="Gt is not for pods",
        ),
        pytest.param(
            wire.LabelSelector(None, [raw("Lt", "1")]),
            LabelSelector(invalid='"Lt" is not a valid label selector operator'),
            id="nor is Lt",
        ),
        pytest.param(
            wire.LabelSelector({"a": "x"}, [raw("Nope")]),
            LabelSelector(invalid='"Nope" is not a valid label selector operator'),
            id="one bad requirement spoils the whole selector",
        ),
    ],
)
def test_a_label_selector_is_parsed(given, selector):
    assert label_selector(given) == selector


def field(operator, *values, key="metadata.name"):
    return wire.Requirement(key, operator, list(values))


def by_name(operator, value):
    return Requirement("metadata.name", Operator(operator), frozenset((value,)))


BAD_NAME = "metadata.name takes In or NotIn and exactly one value"


@pytest.mark.parametrize(
    ("given", "term"),
    [
        pytest.param(wire.NodeSelectorTerm(), NodeSelectorTerm(), id="an empty term"),
        pytest.param(
            wire.NodeSelectorTerm([raw("Exists")], [field("In", "n1")]),
            NodeSelectorTerm(
                (Requirement("k", Operator.EXISTS),),
                (by_name("In", "n1"),),
                (frozenset({"n1"}),),
            ),
            id="expressions and fields",
        ),
        pytest.param(
            wire.NodeSelectorTerm(None, [field("NotIn", "n1")]),
            NodeSelectorTerm(fields=(by_name("NotIn", "n1"),)),
            id="NotIn names no node",
        ),
        pytest.param(
            wire.NodeSelectorTerm(None, [field("In", "n1", "n2")]),
            NodeSelectorTerm(named=(frozenset({"n1", "n2"}),), invalid=BAD_NAME),
            id="two names narrow although the term does not parse",
        ),
        pytest.param(
            wire.NodeSelectorTerm(None, [field("Exists")]),
            NodeSelectorTerm(invalid=BAD_NAME),
            id="a field takes In and NotIn only",
        ),
        pytest.param(
            wire.NodeSelectorTerm(None, [field("In", "n1"), field("In", "x", key="metadata.uid")]),
            NodeSelectorTerm(
                named=(frozenset({"n1"}),),
                invalid='"metadata.uid" is not a field that node affinity can match',
            ),
            id="there is only one field",
        ),
        pytest.param(
            wire.NodeSelectorTerm([raw("Nope")], [field("In", "n1")]),
            NodeSelectorTerm(
                (),
                (by_name("In", "n1"),),
                (frozenset({"n1"}),),
                '"Nope" is not a valid label selector operator',
            ),
            id="one bad expression spoils the term",
        ),
    ],
)
def test_a_term_of_node_affinity_is_parsed(given, term):
    assert node_selector(wire.NodeSelector([given])) == NodeSelector((term,))


def test_no_node_affinity_is_no_constraint():
    assert node_selector(None) is None


def test_node_affinity_without_terms_is_a_constraint():
    assert node_selector(wire.NodeSelector()) == NodeSelector(())


def test_a_bad_term_leaves_the_others_alone():
    terms = [wire.NodeSelectorTerm([raw("Nope")]), wire.NodeSelectorTerm([raw("Exists")])]
    parsed = node_selector(wire.NodeSelector(terms))
    assert parsed is not None
    assert [bool(term.invalid) for term in parsed.terms] == [True, False]
