"""What is wrong with a certificate at a given time, as values.

Pure and without cryptography: `pki` reads the certificates, this module judges what
they say. Unusable bytes raise UnusablePem; everything else is an answer.
"""

from collections.abc import Iterator
from datetime import datetime

from certs import pki
from certs.values import Description, Names, Problem, Trouble


def renewal_due(certificate: bytes, now: datetime) -> bool:
    """Whether two thirds of the lifetime are over, which leaves a third to notice a failure."""
    return now >= pki.describe(certificate).renew_at


def check_validity(certificate: bytes, now: datetime) -> tuple[Problem, ...]:
    """Say whether a certificate is within its dates, whatever it is for."""
    return tuple(_outside_dates(pki.describe(certificate), now))


def check_ca(ca: bytes, key: bytes, now: datetime) -> tuple[Problem, ...]:
    """Say what keeps a certificate and a key from being an authority that can sign."""
    problems = tuple(_unfit_authority(pki.describe(ca), now))
    if pki.key_belongs(ca, key):
        return problems
    text = "the CA key does not belong to the CA certificate"
    return (*problems, Problem(Trouble.CA_KEY_MISMATCH, text))


def check(ca: bytes, cert: bytes, key: bytes, names: Names, now: datetime) -> tuple[Problem, ...]:
    """Say everything that keeps a client that trusts `ca` from talking to the server `names`."""
    leaf = pki.describe(cert)
    return (
        *_unfit_authority(pki.describe(ca), now),
        *_outside_dates(leaf, now),
        *_unfit_server(leaf, signed=pki.signed_by(cert, ca), owned=pki.key_belongs(cert, key)),
        *_missing_names(leaf.names, names),
    )


def _outside_dates(certificate: Description, now: datetime) -> Iterator[Problem]:
    if now > certificate.not_after:
        text = f"the certificate expired on {certificate.not_after:%Y-%m-%d}"
        yield Problem(Trouble.EXPIRED, text)
    if now < certificate.not_before:
        text = f"the certificate is valid only from {certificate.not_before:%Y-%m-%d %H:%M} UTC on"
        yield Problem(Trouble.NOT_YET_VALID, text)


def _unfit_authority(authority: Description, now: datetime) -> Iterator[Problem]:
    for problem in _outside_dates(authority, now):
        text = problem.text.replace("certificate", "CA certificate", 1)
        yield Problem(Trouble(f"ca-{problem.code}"), text)
    if not authority.authority:
        yield Problem(Trouble.NOT_AN_AUTHORITY, "the CA certificate may not sign others")


def _unfit_server(leaf: Description, *, signed: bool, owned: bool) -> Iterator[Problem]:
    if not signed:
        yield Problem(Trouble.WRONG_AUTHORITY, "the certificate is not signed by this CA")
    if not owned:
        yield Problem(Trouble.KEY_MISMATCH, "the key does not belong to the certificate")
    if not leaf.for_servers:
        yield Problem(Trouble.NO_SERVER_AUTH, "the certificate is not for servers (no serverAuth)")


def _missing_names(covered: Names, wanted: Names) -> Iterator[Problem]:
    known = {name.lower() for name in covered.dns}
    for name in wanted.dns:
        spellings = {name.lower(), f"*.{name.lower().partition('.')[2]}"}
        if known.isdisjoint(spellings):
            yield Problem(Trouble.MISSING_NAME, f"the certificate does not name {name}")
    for ip in wanted.ips:
        if ip not in covered.ips:
            yield Problem(Trouble.MISSING_NAME, f"the certificate does not name {ip}")
