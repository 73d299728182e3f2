"""What the command line takes, read into values before anything is touched.

Each is a sentence when it is wrong, with the value and what to give instead.
"""

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from certs.values import IpAddress, Names

DAYS_LIMIT = 36_500
"""A hundred years: beyond it a typing error is likelier than a wish."""

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_DNS_LABEL = re.compile(_LABEL)
_DNS_NAME = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")


def service_names(service: str, namespace: str) -> tuple[str, ...]:
    """Every way in which a client in the cluster may spell a Service."""
    return (
        f"{service}.{namespace}.svc",
        f"{service}.{namespace}.svc.cluster.local",
        f"{service}.{namespace}",
        service,
    )


def all_names(
    service: str, namespace: str, dns: tuple[str, ...], ips: tuple[IpAddress, ...]
) -> Names:
    """The Service's names and what was asked for besides, each once."""
    every = (*service_names(service, namespace), *dns)
    return Names(dns=tuple(dict.fromkeys(every)), ips=tuple(dict.fromkeys(ips)))


def parse_path(text: str) -> Path:
    """Read a path; an empty one is a shell variable that was not set, not this folder."""
    if not text:
        raise ValueError("the path is empty: give one")
    return Path(text)


def parse_label(text: str) -> str:
    """Read the name of a Service or a namespace."""
    if not _DNS_LABEL.fullmatch(text):
        raise ValueError(
            f"{text!r} is no name of a Kubernetes object:"
            " give at most 63 lower-case letters, digits and hyphens"
        )
    return text


def parse_dns_name(text: str) -> str:
    """Read a DNS name; upper case means nothing in one."""
    if _is_ip(text):
        raise ValueError(f"{text!r} is an IP address: give it with --ip")
    name = text.lower()
    if len(name) > 253 or not _DNS_NAME.fullmatch(name):
        raise ValueError(f"{text!r} is no DNS name: give one such as webhook.example.org")
    return name


def parse_ip(text: str) -> IpAddress:
    """Read an IPv4 or IPv6 address; a zone (`%eth0`) has no place in a certificate."""
    if not _is_ip(text) or "%" in text:
        raise ValueError(f"{text!r} is no IP address: give one such as 127.0.0.1 or ::1")
    return ip_address(text)


def parse_days(text: str) -> timedelta:
    """Read a lifetime in whole days."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= DAYS_LIMIT):
        raise ValueError(f"{text!r} is no number of days: give one from 1 to {DAYS_LIMIT}")
    return timedelta(days=int(text))


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
