"""Texts: one for all objects that have it in common."""

import pytest

from webhook.parse.texts import same, string_map


def test_equal_texts_are_one():
    assert same("".join(["worker-", "a1"])) is same("".join(["worker", "-a1"]))


@pytest.mark.parametrize(
    ("raw", "mapped"),
    [
        pytest.param(None, {}, id="null is empty"),
        pytest.param({}, {}, id="empty is empty"),
        pytest.param({"a": None, "b": "x"}, {"a": "", "b": "x"}, id="a null value is empty"),
    ],
)
def test_a_map_of_strings_is_read_as_the_api_reads_it(raw, mapped):
    assert string_map(raw) == mapped


def test_the_texts_of_a_map_are_shared():
    one, other = (string_map({"".join(["ap", "p"]): "".join(["we", "b"])}) for _ in range(2))
    assert [a is b for a, b in zip(one, other, strict=True)] == [True]
    assert one["app"] is other["app"]
