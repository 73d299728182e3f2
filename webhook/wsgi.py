"""The WSGI entry of the webhook: settings -> inventory -> application."""

from typing import Any

from webhook import files
from webhook.app import create_app
from webhook.config import Settings


def application() -> Any:
    """The application over the cluster that the settings name; called by the worker."""
    settings = Settings.from_env()
    cluster = files.load(settings.cluster, settings.kubernetes_version)
    return create_app(files.inventory(cluster))
