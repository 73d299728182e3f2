"""The two routes beside the real ones, and the echo, over Flask's client."""

import json

import pytest

from tests import builders
from tests.bench.processes import apps
from tests.recorded import items, review, vm
from webhook import wsgi
from webhook.app import create_app
from webhook.placement import evaluate

pytestmark = pytest.mark.edge

ASKED = review(vm("web-1", nodeSelector={"rack": "a2"}), vm("web-1"))


@pytest.fixture
def client(monkeypatch):
    """The application as the bench serves it, over the recorded cluster instead of a live one."""
    inventory = builders.inventory(*items())
    monkeypatch.setattr(wsgi, "application", lambda: create_app(inventory))
    monkeypatch.setattr(apps, "_the_inventory", lambda: inventory)
    return apps.webhook().test_client()


def test_explain_answers_like_validate_and_tells_of_every_node(client):
    explained = json.loads(client.post("/explain", json=ASKED).data)
    assert explained["review"] == client.post("/validate", json=ASKED).json
    told = [name for row in explained["nodes"] for name in row["nodes"]]
    assert sorted(told) == sorted(node["metadata"]["name"] for node in items("Node"))


def test_each_node_is_told_as_the_table_tells_it():
    nodes = [builders.node("a"), builders.node("b", unschedulable=True), builders.node("c")]
    index = builders.index(*nodes)
    diagnosis = evaluate(builders.value(builders.pod(nodeSelector={"x": "y"})), index)
    told = [
        (name, row["code"], row["plugin"], row["reasons"])
        for row in apps.table(diagnosis)
        for name in row["nodes"]
    ]
    assert sorted(told) == [
        (row.name, row.code, row.plugin, row.reasons) for row in diagnosis.table()
    ]


def test_a_pod_is_found_by_the_uid_of_its_controller(client):
    (uid, *_) = [
        owner["uid"]
        for pod in items("Pod")
        for owner in pod["metadata"].get("ownerReferences", ())
        if owner.get("controller")
    ]
    assert client.get(f"/holds/{uid}").json is True
    assert client.get("/holds/nobody").json is False


def test_the_echo_allows_what_it_has_read():
    client = apps.echo().test_client()
    answer = json.loads(client.post("/validate", json=ASKED).data)
    assert answer["response"] == {"uid": ASKED["request"]["uid"], "allowed": True}
    assert client.post("/validate", data=b"{").status_code == 500
    assert client.get("/readyz").status_code == 200
