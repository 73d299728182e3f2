"""The HTTP surface: what the API server and anybody else gets for what they send."""

import base64
import io
import json
import time
from contextlib import contextmanager

import pytest

from tests import builders
from tests.kube import api_server
from tests.recorded import items, recorded, review, vm, zone
from webhook import admission
from webhook.app import DRAINED_BYTES, MAX_BODY_BYTES, create_app
from webhook.inventory import REQUIRED, Inventory
from webhook.kube.client import connect
from webhook.kube.expansion import DEADLINE, Expander
from webhook.objects import Applied, Replaced

pytestmark = pytest.mark.edge

READ = ("Node", "Pod", "Namespace", "KubeVirt", "VirtualMachine", "VirtualMachineInstance")
NOBODY = {"nodeSelector": {"rack": "nowhere"}}


@pytest.fixture(scope="module")
def inventory():
    """The recorded cluster."""
    return builders.inventory(*items(*READ))


@pytest.fixture
def client(inventory):
    """Flask's client of an application over the recorded cluster."""
    return create_app(inventory).test_client()


def post(client, path, body):
    """POST a tree as JSON, or bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data=data, content_type="application/json")


def response(answer):
    """The response of a well-formed AdmissionReview v1."""
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    body = answer.get_json()
    assert set(body) == {"apiVersion", "kind", "response"}
    assert (body["apiVersion"], body["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    return body["response"]


# Answers to reviews.


def test_a_denial_is_403_forbidden_with_the_uid_of_the_request(client):
    asked = review(vm("web-1", **NOBODY), vm("web-1"), uid="any-uid")
    answer = response(post(client, "/validate?timeout=5s", asked))
    assert set(answer) == {"uid", "allowed", "status", "auditAnnotations"}
    assert (answer["uid"], answer["allowed"]) == ("any-uid", False)
    assert answer["auditAnnotations"] == {"code": "VMA-101"}
    assert set(answer["status"]) == {"code", "reason", "message"}
    assert (answer["status"]["code"], answer["status"]["reason"]) == (403, "Forbidden")
    assert answer["status"]["message"].startswith("[VMA-101] ")


def test_what_is_allowed_has_no_status_and_never_a_patch(client):
    asked = review(vm("web-1", nodeSelector={"rack": "a2"}), vm("web-1"))
    answer = response(post(client, "/validate", asked))
    assert answer == {"uid": asked["request"]["uid"], "allowed": True}


def test_a_note_arrives_as_a_warning(client):
    new = vm("web-1", nodeSelector={"rack": "a2"})
    new["metadata"]["annotations"]["vmaffinity.io/rollout"] = "OnRestart"
    answer = response(post(client, "/validate", review(new, vm("web-1"))))
    assert answer["allowed"] is True
    (warning,) = answer["warnings"]
    assert warning.startswith("[VMA-010] ")


def test_mutate_stamps_a_changed_placement_and_only_that(client):
    changed = review(vm("web-1", affinity=zone("eu-b")), vm("web-1"))
    answer = response(post(client, "/mutate", changed))
    assert set(answer) == {"uid", "allowed", "patchType", "patch"}
    assert (answer["allowed"], answer["patchType"]) == (True, "JSONPatch")
    patch = json.loads(base64.b64decode(answer["patch"]))
    stamps = {"/metadata/annotations/vmaffinity.io~1target-hash"}
    stamps |= {"/metadata/annotations/vmaffinity.io~1requested-by"}
    assert {operation["path"] for operation in patch} == stamps
    same = review(vm("web-1"), vm("web-1"))
    assert response(post(client, "/mutate", same)) == {
        "uid": same["request"]["uid"],
        "allowed": True,
    }


@pytest.mark.parametrize("path", ["/validate", "/mutate"])
@pytest.mark.parametrize("operation", ["DELETE", "CONNECT"])
def test_other_operations_are_let_through(client, path, operation):
    asked = review(None, vm("web-1"), operation=operation)
    assert response(post(client, path, asked)) == {"uid": asked["request"]["uid"], "allowed": True}


def test_an_object_that_cannot_be_read_is_refused_with_its_field(client):
    answer = response(post(client, "/validate", review(vm("web-1", affinity="soft"), vm("web-1"))))
    assert answer["allowed"] is False
    assert answer["status"]["message"].startswith("[VMA-501] ")
    assert "spec.template.spec.affinity" in answer["status"]["message"]


# What KubeVirt is asked.

TYPED = {"spec": {"instancetype": {"name": "u1"}}}
CLUSTER = (builders.kubevirt_node("n1", {"disk": "ssd"}),)
PATH = "/apis/subresources.kubevirt.io/v1/namespaces/default/expand-vm-spec"


@pytest.fixture
def kubevirt(tmp_path):
    """An API server on the loopback interface, and a client of an application that asks it."""
    with api_server.running() as server:
        expand = Expander(connect(server.kubeconfig(tmp_path)))
        app = create_app(builders.inventory(*CLUSTER), expand=expand)
        yield server, app.test_client()


def created(client, tree):
    """The response to the creation of a VM."""
    return response(post(client, "/validate", builders.admission_review(tree)))


def test_a_new_vm_is_judged_by_what_kubevirt_makes_of_its_instancetype(kubevirt):
    server, client = kubevirt
    expanded = builders.vm(nodeSelector={"disk": "tape"})
    server.answers["PUT"] = (200, json.dumps(expanded).encode())
    answer = created(client, builders.vm(**TYPED))
    assert (answer["allowed"], answer["auditAnnotations"]) == (False, {"code": "VMA-101"})
    assert "no node is labelled disk=tape" in answer["status"]["message"]
    assert [(r.method, r.path) for r in server.requests] == [("PUT", PATH)]
    server.answers["PUT"] = (200, json.dumps(builders.vm(nodeSelector={"disk": "ssd"})).encode())
    assert created(client, builders.vm(**TYPED)) == {"uid": "42", "allowed": True}


def test_what_kubevirt_refuses_to_expand_is_admitted_with_its_reason(kubevirt):
    server, client = kubevirt
    server.answers["PUT"] = (400, api_server.status_object(400, "BadRequest", '"u1" not found'))
    answer = created(client, builders.vm(**TYPED))
    assert (answer["allowed"], answer["auditAnnotations"]) == (True, {"code": "VMA-502"})
    assert answer["warnings"] == [
        '[VMA-502] Not checked: KubeVirt could not expand instancetype u1: "u1" not found.'
    ]


def test_a_kubevirt_that_is_late_is_not_waited_for(kubevirt):
    server, client = kubevirt
    server.hold("all")
    began = time.monotonic()
    (warning,) = created(client, builders.vm(**TYPED))["warnings"]
    assert time.monotonic() - began < DEADLINE + 1.0
    assert warning.endswith("could not expand instancetype u1: no answer within 500 ms.")


def test_kubevirt_is_not_asked_about_a_vm_that_refers_to_nothing(kubevirt):
    server, client = kubevirt
    assert created(client, builders.vm())["allowed"]
    assert server.requests == []


def test_nobody_waits_for_the_inventory_while_kubevirt_is_asked():
    inventory = builders.inventory(*CLUSTER)
    times = iter(range(100))

    def expand(written):
        with inventory.reading():  # would wait for ever if it were held
            return admission.Expansion(new=written.new and builders.vm())

    client = create_app(inventory, lambda: next(times), expand).test_client()
    assert created(client, builders.vm(**TYPED)) == {"uid": "42", "allowed": True}
    gone = builders.vm(**TYPED)
    gone["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert created(client, gone)["allowed"]


def test_without_a_live_cluster_nobody_is_asked():
    client = create_app(builders.inventory(*CLUSTER)).test_client()
    (warning,) = created(client, builders.vm(**TYPED))["warnings"]
    assert "only a live cluster can tell what instancetype u1 contributes" in warning


# What is no review.

OTHER = {"group": "", "version": "v1", "kind": "Pod"}
BAD = {
    "nothing": b"",
    "blanks": b" \n",
    "no JSON": b"\x00\xff not JSON",
    "a list": b"[]",
    "no object": b"null",
    "another kind": builders.pod(),
    "another version": {**review(vm("web-1")), "apiVersion": "admission.k8s.io/v1beta1"},
    "no request": {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"},
    "no uid": review(vm("web-1"), uid=None),
    "a wrong kind": review(vm("web-1"), kind=OTHER),
    "another object than declared": review(recorded("Pod", "api-00")),
    "another old object than declared": review(vm("web-1"), recorded("Node", "gpu-a1")),
    "an object of another group": review({**vm("web-1"), "apiVersion": "example.org/v1"}),
    "no object on CREATE": review(None),
    "no object on UPDATE": review(None, vm("web-1")),
    "no old object on UPDATE": review(vm("web-1"), operation="UPDATE"),
    "an object that is text": review("web-1"),  # type: ignore[arg-type]
    "very deep nesting": b'{"request":' + b"[" * 100_000,
    "a deep object": b'{"kind":"AdmissionReview","request":{"object":' + b'{"a":' * 5_000,
    "lone surrogates": b'{"kind": "\\ud800"}',
    "lines and lengths": {"apiVersion": "a\nb" * 5000, "kind": "AdmissionReview"},
}


@pytest.mark.parametrize("path", ["/validate", "/mutate"])
@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_what_is_no_review_is_400_with_one_sentence_and_the_next_is_answered(client, path, body):
    answer = post(client, path, body)
    assert answer.status_code == 400
    assert answer.mimetype == "text/plain"
    (sentence,) = answer.get_data(as_text=True).splitlines()
    assert 20 < len(sentence) <= 500
    assert response(post(client, path, review(vm("web-1"), vm("web-1"))))["allowed"] is True


class Body:
    """What is sent as a body, and how much of it was read."""

    def __init__(self, content):
        self._stream, self.read_bytes = io.BytesIO(content), 0

    def read(self, size=-1):
        """Read on."""
        chunk = self._stream.read(size)
        self.read_bytes += len(chunk)
        return chunk


def test_ten_megabytes_of_noise_are_refused_by_their_size(client):
    answer = post(client, "/validate", b"\xa5" * 10_000_000)
    assert answer.status_code == 413
    assert len(answer.get_data(as_text=True).splitlines()) == 1
    assert post(client, "/validate", b"\xa5" * (MAX_BODY_BYTES - 1)).status_code == 400


@pytest.mark.parametrize("server", [{"wsgi.input_terminated": True}, {}])
@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, MAX_BODY_BYTES + DRAINED_BYTES])
def test_a_body_that_is_too_large_is_read_to_its_end_within_bounds(client, server, size):
    sent = Body(bytes(size))
    environ = {**server, "wsgi.input": sent, "CONTENT_LENGTH": str(size)}
    answer = client.post("/validate", environ_overrides=environ)
    assert (answer.status_code, sent.read_bytes) == (413, min(size, DRAINED_BYTES))


@pytest.mark.parametrize("size", [MAX_BODY_BYTES, 10_000_000])
def test_a_chunked_body_that_is_too_large_is_read_to_its_end(client, size):
    sent = Body(bytes(size))
    environ = {"wsgi.input_terminated": True, "wsgi.input": sent}
    answer = client.post("/validate", environ_overrides=environ)
    assert (answer.status_code, sent.read_bytes) == (413, size)


@pytest.mark.parametrize("path", ["/validate", "/mutate"])
@pytest.mark.parametrize("depths", [range(low, low + 60) for low in range(700, 1000, 60)])
def test_an_object_is_either_answered_or_too_deep_at_any_depth(client, path, depths):
    """There are depths that the decoder takes and the next step does not."""
    body = json.dumps(review(vm("web-1", affinity="DEEP"), vm("web-1")))
    for depth in depths:
        deep = '{"a":' * depth + "1" + "}" * depth
        answer = post(client, path, body.replace('"DEEP"', deep).encode())
        assert answer.status_code in (200, 400)
        if answer.status_code == 200:
            response(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/validate", 405),
        ("PUT", "/mutate", 405),
        ("POST", "/healthz", 405),
        ("GET", "/", 404),
        ("POST", "/validate/", 404),
        ("GET", "/static/x", 404),
    ],
)
def test_other_paths_and_methods_are_refused_in_one_sentence(client, method, path, status):
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert len(answer.get_data(as_text=True).splitlines()) == 1


# Probes, and what goes wrong inside.


def test_healthz_says_that_the_process_is_alive(client):
    assert (client.get("/healthz").status_code, client.get("/healthz").data) == (200, b"ok\n")


def test_readyz_is_503_until_everything_was_listed_and_until_then_nothing_is_judged():
    inventory = Inventory()
    client = create_app(inventory).test_client()
    asked = review(vm("web-1", **NOBODY), vm("web-1"))
    for type_ in REQUIRED:
        ready = client.get("/readyz")
        assert (ready.status_code, type_.__name__ in ready.get_data(as_text=True)) == (503, True)
        answer = response(post(client, "/validate", asked))
        assert (answer["allowed"], answer["auditAnnotations"]) == (False, {"code": "VMA-501"})
        inventory.apply([Replaced(type_, ())])
    assert client.get("/readyz").status_code == 200
    assert client.get("/healthz").status_code == 200


class Broken(Inventory):
    """An inventory with a bug: the World that it hands out is closed already."""

    @contextmanager
    def reading(self, now=None):
        """Yield a dead World."""
        with super().reading(now) as world:
            pass
        yield world


def test_a_bug_is_500_and_never_an_answer(caplog):
    inventory = Broken()
    inventory.apply(Applied(builders.value(tree)) for tree in items("Node"))
    client = create_app(inventory).test_client()
    asked = review(vm("web-1", **NOBODY), vm("web-1"))
    answer = post(client, "/validate", asked)
    assert answer.status_code == 500
    assert answer.data == b"the webhook failed on this request; its log says why\n"
    assert b"allowed" not in answer.data
    assert "World was read after" in caplog.text
    assert client.get("/healthz").status_code == 200
