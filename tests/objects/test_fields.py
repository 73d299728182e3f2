"""webhook.objects.fields: texts by the path of their field."""

import pytest

from webhook.objects.fields import Fields


def test_it_is_a_mapping_that_equals_a_dict():
    texts = {"spec.b": "1", "spec.a": "2"}
    found = Fields(texts)
    assert found == texts
    assert (list(found), len(found), repr(found)) == (list(texts), 2, repr(texts))
    assert {**found, "spec.a": "3"} == {"spec.b": "1", "spec.a": "3"}
    assert found != Fields({"spec.b": "1", "spec.a": "3"})
    endless = {"x" * 5000: "1"}
    assert Fields(endless) == endless


def test_a_path_that_is_not_there_has_no_text():
    found = Fields({"spec.a": "1"})
    assert found.get("spec.b") is None
    with pytest.raises(KeyError):
        _ = found["spec.b"]
