"""Values made fast: the constructor of a frozen dataclass without its price.

Such a constructor calls `object.__setattr__` for each field, which for a pod of twenty fields
costs more than reading them. A twin that is not frozen, of the same slots, is filled in by plain
stores, and then becomes the value: its class is set before anybody else has seen it.
"""

from collections.abc import Callable
from dataclasses import field, fields, make_dataclass
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
V = TypeVar("V")


def constructor(type_: Callable[P, V]) -> Callable[P, V]:
    """What makes a frozen dataclass with slots; cheapest if all is given by position.

    The type must have no `__post_init__` and no `__init__` of its own, as neither is called.
    """
    twin: Any = make_dataclass(
        f"Unfinished{type_.__name__}",
        [
            (each.name, Any, field(default=each.default, default_factory=each.default_factory))
            for each in fields(cast("Any", type_))
        ],
        slots=True,
    )

    def made(*args: P.args, **kwargs: P.kwargs) -> V:
        value = twin(*args, **kwargs)
        value.__class__ = type_
        return value  # type: ignore[no-any-return]

    return made
