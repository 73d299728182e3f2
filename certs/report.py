"""What `inspect` finds out about a set of files, and how a person or a program reads it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from certs import checks, pki
from certs.values import Description, KeyPair, Names, Problem


@dataclass(frozen=True, slots=True)
class Report:
    """The certificates by file name, and what is wrong with them together."""

    certificates: tuple[tuple[str, Description], ...]
    problems: tuple[Problem, ...]
    now: datetime


def report_set(
    names: tuple[str, str], ca: bytes, serving: KeyPair, ca_key: bytes | None, now: datetime
) -> Report:
    """Look at an authority and what it signed; its key need not be where the server runs."""
    found = checks.check(ca, serving.certificate, serving.key, Names(), now)
    more = checks.check_ca(ca, ca_key, now) if ca_key is not None else ()
    descriptions = pki.describe(ca), pki.describe(serving.certificate)
    pairs = tuple(zip(names, descriptions, strict=True))
    return Report(pairs, tuple(dict.fromkeys((*found, *more))), now)


def report_certificate(name: str, certificate: bytes, now: datetime) -> Report:
    """Look at one certificate by itself: what can be wrong then are its dates."""
    described = ((name, pki.describe(certificate)),)
    return Report(described, checks.check_validity(certificate, now), now)


def as_text(report: Report) -> str:
    """Show it as lines for people; what a foreign certificate says cannot steer a terminal."""
    lines = [line for name, one in report.certificates for line in _lines(name, one, report.now)]
    lines += [f"problem      {problem.text} [{problem.code}]" for problem in report.problems]
    lines += ["no problems"] if not report.problems else []
    return "\n".join(_printable(line) for line in lines)


def as_json(report: Report) -> str:
    """Show it as one JSON object."""
    certificates = [{"file": name, **_facts(one, report.now)} for name, one in report.certificates]
    problems = [{"code": each.code, "text": each.text} for each in report.problems]
    return json.dumps({"certificates": certificates, "problems": problems}, indent=2)


def names_text(names: Names) -> str:
    """Show alternative names on one line."""
    return ", ".join([*names.dns, *map(str, names.ips)]) or "none"


def _lines(name: str, one: Description, now: datetime) -> Iterator[str]:
    due = "due now" if now >= one.renew_at else f"due from {_moment(one.renew_at)}"
    yield name
    yield f"  subject    {one.subject}"
    yield f"  names      {names_text(one.names)}"
    yield f"  issuer     {one.issuer}"
    yield f"  valid      {_moment(one.not_before)} to {_moment(one.not_after)}"
    yield f"  days left  {_days_left(one, now)}"
    yield f"  sha256     {one.sha256}"
    yield f"  renewal    {due}"


def _facts(one: Description, now: datetime) -> dict[str, object]:
    return {
        "subject": one.subject,
        "issuer": one.issuer,
        "dns_names": one.names.dns,
        "ip_addresses": [str(ip) for ip in one.names.ips],
        "not_before": _moment(one.not_before),
        "not_after": _moment(one.not_after),
        "days_left": _days_left(one, now),
        "sha256": one.sha256,
        "renewal_due": now >= one.renew_at,
    }


def _days_left(one: Description, now: datetime) -> int:
    """Whole days; negative once it is over."""
    return (one.not_after - now).days


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
