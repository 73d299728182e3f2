"""Waiting on a condition with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.cluster.api import UNREACHABLE, ApiError

T = TypeVar("T")
EVERY_SECONDS = 0.05
PASSING = (*UNREACHABLE, ApiError)
"""What a probe may raise while what it asks is not there yet."""


def until(
    what: str, probe: Callable[[], T | None], seconds: float = 30, every: float = EVERY_SECONDS
) -> T:
    """Ask until the answer is neither None nor False nor empty, and return it.

    Failures of the API are taken for "not yet", and the last one is told at the deadline.
    """
    deadline, last = time.monotonic() + seconds, ""
    while True:
        try:
            answer = probe()
        except PASSING as error:
            last = f": {type(error).__name__}: {error}"
        else:
            if answer:
                return answer
            last = ""
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}{last}")
        time.sleep(every)
