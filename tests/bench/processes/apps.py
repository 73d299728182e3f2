"""WSGI entries for gunicorn: the webhook as deployed with two more routes, and an echo.

`/explain` answers like `/validate` and adds the answer per node; `/holds` says whether a pod of
a controller has arrived in the index. Neither is on the way of the other routes.
"""

import gc
import json
import time
from typing import Any

import msgspec
from flask import Flask, Response, request

from webhook import admission, review, wsgi
from webhook.inventory import Inventory
from webhook.placement import Diagnosis

JSON = "application/json"
ALLOWED = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}


def webhook() -> Any:
    """The application of `webhook.wsgi`, which watches the cluster of the settings."""
    app: Flask = wsgi.application()
    inventory = _the_inventory()

    @app.post("/explain")
    def explain() -> Response:
        asked = review.decode(request.get_data())
        with inventory.reading(time.monotonic()) as world:
            decision = admission.admit(asked, world)
        answer = msgspec.Raw(review.validated(asked.uid, decision))
        nodes = [] if decision.diagnosis is None else table(decision.diagnosis)
        return Response(msgspec.json.encode({"review": answer, "nodes": nodes}), mimetype=JSON)

    @app.get("/holds/<uid>")
    def holds(uid: str) -> Response:
        with inventory.reading() as world:
            found = any(True for _ in world.index.owned(uid))
        return Response(json.dumps(found), mimetype=JSON)

    return app


def table(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """Code, plugin and reasons of every node; nodes that have them in common are listed by name."""
    return [
        {
            "code": outcome.code.value,
            "plugin": outcome.plugin,
            "reasons": outcome.reasons,
            "nodes": list(diagnosis.name_of(nodes)),
        }
        for outcome, nodes in diagnosis.outcomes()
        if nodes
    ]


def _the_inventory() -> Inventory:
    """The one of this process; the application keeps it to itself."""
    (found,) = (each for each in gc.get_objects() if isinstance(each, Inventory))
    return found


def echo() -> Flask:
    """What any webhook in Flask must do: read the review, and answer it."""
    app = Flask("echo", static_folder=None)

    @app.post("/validate")
    def validate() -> Response:
        asked = json.loads(request.get_data())
        answer = {**ALLOWED, "response": {"uid": asked["request"]["uid"], "allowed": True}}
        return Response(json.dumps(answer), mimetype=JSON)

    @app.get("/readyz")
    def readyz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    return app
