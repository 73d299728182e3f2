"""Kubernetes quantities as exact integers of 10^-9, and their rounding to int64.

Mirrors `apimachinery/pkg/api/resource/quantity.go`. Arithmetic on nano units is exact;
the scheduler rounds up once, per pod, when it turns a sum into an integer.
"""

import re
from functools import lru_cache

NANO = 10**9
_MILLI = 10**6
_GRAMMAR = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(.*)", re.ASCII | re.DOTALL)
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LARGEST = ((1 << 63) - 1) * NANO
#: Go does not come back in useful time from larger exponents, so nobody stores them.
_LARGEST_EXPONENT = 1000
_LONGEST = 1000
#: A cluster writes the same few quantities again and again.
_REMEMBERED = 4096
#: Go keeps a quantity of that many decimal digits as an int64 and a power of ten.
_INT64_DIGITS = 18


class BadQuantity(ValueError):
    """The text is no quantity; the message says what is wrong with it."""


def nanos(value: str | int | float | None) -> int:
    """The quantity in units of 10^-9, rounded away from zero; None is 0.

    Raises BadQuantity. Strings are trimmed, as decoding a quantity from JSON does.
    """
    if value is None:
        return 0
    return parsed(value.strip() if isinstance(value, str) else repr(value))


@lru_cache(_REMEMBERED)
def parsed(text: str) -> int:
    """ParseQuantity: the quantity in units of 10^-9, rounded away from zero.

    Raises BadQuantity, also for blanks around it.
    """
    if len(text) > _LONGEST:
        raise BadQuantity(f"{text[:20]!r}… is not a quantity: it has {len(text)} characters")
    match = _GRAMMAR.fullmatch(text)
    if match is None or text in "+-":
        raise BadQuantity(f"{text!r} is not a quantity")
    sign, whole, fraction, suffix = match[1], match[2], match[3] or "", match[4]
    if not whole and not fraction and "." in text:
        raise BadQuantity(f"{text!r} is not a quantity")
    number, scale = int(whole + fraction or "0"), -len(fraction)
    magnitude = _scaled(number, scale, suffix, text)
    return -magnitude if sign == "-" else magnitude


def _scaled(number: int, scale: int, suffix: str, text: str) -> int:
    if suffix in _BINARY:
        return min(_round_up(number * NANO << _BINARY[suffix], 10**-scale), _LARGEST)
    exponent = _EXPONENT.fullmatch(suffix)
    power = int(exponent[1]) if exponent else _DECIMAL.get(suffix)
    if power is None or abs(power) > _LARGEST_EXPONENT:
        raise BadQuantity(f"{text!r} is not a quantity: unknown suffix {suffix!r}")
    power += scale + 9
    return number * 10**power if power >= 0 else _round_up(number, 10**-power)


def _round_up(number: int, divisor: int) -> int:
    return -(-number // divisor)


def _away_from_zero(number: int, divisor: int) -> int:
    return _round_up(number, divisor) if number >= 0 else -_round_up(-number, divisor)


def _wrapped(number: int) -> int:
    """Two's complement in 64 bits, which is what Go's conversion does."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def _int64(amount: int, divisor: int) -> int:
    """The amount in units of `divisor` nanos, rounded away from zero, as Go's int64.

    What does not fit comes out as Go's code lets it: 0 where the quantity is held as few digits
    and a power of ten, the low bits elsewhere, and for long negative numbers the low bits of
    the nanos. Nobody means such quantities, but they must not read as room.
    """
    rounded = _away_from_zero(amount, divisor)
    if abs(amount) < 10**_INT64_DIGITS or (0 <= rounded < 1 << 63 and amount > 0):
        return rounded
    digits, scale = abs(amount), -9
    while digits % 1000 == 0:
        digits, scale = digits // 1000, scale + 3
    if digits < 10**_INT64_DIGITS:
        fits = -(1 << 63) < rounded < 1 << 63
        return rounded if fits else 0 if scale > 0 else _wrapped(rounded)
    if amount > 0:
        return _wrapped(rounded)
    low = _wrapped(-amount)
    return -(low // divisor) if low >= 0 else _round_up(-low, divisor)


def units(amount: int) -> int:
    """Quantity.Value(): whole units, rounded away from zero, as int64."""
    return _int64(amount, NANO)


def millis(amount: int) -> int:
    """Quantity.MilliValue(): thousandths, rounded away from zero, as int64."""
    return _int64(amount, _MILLI)


def stored(amount: int) -> int:
    """What the API server stores of a resource list's quantity: rounded up to 1/1000."""
    return _away_from_zero(amount, _MILLI) * _MILLI


def integer(resource: str, amount: int) -> int:
    """The scheduler's integer for a resource: cpu in milli units, the rest in units."""
    return millis(amount) if resource == "cpu" else units(amount)
