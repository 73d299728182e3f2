"""What to keep and what to issue: the decision behind `init`, made before anything is written.

Renewing makes a new certificate for the key that is there: nothing is lost, and the
one file that changes is replaced in one step, so that a server never reads a
certificate beside another one's key. New keys are made only where there are none, or
when told to (`force`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from certs import checks, pki
from certs.values import KeyPair, Names, Trouble

CA_COMMON_NAME = "vm-affinity-webhook-ca"
"""The authority's name; equal after a renewal, so that it still vouches for older leaves."""


class Unfit(ValueError):
    """The stored authority cannot be built on; the message says why."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the folder holds: each a whole pair, or nothing."""

    ca: KeyPair | None = None
    serving: KeyPair | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for."""

    names: Names
    lifetime: timedelta
    ca_lifetime: timedelta
    force: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """A pair to have from now on, and why it is new (None: it is the stored one)."""

    pair: KeyPair
    reason: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The whole set to have from now on."""

    ca: Issued
    serving: Issued


def settle(stored: Stored, wanted: Wanted, now: datetime) -> Settled:
    """Keep what is good, renew what is not, and start anew only if nothing is there or forced."""
    if wanted.force:
        stored = Stored()
    ca = _settle_ca(stored.ca, wanted, now)
    return Settled(ca, _settle_serving(stored.serving, ca.pair, wanted, now))


def _settle_ca(stored: KeyPair | None, wanted: Wanted, now: datetime) -> Issued:
    if stored is None:
        pair = pki.create_ca(CA_COMMON_NAME, wanted.ca_lifetime, now)
        return Issued(pair, "--force was given" if wanted.force else "there was none")
    # Minutes before its end counts as over: what it would sign now would be due at once.
    problems = checks.check_ca(stored.certificate, stored.key, now) or checks.check_ca(
        stored.certificate, stored.key, now + pki.BACKDATE
    )
    for problem in problems:
        if problem.code is not Trouble.CA_EXPIRED:
            raise Unfit(problem.text)
    if not problems:
        return Issued(stored, None)
    renewed = pki.create_ca(CA_COMMON_NAME, wanted.ca_lifetime, now, stored.key)
    return Issued(renewed, problems[0].text)


def _settle_serving(stored: KeyPair | None, ca: KeyPair, wanted: Wanted, now: datetime) -> Issued:
    key = stored.key if stored else None
    reason = _reason_to_issue(stored, ca, wanted.names, now)
    if stored and reason is None:
        return Issued(stored, None)
    return Issued(pki.issue_serving(ca, wanted.names, wanted.lifetime, now, key), reason)


def _reason_to_issue(
    stored: KeyPair | None, ca: KeyPair, names: Names, now: datetime
) -> str | None:
    if stored is None:
        return "there was none"
    problems = checks.check(ca.certificate, stored.certificate, stored.key, names, now)
    if problems:
        return problems[0].text
    if checks.renewal_due(stored.certificate, now):
        return "two thirds of its lifetime are over"
    return None
