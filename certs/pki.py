"""X.509 as values: create an authority, issue a serving certificate, describe either.

The only home of `cryptography`. PEM bytes go in and come out; there is no I/O and no
clock: `now` is a parameter, so expiry is tested by asking at another time. Key
generation is the one thing here that is not a function of its arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar
from warnings import catch_warnings, simplefilter

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.values import Description, IpAddress, KeyPair, Names, UnusablePem

BACKDATE = timedelta(minutes=5)
"""How far notBefore lies in the past, for API servers whose clock is behind ours."""

SERVING_COMMON_NAME = "vm-affinity-webhook"
"""For people to read only: verifiers look at the alternative names."""

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    CryptographyDeprecationWarning,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def create_ca(
    common_name: str, lifetime: timedelta, now: datetime, key: bytes | None = None
) -> KeyPair:
    """Make a self-signed authority that signs leaves only; a given key is kept.

    Renewed under its own key and name, it still vouches for what it signed before.
    """
    signer, name = _key_or_new(key), _common_name(common_name)
    builder = (
        _builder(name, name, signer, now, now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
    )
    return _pair(builder.sign(signer, hashes.SHA256()), signer, key)


def issue_serving(
    ca: KeyPair, names: Names, lifetime: timedelta, now: datetime, key: bytes | None = None
) -> KeyPair:
    """Issue a server's certificate, ending no later than its authority; a given key is kept."""
    authority, signer, owner = _certificate(ca.certificate), _key(ca.key), _key_or_new(key)
    subject, until = _common_name(SERVING_COMMON_NAME), now + lifetime
    until = min(until, authority.not_valid_after_utc)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = (
        _builder(subject, authority.subject, owner, now, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(issuer_key, critical=False)
        .add_extension(_alternative_names(names), critical=False)
    )
    return _pair(builder.sign(signer, hashes.SHA256()), owner, key)


def describe(certificate: bytes) -> Description:
    """Read the first certificate of a PEM; UnusablePem when there is none."""
    with _readable("a certificate"):
        parsed = _certificate(certificate)
        start, end = parsed.not_valid_before_utc, parsed.not_valid_after_utc
        parsed.public_key()  # refused here, by name, if the library cannot read its kind
        return Description(
            subject=parsed.subject.rfc4514_string(),
            issuer=parsed.issuer.rfc4514_string(),
            names=_names(parsed),
            authority=_is_authority(parsed),
            for_servers=_is_for_servers(parsed),
            not_before=start,
            not_after=end,
            renew_at=start + (end - start) * 2 / 3,
            sha256=parsed.fingerprint(hashes.SHA256()).hex(),
        )


def require_key(key: bytes) -> None:
    """Raise UnusablePem unless this is an unencrypted EC or RSA private key in PEM."""
    _key(key)


def signed_by(certificate: bytes, ca: bytes) -> bool:
    """Whether the authority's name and key are those that signed the certificate."""
    leaf, authority = _certificate(certificate), _certificate(ca)
    try:
        with _readable("a certificate"):
            leaf.verify_directly_issued_by(authority)
    except (UnusablePem, InvalidSignature):
        return False
    return True


def key_belongs(certificate: bytes, key: bytes) -> bool:
    """Whether the certificate was made out for this private key."""
    with _readable("a certificate"):
        public = _certificate(certificate).public_key()
    return _spki(public) == _spki(_key(key).public_key())


# PEM and the library's objects.


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """Turn every way in which the library refuses input into one exception without the input."""
    try:
        with catch_warnings():
            simplefilter("ignore", UserWarning)
            # what it is about to refuse, such as a negative serial number, Go refuses already
            simplefilter("error", CryptographyDeprecationWarning)
            yield
    except UnusablePem:
        raise
    except _UNREADABLE:
        raise UnusablePem(f"is not readable as {what}") from None


def _certificate(pem: bytes) -> x509.Certificate:
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise UnusablePem("holds no certificate in PEM (no BEGIN CERTIFICATE line)")
    with _readable("a certificate"):
        return x509.load_pem_x509_certificate(pem)


def _key(pem: bytes) -> _SigningKey:
    if b"PRIVATE KEY-----" not in pem:
        raise UnusablePem("holds no private key in PEM (no BEGIN PRIVATE KEY line)")
    if b"ENCRYPTED" in pem:
        raise UnusablePem("holds a private key under a passphrase, which nobody could type in")
    with _readable("a private key"):
        key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, _SigningKey):
        raise UnusablePem("holds a private key that is neither EC nor RSA")
    return key


def _key_or_new(pem: bytes | None) -> _SigningKey:
    return ec.generate_private_key(ec.SECP256R1()) if pem is None else _key(pem)


def _pair(certificate: x509.Certificate, owner: _SigningKey, given: bytes | None) -> KeyPair:
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key = given or owner.private_bytes(pem, pkcs8, serialization.NoEncryption())
    return KeyPair(certificate.public_bytes(pem), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, owner: _SigningKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    public = owner.public_key()
    builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
    return (
        builder.not_valid_before(now - BACKDATE)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative_names(names: Names) -> x509.SubjectAlternativeName:
    addresses = (x509.IPAddress(ip) for ip in names.ips)
    return x509.SubjectAlternativeName([*map(x509.DNSName, names.dns), *addresses])


def _names(certificate: x509.Certificate) -> Names:
    found = _extension(certificate, x509.SubjectAlternativeName)
    if found is None:
        return Names()
    ips = found.get_values_for_type(x509.IPAddress)
    return Names(
        dns=tuple(found.get_values_for_type(x509.DNSName)),
        ips=tuple(ip for ip in ips if isinstance(ip, IpAddress)),
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _is_for_servers(certificate: x509.Certificate) -> bool:
    """Without the extension any use is allowed (RFC 5280, 4.2.1.12; so do Go and OpenSSL)."""
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    allowed = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return usage is None or not allowed.isdisjoint(usage)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _spki(key: PublicKeyTypes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)
