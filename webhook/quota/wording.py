"""Amounts as people write them: 500m of cpu, 4Gi of memory, 3 pods."""

from webhook.parse.quantities import NANO

_MILLI = NANO // 1000
_UNITS = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
#: Digits behind the point that are worth reading.
_HUNDREDTHS = 100


def written(resource: str, amount: int, *, up: bool) -> str:
    """An amount in nano units, rounded up or down to what is worth reading.

    What is needed is rounded up and what is allowed down, so that the one never seems to fit
    into the other where it does not.
    """
    plain = resource.rpartition("requests.")[2].rpartition("limits.")[2]
    if plain in ("memory", "ephemeral-storage") or plain.startswith("hugepages-"):
        return _in_bytes(amount, up)
    if plain == "cpu" and amount % NANO:
        return f"{_rounded(amount, _MILLI, up)}m"
    return str(_rounded(amount, NANO, up))


def _in_bytes(amount: int, up: bool) -> str:
    power = min(max(0, (abs(amount) // NANO).bit_length() - 1) // 10, len(_UNITS) - 1)
    if not power:
        return str(_rounded(amount, NANO, up))
    hundredths = _rounded(amount * _HUNDREDTHS, NANO << 10 * power, up)
    return f"{hundredths / _HUNDREDTHS:.2f}".rstrip("0").rstrip(".") + _UNITS[power]


def _rounded(number: int, divisor: int, up: bool) -> int:
    return -(-number // divisor) if up else number // divisor
