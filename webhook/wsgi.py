"""The WSGI entry of the webhook: settings -> inventory -> application.

Called by the worker: the threads that watch must live in the process that answers.
"""

import logging
import random
import time
from typing import Any

from webhook import files
from webhook.app import create_app
from webhook.config import Settings
from webhook.inventory import Inventory
from webhook.kube.client import connect
from webhook.kube.expansion import Expander
from webhook.kube.reflector import Surroundings
from webhook.kube.watching import Watching
from webhook.objects import Applied


def application() -> Any:
    """The application over the files that the settings name, or over the live cluster."""
    settings = Settings.from_env()
    if settings.cluster:
        cluster = files.load(settings.cluster, settings.kubernetes_version)
        return create_app(files.inventory(cluster))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    inventory = Inventory()
    if settings.scheduler_config:
        inventory.apply([Applied(files.scheduler_profile(settings.scheduler_config))])
    chance = random.SystemRandom().random
    api = connect(settings.kubeconfig or None, settings.context or None)
    Watching(api, inventory, Surroundings(time.monotonic, chance)).start()
    return create_app(inventory, time.monotonic, Expander(api))
