"""Requirements and selectors against labels, as apimachinery's labels package has it."""

import pytest

from webhook.objects import LabelSelector, NodeSelectorTerm, Operator, Requirement
from webhook.objects.labels import int64


def required(operator, *values, bound=0):
    return Requirement("k", Operator(operator), frozenset(values), bound)


@pytest.mark.parametrize(
    ("requirement", "value", "holds"),
    [
        pytest.param(required("In", "a", "b"), "b", True, id="In holds for a value of the list"),
        pytest.param(required("In", "a"), "b", False, id="In fails for another value"),
        pytest.param(required("In", "a"), "A", False, id="values are case-sensitive"),
        pytest.param(required("In", ""), None, False, id="In of the empty value needs the key"),
        pytest.param(required("In", ""), "", True, id="the empty value is a value to In"),
        pytest.param(required("NotIn", "a"), "a", False, id="NotIn fails for a value of the list"),
        pytest.param(required("NotIn", "a"), "b", True, id="NotIn holds for another value"),
        pytest.param(required("NotIn", "a"), None, True, id="NotIn holds for a missing key"),
        pytest.param(required("NotIn", ""), None, True, id="NotIn empty holds for a missing key"),
        pytest.param(required("NotIn", ""), "", False, id="NotIn empty fails for an empty value"),
        pytest.param(required("Exists"), "", True, id="Exists holds for an empty value"),
        pytest.param(required("Exists"), None, False, id="Exists fails for a missing key"),
        pytest.param(required("DoesNotExist"), None, True, id="DoesNotExist holds without the key"),
        pytest.param(required("DoesNotExist"), "", False, id="DoesNotExist fails for empty value"),
        pytest.param(required("Gt", bound=5), "6", True, id="Gt holds above"),
        pytest.param(required("Gt", bound=5), "5", False, id="Gt fails when equal"),
        pytest.param(required("Gt", bound=5), "4", False, id="Gt fails below"),
        pytest.param(required("Gt", bound=200), "0206", True, id="Gt reads leading zeros"),
        pytest.param(required("Gt", bound=5), "x", False, id="Gt fails for text"),
        pytest.param(required("Gt", bound=-1), "", False, id="Gt fails for the empty value"),
        pytest.param(required("Gt", bound=-1), None, False, id="Gt fails for a missing key"),
        pytest.param(required("Lt", bound=5), "4", True, id="Lt holds below"),
        pytest.param(required("Lt", bound=5), "5", False, id="Lt fails when equal"),
        pytest.param(required("Lt", bound=5), "6", False, id="Lt fails above"),
        pytest.param(required("Lt", bound=5), "1.5", False, id="Lt fails for a fraction"),
        pytest.param(required("Lt", bound=5), None, False, id="Lt fails for a missing key"),
    ],
)
def test_a_requirement_holds_for_a_label_value(requirement, value, holds):
    assert requirement.holds(value) is holds


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("0007", 7, id="leading zeros are read as base ten"),
        pytest.param("-12", -12, id="a minus sign"),
        pytest.param("+12", 12, id="a plus sign"),
        pytest.param("9223372036854775807", 2**63 - 1, id="the largest int64"),
        pytest.param("9223372036854775808", None, id="one more than the largest int64"),
        pytest.param("-9223372036854775808", -(2**63), id="the smallest int64"),
        pytest.param("-9223372036854775809", None, id="one less than the smallest int64"),
        pytest.param("10000000000000000000", None, id="twenty digits"),
        pytest.param("0" * 5000 + "1", 1, id="more leading zeros than Python converts"),
        pytest.param("9" * 5000, None, id="more digits than Python converts"),
        pytest.param("", None, id="the empty text"),
        pytest.param("-", None, id="a sign alone"),
        pytest.param("--1", None, id="two signs"),
        pytest.param("1 ", None, id="a blank"),
        pytest.param("1_000", None, id="an underscore"),
        pytest.param("0x10", None, id="hexadecimal"),
        pytest.param("\u0661", None, id="a digit of another script"),
        pytest.param("²", None, id="a superscript digit"),
    ],
)
def test_int64_reads_what_go_parses(text, number):
    assert int64(text) == number


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        pytest.param(LabelSelector(), True, id="no requirement matches everything"),
        pytest.param(LabelSelector(nothing=True), False, id="the null selector matches nothing"),
        pytest.param(LabelSelector(invalid="why"), False, id="an invalid one matches nothing"),
        pytest.param(LabelSelector((required("In", "v"),)), True, id="a requirement that holds"),
        pytest.param(
            LabelSelector((required("In", "v"), required("DoesNotExist"))),
            False,
            id="one of two requirements fails",
        ),
        pytest.param(
            LabelSelector((required("In", "v"), Requirement("x", Operator.NOT_IN, frozenset("y")))),
            True,
            id="each requirement reads its own key",
        ),
    ],
)
def test_a_selector_matches_labels_when_all_its_requirements_hold(selector, matches):
    assert selector.matches({"k": "v"}) is matches


@pytest.mark.parametrize(
    ("term", "empty"),
    [
        pytest.param(NodeSelectorTerm(), True, id="neither expressions nor fields"),
        pytest.param(NodeSelectorTerm((required("Exists"),)), False, id="an expression"),
        pytest.param(NodeSelectorTerm((), (required("In", "n1"),)), False, id="a field"),
    ],
)
def test_a_term_without_requirements_is_empty(term, empty):
    assert term.empty is empty
