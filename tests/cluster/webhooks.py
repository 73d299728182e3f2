"""Points a webhook configuration at a server on this machine instead of a Service."""

import base64
import copy

from tests.cluster.api import Object


def by_url(configuration: Object, base: str, ca: bytes | None = None) -> Object:
    """Return a copy in which every webhook is called at `base` plus its path, trusting `ca`.

    `base` is like https://127.0.0.1:8443. Everything else stays as it is in the manifest.
    """
    changed = copy.deepcopy(configuration)
    for webhook in changed["webhooks"]:
        client = webhook["clientConfig"]
        service = client.pop("service", None)
        if service is not None:
            client["url"] = base.rstrip("/") + service.get("path", "/")
        if ca is not None:
            client["caBundle"] = base64.b64encode(ca).decode()
    return changed
