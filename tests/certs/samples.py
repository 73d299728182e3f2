"""Certificates of the kinds that meet us: our own, and those of other makers."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from certs import pki
from certs.values import KeyPair, Names

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = Names(dns=("webhook.example.svc", "localhost"), ips=(ip_address("127.0.0.1"),))

CA = pki.create_ca("an authority", 3650 * DAY, NOW)
OTHER_CA = pki.create_ca("an authority", 3650 * DAY, NOW)
SERVING = pki.issue_serving(CA, NAMES, 365 * DAY, NOW)


def pem_of(key):
    """Write any private key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


RSA_KEY = pem_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))
ED25519_KEY = pem_of(ed25519.Ed25519PrivateKey.generate())
PASSPHRASE_KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.BestAvailableEncryption(b"a passphrase"),
)


def parsed(pem):
    """Read a certificate with the library, to look at what `describe` does not tell."""
    return x509.load_pem_x509_certificate(pem)


def extension(pem, kind):
    """Return one extension of a certificate: its value and whether it is critical."""
    found = parsed(pem).extensions.get_extension_for_class(kind)
    return found.value, found.critical


def foreign(*extensions, ca=CA, subject="of another maker"):
    """Issue a certificate with just these extensions, in the name of `ca`."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = serialization.load_pem_private_key(ca.key, password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder(
        parsed(ca.certificate).subject,
        name,
        key.public_key(),
        x509.random_serial_number(),
        NOW,
        NOW + 30 * DAY,
    )
    for each in extensions:
        builder = builder.add_extension(each, critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return KeyPair(certificate.public_bytes(serialization.Encoding.PEM), pem_of(key))
