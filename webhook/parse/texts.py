"""Texts that many objects have in common: one for all of them."""

import sys
from collections.abc import Mapping

from webhook.parse import wire

same = sys.intern
"""The one text that stands for all that are equal to it, as long as any of them is held."""

_EMPTY: Mapping[str, str] = {}


def string_map(raw: wire.StringMap) -> Mapping[str, str]:
    """A map of strings such as labels, all of them shared; the API reads a null value as empty."""
    return {same(key): same(value or "") for key, value in raw.items()} if raw else _EMPTY
