"""certs.pki: what is issued, and how bytes that are no certificate are refused."""

import base64
import hashlib
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from certs import pki
from certs.values import Names, UnusablePem
from tests.certs.samples import (
    CA,
    DAY,
    ED25519_KEY,
    NAMES,
    NOW,
    OTHER_CA,
    PASSPHRASE_KEY,
    RSA_KEY,
    SERVING,
    extension,
    foreign,
    parsed,
)


def test_an_authority_is_self_signed_on_p256_and_signs_leaves_only():
    certificate = parsed(CA.certificate)
    constraints = extension(CA.certificate, x509.BasicConstraints)
    assert certificate.subject == certificate.issuer
    assert certificate.subject.rfc4514_string() == "CN=an authority"
    assert isinstance(certificate.public_key().curve, ec.SECP256R1)
    assert constraints == (x509.BasicConstraints(ca=True, path_length=0), True)
    assert pki.signed_by(CA.certificate, CA.certificate)


def test_an_authority_may_sign_certificates_and_revocations_and_nothing_else():
    usage, critical = extension(CA.certificate, x509.KeyUsage)
    assert critical
    assert (usage.key_cert_sign, usage.crl_sign) == (True, True)
    assert not usage.digital_signature
    assert not usage.key_encipherment


def test_a_serving_certificate_is_for_servers_only_and_no_authority():
    usage, _ = extension(SERVING.certificate, x509.ExtendedKeyUsage)
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not pki.describe(SERVING.certificate).authority
    assert isinstance(parsed(SERVING.certificate).public_key().curve, ec.SECP256R1)


def test_a_serving_certificate_points_at_its_authoritys_key():
    own, _ = extension(CA.certificate, x509.SubjectKeyIdentifier)
    issuer, _ = extension(SERVING.certificate, x509.AuthorityKeyIdentifier)
    assert issuer.key_identifier == own.digest
    assert extension(SERVING.certificate, x509.SubjectKeyIdentifier)


def test_a_description_tells_what_was_asked_for():
    described = pki.describe(SERVING.certificate)
    assert described.subject == "CN=vm-affinity-webhook"
    assert described.issuer == "CN=an authority"
    assert described.names == NAMES
    assert described.for_servers
    assert described.not_before == NOW - timedelta(minutes=5)
    assert described.not_after == NOW + 365 * DAY
    assert described.renew_at == described.not_before + (365 * DAY + pki.BACKDATE) * 2 / 3


def test_the_fingerprint_is_the_digest_of_the_der_form():
    der = der_of(SERVING.certificate)
    assert pki.describe(SERVING.certificate).sha256 == hashlib.sha256(der).hexdigest()


def test_two_certificates_never_share_a_serial_number_or_a_key():
    again = pki.issue_serving(CA, NAMES, 365 * DAY, NOW)
    assert parsed(again.certificate).serial_number != parsed(SERVING.certificate).serial_number
    assert again.key != SERVING.key


def test_a_serving_certificate_ends_no_later_than_its_authority():
    late = pki.issue_serving(CA, NAMES, 365 * DAY, NOW + 3600 * DAY)
    assert pki.describe(late.certificate).not_after == NOW + 3650 * DAY


@pytest.mark.parametrize("key", [SERVING.key, RSA_KEY], ids=["ours", "rsa"])
def test_a_certificate_can_be_renewed_for_the_key_that_is_there(key):
    renewed = pki.issue_serving(CA, NAMES, DAY, NOW, key)
    assert renewed.key == key
    assert pki.key_belongs(renewed.certificate, key)
    assert pki.signed_by(renewed.certificate, CA.certificate)


def test_an_authority_renewed_for_its_key_vouches_for_what_it_signed_before():
    renewed = pki.create_ca("an authority", 3650 * DAY, NOW + 3651 * DAY, CA.key)
    assert renewed.key == CA.key
    assert pki.signed_by(SERVING.certificate, renewed.certificate)


def test_another_authority_of_the_same_name_did_not_sign_it():
    assert not pki.signed_by(SERVING.certificate, OTHER_CA.certificate)


def test_an_authority_of_another_name_did_not_sign_it():
    renamed = pki.create_ca("renamed", 3650 * DAY, NOW, CA.key)
    assert not pki.signed_by(SERVING.certificate, renamed.certificate)


def test_a_key_belongs_to_one_certificate_only():
    assert pki.key_belongs(SERVING.certificate, SERVING.key)
    assert not pki.key_belongs(SERVING.certificate, CA.key)


