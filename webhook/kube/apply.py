"""Server-side apply: say what we want of an object, own those fields and no others.

The body names only what we own; the API server merges it, and a GitOps tool that
applies the rest sees no difference. Forced, because our fields have no other owner.
"""

from collections.abc import Mapping

from webhook.kube.client import Api

CONTENT_TYPE = "application/apply-patch+yaml"
"""JSON is YAML; this is the media type that every supported API server takes."""


def server_side_apply(
    api: Api, path: str, body: Mapping[str, object], *, field_manager: str
) -> bytes:
    """Apply a partial object at its path and return the object as it is now."""
    return api.request(
        "PATCH",
        path,
        query={"fieldManager": field_manager, "force": "true"},
        body=body,
        content_type=CONTENT_TYPE,
    )
