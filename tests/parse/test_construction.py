"""webhook.parse.construction: no difference to the constructor of the type itself."""

from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from webhook.parse.construction import constructor


@dataclass(frozen=True, slots=True)
class Value:
    """A value with every sort of field."""

    a: int
    b: str = "b"
    c: dict[str, int] = field(default_factory=dict)


make = constructor(Value)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((1,), {}), ((1, "x", {"y": 2}), {}), ((), {"a": 1, "c": {}}), ((1,), {"b": "x"})],
)
def test_a_value_is_that_of_its_type(args, kwargs):
    made, usual = make(*args, **kwargs), Value(*args, **kwargs)
    assert type(made) is Value
    assert made == usual
    assert repr(made) == repr(usual)
    assert replace(made, a=5) == replace(usual, a=5)


def test_a_value_is_frozen_and_holds_nothing_in_common_with_another():
    one, other = make(1), make(1)
    assert one.c is not other.c
    with pytest.raises(FrozenInstanceError):
        one.a = 2  # type: ignore[misc]


@pytest.mark.parametrize("args", [(), (1, 2, 3, 4)])
def test_what_the_type_does_not_take_is_refused(args):
    with pytest.raises(TypeError):
        make(*args)
