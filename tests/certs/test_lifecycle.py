"""certs.lifecycle: what is kept, what is renewed for its key, and what is made anew."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs import checks, pki
from certs.lifecycle import Settled, Stored, Unfit, Wanted, settle
from certs.values import Names, UnusablePem
from tests.certs.samples import CA, DAY, ED25519_KEY, NAMES, NOW, OTHER_CA, SERVING, foreign

WANTED = Wanted(NAMES, lifetime=365 * DAY, ca_lifetime=3650 * DAY)
GOOD = Stored(CA, SERVING)


def problems(settled: Settled, now=NOW):
    """Check what came out, as a client would."""
    ca, serving = settled.ca.pair, settled.serving.pair
    return checks.check(ca.certificate, serving.certificate, serving.key, NAMES, now)


def test_out_of_nothing_a_whole_set_is_made():
    settled = settle(Stored(), WANTED, NOW)
    assert (settled.ca.reason, settled.serving.reason) == ("there was none", "there was none")
    assert problems(settled) == ()


def test_a_good_set_is_kept_as_it_is():
    settled = settle(GOOD, WANTED, NOW)
    assert (settled.ca.pair, settled.ca.reason) == (CA, None)
    assert (settled.serving.pair, settled.serving.reason) == (SERVING, None)


def test_a_set_that_covers_more_names_than_asked_for_is_kept():
    settled = settle(GOOD, replace(WANTED, names=Names(dns=("localhost",))), NOW)
    assert settled.serving.reason is None


def test_an_authority_alone_gets_its_serving_certificate():
    settled = settle(Stored(CA), WANTED, NOW)
    assert settled.ca.reason is None
    assert settled.serving.reason == "there was none"
    assert problems(settled) == ()


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (NOW + 250 * DAY, "two thirds of its lifetime are over"),
        (NOW + 400 * DAY, "the certificate expired on 2027-03-01"),
    ],
)
def test_a_serving_certificate_is_renewed_for_its_key_by_the_same_authority(now, reason):
    settled = settle(GOOD, WANTED, now)
    assert settled.ca.pair == CA
    assert settled.serving.reason == reason
    assert settled.serving.pair.key == SERVING.key
    assert settled.serving.pair.certificate != SERVING.certificate
    assert problems(settled, now) == ()


def test_other_names_are_a_reason_to_renew():
    wanted = replace(WANTED, names=Names(dns=("elsewhere",)))
    settled = settle(GOOD, wanted, NOW)
    assert settled.serving.reason == "the certificate does not name elsewhere"
    assert pki.describe(settled.serving.pair.certificate).names == wanted.names


@pytest.mark.parametrize(
    ("serving", "reason"),
    [
        (foreign(ca=OTHER_CA), "the certificate is not signed by this CA"),
        (replace(SERVING, key=OTHER_CA.key), "the key does not belong to the certificate"),
    ],
    ids=["other authority", "other key"],
)
def test_a_certificate_that_does_not_fit_is_issued_again_for_the_key(serving, reason):
    settled = settle(Stored(CA, serving), WANTED, NOW)
    assert settled.serving.reason == reason
    assert settled.serving.pair.key == serving.key
    assert problems(settled) == ()


def test_an_expired_authority_is_renewed_for_its_key_and_so_is_its_leaf():
    later = NOW + 11 * 365 * DAY
    settled = settle(GOOD, WANTED, later)
    assert settled.ca.reason == "the CA certificate expired on 2036-02-27"
    assert (settled.ca.pair.key, settled.serving.pair.key) == (CA.key, SERVING.key)
    assert problems(settled, later) == ()


def test_an_authority_in_its_last_minutes_counts_as_over():
    end = NOW + 3650 * DAY
    assert settle(Stored(CA), WANTED, end - timedelta(minutes=6)).ca.reason is None
    settled = settle(Stored(CA), WANTED, end - timedelta(minutes=4))
    assert settled.ca.pair.key == CA.key
    assert pki.describe(settled.ca.pair.certificate).not_after > end


def test_force_makes_new_keys():
    settled = settle(GOOD, replace(WANTED, force=True), NOW)
    assert settled.ca.reason == "--force was given"
    assert settled.ca.pair.key != CA.key
    assert settled.serving.pair.key != SERVING.key
    assert problems(settled) == ()


@pytest.mark.parametrize(
    ("ca", "now", "why"),
    [
        (replace(CA, key=OTHER_CA.key), NOW, "does not belong"),
        (SERVING, NOW, "may not sign others"),
        (CA, NOW - DAY, "valid only from"),
    ],
    ids=["other key", "leaf", "clock"],
)
def test_an_authority_that_cannot_sign_is_never_replaced_unasked(ca, now, why):
    with pytest.raises(Unfit, match=why):
        settle(Stored(ca, SERVING), WANTED, now)


def test_a_key_of_a_kind_that_cannot_serve_is_refused():
    with pytest.raises(UnusablePem, match="neither EC nor RSA"):
        settle(Stored(CA, replace(SERVING, key=ED25519_KEY)), WANTED, NOW)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2000), min_size=1, max_size=6))
def test_whenever_it_runs_the_set_is_good_the_keys_stay_and_a_second_run_keeps_it(days):
    stored, now = GOOD, NOW
    for some in days:
        now += timedelta(days=some)
        settled = settle(stored, WANTED, now)
        assert problems(settled, now) == ()
        assert (settled.ca.pair.key, settled.serving.pair.key) == (CA.key, SERVING.key)
        stored = Stored(settled.ca.pair, settled.serving.pair)
        again = settle(stored, WANTED, now)
        assert (again.ca.reason, again.serving.reason) == (None, None)
