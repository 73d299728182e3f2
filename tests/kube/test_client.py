"""webhook.kube.client: raw requests over a real socket, and failures in one sentence."""

import socket
import threading

import pytest

from tests.kube.api_server import TOKEN, ApiServer, status_object
from webhook.kube import client
from webhook.kube.client import ApiFailure, ApiUnreachable, KubeError, NotConfigured, connect

NODES = "/api/v1/nodes"


@pytest.fixture
def outside(monkeypatch):
    """Be outside of any pod."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_PORT", raising=False)


@pytest.mark.edge
def test_a_request_carries_query_and_credentials_and_returns_raw_bytes(server, api):
    server.answers["GET"] = (200, b'{"items": [] }')
    assert api.request("GET", NODES, query={"limit": "5", "labelSelector": "a=b"}) == (
        b'{"items": [] }'
    )
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", NODES)
    assert request.query == {"limit": "5", "labelSelector": "a=b"}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["User-Agent"] == "vm-affinity-webhook"
    assert request.headers["Accept"] == "application/json"
    assert "Content-Type" not in request.headers


@pytest.mark.edge
def test_a_body_is_sent_as_json_with_its_content_type(server, api):
    server.answers["PATCH"] = (200, b"{}")
    body = {"a": ["ü", None, {"b": 1}]}
    api.request("PATCH", NODES, body=body, content_type="application/merge-patch+json")
    (request,) = server.requests
    assert request.json() == body
    assert request.headers["Content-Type"] == "application/merge-patch+json"


@pytest.mark.edge
def test_a_refusal_is_told_with_the_servers_own_reason(server, api):
    server.answers["GET"] = (403, status_object(403, "Forbidden", "nodes is\nforbidden"))
    with pytest.raises(ApiFailure) as failure:
        api.request("GET", NODES)
    assert str(failure.value) == (
        "The API server answered 403 Forbidden to GET /api/v1/nodes: nodes is forbidden"
    )
    refused = failure.value
    assert (refused.status, refused.reason, refused.message) == (
        403,
        "Forbidden",
        "nodes is forbidden",
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"null", b'{"message": 5}', b"\xff\xfe", b'"\xff"']
)
def test_an_answer_from_something_else_is_told_by_its_status(server, api, content):
    server.answers["GET"] = (502, content)
    with pytest.raises(ApiFailure) as failure:
        api.request("GET", NODES)
    assert str(failure.value) == "The API server answered 502 Bad Gateway to GET /api/v1/nodes"


@pytest.mark.edge
def test_a_long_message_is_cut(server, api):
    server.answers["GET"] = (500, status_object(500, "InternalError", "long " * 10_000))
    with pytest.raises(ApiFailure) as failure:
        api.request("GET", NODES)
    assert len(failure.value.message) == client.MESSAGE_LIMIT


@pytest.mark.edge
def test_a_redirect_is_not_followed(server, api):
    server.answers["GET"] = (302, b"")
    with pytest.raises(ApiFailure, match="302 Found"):
        api.request("GET", NODES)
    assert len(server.requests) == 1


@pytest.mark.edge
def test_no_server_at_the_address_is_one_sentence(server, tmp_path):
    with pytest.raises(ApiUnreachable) as failure:
        connect(server.kubeconfig(tmp_path), "away").request("GET", NODES)
    text = str(failure.value)
    assert text.startswith("Cannot reach the API server http://127.0.0.1:1 (")
    assert "Connection refused" in text
    assert "\n" not in text
    assert TOKEN not in text


@pytest.mark.edge
def test_a_connection_that_ends_without_an_answer_is_one_sentence(server, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        api = connect(server.kubeconfig(tmp_path))
        with pytest.raises(ApiUnreachable, match=r"Cannot reach the API server http://127"):
            _request_while_hanging_up(api, listener)


def _request_while_hanging_up(api, listener):
    def hang_up():
        connection, _ = listener.accept()
        connection.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    try:
        api.request("GET", NODES)
    finally:
        thread.join()


@pytest.mark.edge
def test_a_server_that_does_not_speak_tls_is_one_sentence(server, tmp_path):
    server.url = server.url.replace("http", "https")
    with pytest.raises(ApiUnreachable) as failure:
        connect(server.kubeconfig(tmp_path)).request("GET", NODES)
    assert "\n" not in str(failure.value)


def test_without_kubeconfig_and_outside_of_a_pod_nothing_is_guessed(outside):
    with pytest.raises(NotConfigured) as refusal:
        connect()
    assert str(refusal.value) == (
        "This is not a pod with a service account (Service host/port is not set.):"
        " name a kubeconfig."
    )


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a: [",
        "[]",
        "just text",
        "a: 1",
        "clusters: 5\ncontexts: 5\nusers: 5\ncurrent-context: x\n",
        "\x00",
        "current-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\n",
    ],
)
def test_a_broken_kubeconfig_is_one_sentence_with_its_path(tmp_path, content):
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    with pytest.raises(NotConfigured) as refusal:
        connect(str(path))
    assert str(refusal.value).startswith(f"Cannot use {path} (")
    assert "\n" not in str(refusal.value)


def test_an_absent_kubeconfig_and_a_folder_are_one_sentence(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(NotConfigured, match=f"Cannot use {path} "):
            connect(str(path))


def test_an_unknown_context_is_named(tmp_path):
    path = ApiServer(url="http://127.0.0.1:1").kubeconfig(tmp_path)
    with pytest.raises(NotConfigured, match="elsewhere"):
        connect(path, "elsewhere")


def test_a_credential_in_a_broken_kubeconfig_is_not_quoted(tmp_path):
    path = tmp_path / "kubeconfig"
    path.write_text(f"users: [{{name: a, user: {{token: {TOKEN}: }}}}\n")
    with pytest.raises(KubeError) as refusal:
        connect(str(path))
    assert TOKEN not in str(refusal.value)


@pytest.mark.edge
def test_in_a_pod_its_service_account_is_used(monkeypatch, tmp_path):
    for name, content in (("TOKEN", TOKEN), ("CERT", "no certificate")):
        (tmp_path / name).write_text(content)
        where = f"kubernetes.config.incluster_config.SERVICE_{name}_FILENAME"
        monkeypatch.setattr(where, str(tmp_path / name))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    with pytest.raises(ApiUnreachable, match=r"the API server https://127\.0\.0\.1:1 ") as failure:
        connect().request("GET", NODES)
    assert TOKEN not in str(failure.value)
