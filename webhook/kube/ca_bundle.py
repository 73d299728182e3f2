"""The caBundle of a webhook configuration, so that the API server trusts our certificate.

Written by server-side apply, and to every webhook entry, because the list is merged by
name and one entry without it would fail its calls.
"""

import base64
import re
from dataclasses import dataclass

import msgspec

from webhook.kube.apply import server_side_apply
from webhook.kube.client import Api, ApiFailure, KubeError

API_VERSION = "admissionregistration.k8s.io/v1"
KINDS = {
    "validatingwebhookconfiguration": "ValidatingWebhookConfiguration",
    "mutatingwebhookconfiguration": "MutatingWebhookConfiguration",
}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


class NothingToWrite(KubeError):
    """The configuration does not exist, or has no webhook that could trust anybody."""


@dataclass(frozen=True, slots=True)
class Target:
    """One webhook configuration, as `kubectl` would write it: kind/name."""

    resource: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read kind/name; ValueError when it is not one of the two kinds, or no name."""
        kind, _, name = text.partition("/")
        resource = kind.lower().removesuffix("s")
        if resource not in KINDS or not _NAME.fullmatch(name):
            forms = " or ".join(f"{each}/NAME" for each in KINDS)
            raise ValueError(f"{text!r} is no webhook configuration: write {forms}")
        return cls(resource, name)

    def __str__(self) -> str:
        return f"{self.resource}/{self.name}"

    @property
    def path(self) -> str:
        """Where the API server keeps it."""
        return f"/apis/{API_VERSION}/{self.resource}s/{self.name}"


class _Webhook(msgspec.Struct):
    name: str


class _Configuration(msgspec.Struct):
    webhooks: tuple[_Webhook, ...] | None = None


def write_ca_bundle(api: Api, target: Target, ca: bytes, *, field_manager: str) -> tuple[str, ...]:
    """Make every webhook of the configuration trust `ca` (PEM); return their names."""
    names = _webhook_names(api, target)
    bundle = base64.b64encode(ca).decode("ascii")
    body = {
        "apiVersion": API_VERSION,
        "kind": KINDS[target.resource],
        "metadata": {"name": target.name},
        "webhooks": [{"name": name, "clientConfig": {"caBundle": bundle}} for name in names],
    }
    server_side_apply(api, target.path, body, field_manager=field_manager)
    return names


def _webhook_names(api: Api, target: Target) -> tuple[str, ...]:
    try:
        found = msgspec.json.decode(api.request("GET", target.path), type=_Configuration)
    except ApiFailure as failure:
        if failure.status != 404:
            raise
        raise NothingToWrite(f"There is no {target} in this cluster: apply it first.") from failure
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise KubeError(f"The API server's answer is no {KINDS[target.resource]}.") from error
    if not found.webhooks:
        raise NothingToWrite(f"{target} has no webhooks: apply it with its webhooks first.")
    return tuple(webhook.name for webhook in found.webhooks)