@pytest.mark.parametrize(
    ("usages", "fit"),
    [
        ([], True),
        ([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], True),
        ([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], True),
        ([ExtendedKeyUsageOID.CLIENT_AUTH], False),
    ],
)
def test_a_certificate_is_for_servers_as_verifiers_see_it(usages, fit):
    extensions = [x509.ExtendedKeyUsage(usages)] if usages else []
    assert pki.describe(foreign(*extensions).certificate).for_servers is fit


def test_a_certificate_without_alternative_names_has_no_names():
    assert pki.describe(foreign().certificate).names == Names()


def test_alternative_names_that_no_client_dials_are_left_out():
    others = x509.SubjectAlternativeName(
        [
            x509.RFC822Name("someone@example.org"),
            x509.IPAddress(ip_network("10.0.0.0/8")),
            x509.IPAddress(ip_address("::1")),
        ]
    )
    names = pki.describe(foreign(others).certificate).names
    assert names == Names(ips=(ip_address("::1"),))


def test_a_key_never_shows_in_a_representation():
    assert b"PRIVATE" not in repr(SERVING).encode()
    assert SERVING.key.decode().splitlines()[1] not in repr(SERVING)


def der_of(pem):
    """Return what PEM wraps."""
    return base64.b64decode(b"".join(pem.splitlines()[1:-1]))


def pem_from(der):
    """Wrap it again."""
    body = base64.encodebytes(bytes(der))
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


VERSION = bytes.fromhex("a003020102")


@pytest.mark.parametrize(
    ("marker", "offset", "byte"),
    [(bytes.fromhex("2a8648ce3d030107"), 7, 0x7F), (VERSION, 4, 9), (VERSION, 7, 0x80)],
    ids=["unknown curve", "unknown version", "negative serial number"],
)
def test_a_certificate_that_no_verifier_takes_is_refused(marker, offset, byte):
    der = bytearray(der_of(SERVING.certificate))
    der[der.index(marker) + offset] = byte
    for ask in (pki.describe, lambda pem: pki.key_belongs(pem, SERVING.key)):
        with pytest.raises(UnusablePem, match="is not readable as a certificate"):
            ask(pem_from(der))


NO_CERTIFICATE = "holds no certificate in PEM (no BEGIN CERTIFICATE line)"


@pytest.mark.parametrize(
    ("pem", "sentence"),
    [
        (b"", NO_CERTIFICATE),
        (b"\x30\x82\x01\x00", NO_CERTIFICATE),
        (SERVING.key, NO_CERTIFICATE),
        (b"-----BEGIN CERTIFICATE-----\n", "is not readable as a certificate"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "is not readable as a certificate",
        ),
    ],
)
def test_bytes_that_are_no_certificate_are_refused_in_words(pem, sentence):
    with pytest.raises(UnusablePem) as refusal:
        pki.describe(pem)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"", "holds no private key in PEM"),
        (SERVING.certificate, "holds no private key in PEM"),
        (PASSPHRASE_KEY, "under a passphrase"),
        (ED25519_KEY, "neither EC nor RSA"),
        (
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "is not readable as a private key",
        ),
    ],
)
def test_bytes_that_are_no_key_are_refused_without_being_quoted(pem, words):
    with pytest.raises(UnusablePem, match=words) as refusal:
        pki.require_key(pem)
    assert "AAAA" not in str(refusal.value)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_certificate_is_described_or_refused_and_nothing_else_happens(data):
    der = bytearray(der_of(SERVING.certificate))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    pem = pem_from(der)
    with suppress(UnusablePem):
        pki.describe(pem)
        # what can be described can be asked about
        assert pki.signed_by(pem, CA.certificate) in {True, False}
        assert pki.signed_by(SERVING.certificate, pem) in {True, False}
        assert pki.key_belongs(pem, SERVING.key) in {True, False}


@settings(deadline=None)
@given(st.integers(1, 36_500), st.integers(1, 36_500))
def test_no_serving_certificate_outlives_its_authority(days, ca_days):
    ca = pki.create_ca("short", ca_days * DAY, NOW, CA.key)
    serving = pki.issue_serving(ca, NAMES, days * DAY, NOW, SERVING.key)
    described = pki.describe(serving.certificate)
    assert described.not_before < NOW < described.not_after
    assert described.not_after == NOW + min(days, ca_days) * DAY
