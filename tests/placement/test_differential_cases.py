"""Small cases with the answer of the real kube-scheduler, recorded by `make differential`.

A file reason-….json witnesses one reason; any other was a difference when it was found.
"""

import pytest

from tests.torture.differential import cases
from tests.torture.differential.reachability import REACHABLE, reasons

FILES = {file.stem: file for file in cases.saved()}
WITNESSES = [name for name in FILES if name.startswith("reason-")]


@pytest.mark.parametrize("name", FILES)
def test_a_case_is_answered_as_the_real_scheduler_did(name):
    found = cases.replayed(cases.load(FILES[name]))
    assert found.differences == ()
    assert found.open == 0


def test_the_witnesses_say_the_reasons_that_they_are_kept_for():
    kept = [cases.load(FILES[name]) for name in WITNESSES]
    assert all(each["about"] in reasons(each["answer"]["text"]) for each in kept)
    assert {each["about"] for each in kept} <= set(REACHABLE)
    assert len(kept) >= 20
