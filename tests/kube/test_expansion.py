"""webhook.kube.expansion: KubeVirt's expansion of a VM, or a reason, within the deadline."""

import json
import re
import time

import pytest

from tests import builders
from tests.kube.api_server import status_object
from tests.kube.loops import PATIENCE
from webhook.admission import Expansion
from webhook.kube.client import connect
from webhook.kube.expansion import DEADLINE, Expander
from webhook.kube.permissions import PERMISSIONS

pytestmark = pytest.mark.edge

PATH = "/apis/subresources.kubevirt.io/v1/namespaces/red/expand-vm-spec"
NEW, OLD = (
    builders.vm(namespace="red", spec={"instancetype": {"name": name}}) for name in ("u2", "u1")
)
ANSWER = builders.vm(namespace="red", nodeSelector={"disk": "ssd"})


@pytest.fixture
def expand(api):
    """Expand with a deadline that a busy machine keeps."""
    return Expander(api, deadline=PATIENCE)


@pytest.fixture
def answering(server):
    """Have the server answer a PUT as it should."""
    server.answers["PUT"] = (200, json.dumps(ANSWER).encode())
    return server


def test_a_vm_is_sent_by_one_put_and_comes_back_expanded(answering, expand):
    assert expand(Expansion(new=NEW)) == Expansion(new=ANSWER)
    (request,) = answering.requests
    assert (request.method, request.path, request.query) == ("PUT", PATH, {})
    sent = request.json()
    assert sent["spec"] == NEW["spec"]
    assert sent["metadata"] == {"name": "vm", "namespace": "red"}


def test_both_versions_are_asked_for_at_once(answering, expand):
    assert expand(Expansion(NEW, OLD)) == Expansion(ANSWER, ANSWER)
    named = {r.json()["spec"]["instancetype"]["name"] for r in answering.requests}
    assert (len(answering.requests), named) == (2, {"u1", "u2"})
    assert expand(Expansion(old=OLD)) == Expansion(old=ANSWER)


def test_it_is_permitted_and_asks_in_no_other_namespace(answering, expand):
    expand(Expansion(new=builders.vm()))
    assert answering.requests[0].path.split("/")[5] == "default"
    (permission,) = [p for p in PERMISSIONS if p.api_group == PATH.split("/")[2]]
    assert (permission.resource, permission.verbs) == (PATH.split("/")[-1], ("update",))


def test_kubevirts_own_reason_is_passed_on(server, expand):
    server.answers["PUT"] = (400, status_object(400, "BadRequest", '"u2" not found'))
    assert expand(Expansion(NEW, OLD)) == Expansion(failure='"u2" not found')
    server.answers["PUT"] = (403, status_object(403, "Forbidden", "expand-vm-spec is forbidden"))
    assert expand(Expansion(new=NEW)).failure == "expand-vm-spec is forbidden"


@pytest.mark.parametrize(
    ("code", "body", "why"),
    [
        (404, b"404 page not found", "answered 404 Not Found to PUT"),
        (400, b"", "answered 400 Bad Request to PUT"),
        (503, status_object(503, "ServiceUnavailable", "no endpoints"), "503 Serv.*no endpoints"),
        (200, b"<html>", "not the JSON of an object"),
        (200, b"[]", "not the JSON of an object"),
        (200, b'{"a": "\xff"}', "not the JSON of an object"),
        (200, b'{"a":' * 5000 + b"1" + b"}" * 5000, "not the JSON of an object"),
    ],
)
def test_any_other_answer_is_told_as_it_is(server, expand, code, body, why):
    server.answers["PUT"] = (code, body)
    found = expand(Expansion(new=NEW))
    assert (found.new, found.old) == (None, None)
    assert re.search(why, found.failure)


def test_no_server_is_a_reason(server, tmp_path):
    away = Expander(connect(server.kubeconfig(tmp_path), "away"), PATIENCE)
    assert "Cannot reach the API server" in away(Expansion(new=NEW)).failure


@pytest.mark.parametrize("namespace", ["a/../b", "..", "a%2fb", "A", "-a", "a\n", "a" * 64])
def test_what_cannot_be_a_namespace_leads_nowhere(server, expand, namespace):
    found = expand(Expansion(new=builders.vm(namespace=namespace)))
    assert found.failure == "the VM is in no namespace that can exist"
    assert server.requests == []


@pytest.mark.parametrize("held", ["all", "body"])
@pytest.mark.parametrize("versions", [(NEW, None), (NEW, OLD)])
def test_whatever_holds_up_the_answer_the_caller_is_told_in_time(answering, api, held, versions):
    """Single bytes, each of them in time, would go on for longer than anybody waits."""
    answering.hold(held)
    expand = Expander(api)
    expand(Expansion())  # nothing to wait for
    began = time.monotonic()
    found = expand(Expansion(*versions))
    took = time.monotonic() - began
    assert found == Expansion(failure="no answer within 500 ms")
    assert took + 0.01 >= DEADLINE
    assert took < DEADLINE + 1.0


def test_more_than_there_are_threads_for_are_told_in_time_too(answering, api):
    answering.hold("all")
    expand = Expander(api, deadline=0.05)
    for _ in range(20):
        assert expand(Expansion(NEW, OLD)).failure == "no answer within 50 ms"
    answering.released.set()
    assert Expander(api, PATIENCE)(Expansion(new=NEW)) == Expansion(new=ANSWER)
