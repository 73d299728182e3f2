"""webhook.kube.ca_bundle: every webhook of a configuration gets the bundle, and nothing else."""

import base64

import pytest

from tests.kube.api_server import status_object, webhook_configuration
from webhook.kube.ca_bundle import NothingToWrite, Target, write_ca_bundle
from webhook.kube.client import ApiFailure, KubeError

TARGET = Target("validatingwebhookconfiguration", "vm-affinity")
PATH = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/vm-affinity"
CA = b"-----BEGIN CERTIFICATE-----\n"


def put(server, *webhooks):
    """Put the configuration into the server."""
    kind = "ValidatingWebhookConfiguration"
    server.objects[PATH] = webhook_configuration(kind, "vm-affinity", *webhooks)


@pytest.mark.edge
def test_every_webhook_gets_the_bundle_and_nothing_else_is_claimed(server, api):
    put(server, "a.vmaffinity.io", "b.vmaffinity.io")
    written = write_ca_bundle(api, TARGET, CA, field_manager="certs")
    bundle = base64.b64encode(CA).decode()
    read, applied = server.requests
    assert written == ("a.vmaffinity.io", "b.vmaffinity.io")
    assert (read.method, read.path) == ("GET", PATH)
    assert (applied.method, applied.path) == ("PATCH", PATH)
    assert applied.query == {"fieldManager": "certs", "force": "true"}
    assert applied.json() == {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "vm-affinity"},
        "webhooks": [
            {"name": "a.vmaffinity.io", "clientConfig": {"caBundle": bundle}},
            {"name": "b.vmaffinity.io", "clientConfig": {"caBundle": bundle}},
        ],
    }


@pytest.mark.edge
def test_an_absent_configuration_is_not_created(server, api):
    with pytest.raises(NothingToWrite) as refusal:
        write_ca_bundle(api, TARGET, CA, field_manager="certs")
    assert str(refusal.value) == (
        "There is no validatingwebhookconfiguration/vm-affinity in this cluster: apply it first."
    )
    assert [request.method for request in server.requests] == ["GET"]


@pytest.mark.edge
@pytest.mark.parametrize("webhooks", [[], None, "absent"])
def test_a_configuration_without_webhooks_is_left_alone(server, api, webhooks):
    put(server)
    if webhooks == "absent":
        del server.objects[PATH]["webhooks"]
    else:
        server.objects[PATH]["webhooks"] = webhooks
    with pytest.raises(NothingToWrite, match="vm-affinity has no webhooks"):
        write_ca_bundle(api, TARGET, CA, field_manager="certs")
    assert [request.method for request in server.requests] == ["GET"]


@pytest.mark.edge
@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"webhooks": 5}', b'{"webhooks": [{}]}', b"\xff"]
)
def test_an_answer_that_is_no_configuration_is_one_sentence(server, api, content):
    server.answers["GET"] = (200, content)
    with pytest.raises(KubeError, match="answer is no ValidatingWebhookConfiguration"):
        write_ca_bundle(api, TARGET, CA, field_manager="certs")


@pytest.mark.edge
def test_a_refusal_other_than_absence_is_passed_on(server, api):
    server.answers["GET"] = (403, status_object(403, "Forbidden", "no"))
    with pytest.raises(ApiFailure, match="403 Forbidden"):
        write_ca_bundle(api, TARGET, CA, field_manager="certs")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("validatingwebhookconfiguration/vm-affinity", TARGET),
        ("ValidatingWebhookConfigurations/vm-affinity", TARGET),
        ("mutatingwebhookconfiguration/a.b", Target("mutatingwebhookconfiguration", "a.b")),
    ],
)
def test_a_target_is_read_as_kubectl_would_write_it(text, target):
    assert Target.parse(text) == target


def test_a_target_is_shown_as_it_is_read():
    assert Target.parse(str(TARGET)) == TARGET
    assert TARGET.path == PATH


@pytest.mark.parametrize(
    "text",
    ["", "x", "secret/a", "validatingwebhookconfiguration", "validatingwebhookconfiguration/"]
    + [
        f"validatingwebhookconfiguration/{name}" for name in ("A", "../b", "a/b", "a?b", "-", "a\n")
    ],
)
def test_what_is_no_target_is_refused_with_the_two_forms(text):
    with pytest.raises(
        ValueError, match="is no webhook configuration: write validating"
    ) as refusal:
        Target.parse(text)
    assert repr(text) in str(refusal.value)
