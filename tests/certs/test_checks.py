"""certs.checks: what is wrong with a certificate, asked at this time and at others."""

from dataclasses import replace
from datetime import UTC, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from certs import checks, pki
from certs.values import Names, Problem, Trouble, UnusablePem
from tests.certs.samples import CA, DAY, NAMES, NOW, OTHER_CA, SERVING, foreign

ELEVEN_YEARS = 11 * 365 * DAY


def check(ca=CA, pair=SERVING, names=NAMES, now=NOW):
    """Check a pair, by default a good one at a good time."""
    return checks.check(ca.certificate, pair.certificate, pair.key, names, now)


def codes(problems):
    """Return what machines read."""
    return [problem.code for problem in problems]


def test_a_fresh_set_has_no_problems():
    assert check() == ()
    assert checks.check_ca(CA.certificate, CA.key, NOW) == ()


def test_after_a_year_the_certificate_has_expired():
    assert check(now=NOW + 366 * DAY) == (
        Problem(Trouble.EXPIRED, "the certificate expired on 2027-03-01"),
    )


def test_after_eleven_years_the_authority_has_expired_as_well():
    found = codes(check(now=NOW + ELEVEN_YEARS))
    assert found == [Trouble.CA_EXPIRED, Trouble.EXPIRED]


def test_before_its_time_the_certificate_is_not_yet_valid():
    found = check(now=NOW - timedelta(minutes=6))
    assert codes(found) == [Trouble.CA_NOT_YET_VALID, Trouble.NOT_YET_VALID]
    assert found[1].text == "the certificate is valid only from 2026-03-01 11:55 UTC on"


def test_a_clock_that_is_five_minutes_behind_accepts_it():
    assert check(now=NOW - timedelta(minutes=5)) == ()


def test_another_authority_is_told_apart():
    assert codes(check(ca=OTHER_CA)) == [Trouble.WRONG_AUTHORITY]


def test_another_key_is_told_apart():
    assert codes(check(pair=replace(SERVING, key=CA.key))) == [Trouble.KEY_MISMATCH]
    assert codes(checks.check_ca(CA.certificate, OTHER_CA.key, NOW)) == [Trouble.CA_KEY_MISMATCH]


def test_a_leaf_is_no_authority():
    found = checks.check_ca(SERVING.certificate, SERVING.key, NOW)
    assert codes(found) == [Trouble.NOT_AN_AUTHORITY]


def test_a_certificate_for_clients_is_told_apart():
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    assert codes(check(pair=foreign(usage), names=Names())) == [Trouble.NO_SERVER_AUTH]


def test_every_missing_name_is_named():
    wanted = Names(dns=("localhost", "elsewhere"), ips=(ip_address("::1"),))
    assert check(names=wanted) == (
        Problem(Trouble.MISSING_NAME, "the certificate does not name elsewhere"),
        Problem(Trouble.MISSING_NAME, "the certificate does not name ::1"),
    )


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("a.example.org", True),
        ("A.Example.ORG", True),
        ("example.org", False),
        ("a.b.example.org", False),
    ],
)
def test_a_wildcard_covers_one_label(name, covered):
    wildcard = x509.SubjectAlternativeName([x509.DNSName("*.example.org")])
    assert (check(pair=foreign(wildcard), names=Names(dns=(name,))) == ()) is covered


def test_a_single_certificate_is_checked_for_its_dates_only():
    assert checks.check_validity(foreign(ca=OTHER_CA).certificate, NOW) == ()
    late = checks.check_validity(CA.certificate, NOW + ELEVEN_YEARS)
    assert codes(late) == [Trouble.EXPIRED]


def test_renewal_is_due_from_two_thirds_of_the_lifetime_on():
    due = pki.describe(SERVING.certificate).renew_at
    assert not checks.renewal_due(SERVING.certificate, due - timedelta(seconds=1))
    assert checks.renewal_due(SERVING.certificate, due)


def test_unusable_bytes_are_no_answer():
    with pytest.raises(UnusablePem):
        check(pair=replace(SERVING, certificate=b"noise"))


@settings(deadline=None)
@given(st.datetimes(min_value=NOW.replace(tzinfo=None, year=1970), timezones=st.just(UTC)))
def test_at_any_time_it_is_early_or_late_or_good_and_a_late_one_was_due(now):
    found = set(codes(checks.check_validity(SERVING.certificate, now)))
    described = pki.describe(SERVING.certificate)
    assert (found == set()) is (described.not_before <= now <= described.not_after)
    if Trouble.EXPIRED in found:
        assert checks.renewal_due(SERVING.certificate, now)
    if Trouble.NOT_YET_VALID in found:
        assert not checks.renewal_due(SERVING.certificate, now)
