"""Kubernetes quantities as exact integers of 10^-9, and their rounding to int64.

Mirrors `apimachinery/pkg/api/resource/quantity.go`. Arithmetic on nano units is exact;
the scheduler rounds up once, per pod, when it turns a sum into an integer.
"""

import re

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


class BadQuantity(ValueError):
    """The text is no quantity; the message says what is wrong with it."""


def nanos(value: str | int | float | None) -> int:
    """The quantity in units of 10^-9, rounded away from zero; None is 0.

    Raises BadQuantity. Strings are trimmed, as decoding a quantity from JSON does.
    """
    if value is None:
        return 0
    text = value.strip() if isinstance(value, str) else repr(value)
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


def units(amount: int) -> int:
    """Quantity.Value(): whole units, rounded away from zero, as int64."""
    return _wrapped(_away_from_zero(amount, NANO))


def millis(amount: int) -> int:
    """Quantity.MilliValue(): thousandths, rounded away from zero, as int64."""
    return _wrapped(_away_from_zero(amount, _MILLI))


def stored(amount: int) -> int:
    """What the API server stores of a resource list's quantity: rounded up to 1/1000."""
    return _away_from_zero(amount, _MILLI) * _MILLI


def integer(resource: str, amount: int) -> int:
    """The scheduler's integer for a resource: cpu in milli units, the rest in units."""
    return millis(amount) if resource == "cpu" else units(amount)
