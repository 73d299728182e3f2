"""What the rest of the package talks about: names, key pairs, descriptions and problems.

Apart from `pki` so that who only passes them on does not depend on cryptography.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address

IpAddress = IPv4Address | IPv6Address


class UnusablePem(ValueError):
    """The bytes are not what they should be; the message says how, and never quotes them."""


class Trouble(StrEnum):
    """What can be wrong with a certificate, as stable codes for machines."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WRONG_AUTHORITY = "wrong-authority"
    MISSING_NAME = "missing-name"
    KEY_MISMATCH = "key-mismatch"
    NO_SERVER_AUTH = "no-server-auth"
    CA_EXPIRED = "ca-expired"
    CA_NOT_YET_VALID = "ca-not-yet-valid"
    CA_KEY_MISMATCH = "ca-key-mismatch"
    NOT_AN_AUTHORITY = "not-an-authority"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a code to branch on and a clause to read."""

    code: Trouble
    text: str


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, both PEM; the key never shows in a repr."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Names:
    """What a client may call the server: DNS names and IP addresses."""

    dns: tuple[str, ...] = ()
    ips: tuple[IpAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """What a certificate says about itself; `renew_at` is two thirds into its lifetime."""

    subject: str
    issuer: str
    names: Names
    authority: bool
    for_servers: bool
    not_before: datetime
    not_after: datetime
    renew_at: datetime
    sha256: str
