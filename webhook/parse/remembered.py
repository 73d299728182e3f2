"""Parts that many VMs have alike: lowered once, and one value for all of them.

VMs differ in names, claims and identifiers; machines and rules are often those of others, and
a VM's own are those of its VMI and of its next version.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import msgspec

#: So many values of a sort are remembered, then it starts anew; none that is made of more bytes.
ENTRIES = 4096
LARGEST = 4096

P = ParamSpec("P")
V = TypeVar("V")


def remembered(lower: Callable[P, V]) -> Callable[P, V]:
    """`lower`, which reads nothing but its arguments, with its answers to equal ones kept.

    The arguments are structs of the wire, or what is made of them. A person's file may hold
    what cannot be encoded; such an answer is not kept.
    """
    known: dict[bytes, V] = {}

    @wraps(lower)
    def lowered(*args: P.args, **kwargs: P.kwargs) -> V:
        try:
            key = msgspec.msgpack.encode((args, kwargs))
        except (TypeError, OverflowError, RecursionError):
            return lower(*args, **kwargs)
        if (found := known.get(key)) is not None:
            return found
        value = lower(*args, **kwargs)
        if len(known) >= ENTRIES:
            known.clear()
        if len(key) <= LARGEST:
            known[key] = value
        return value

    return lowered
