"""webhook.kube.apply: what a server-side apply looks like on the wire."""

import pytest

from tests.kube.api_server import status_object
from webhook.kube.apply import server_side_apply
from webhook.kube.client import ApiFailure

PATH = "/api/v1/namespaces/default/configmaps/a"


@pytest.mark.edge
def test_an_apply_is_a_forced_patch_in_the_name_of_its_manager(server, api):
    server.objects[PATH] = {"kind": "ConfigMap"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c"}}
    answer = server_side_apply(api, PATH, body, field_manager="a manager")
    (request,) = server.requests
    assert answer == b'{"kind": "ConfigMap"}'
    assert (request.method, request.path) == ("PATCH", PATH)
    assert request.query == {"fieldManager": "a manager", "force": "true"}
    assert request.headers["Content-Type"] == "application/apply-patch+yaml"
    assert request.json() == body


@pytest.mark.edge
def test_a_refused_apply_is_a_failure(server, api):
    server.answers["PATCH"] = (422, status_object(422, "Invalid", "data is invalid"))
    with pytest.raises(ApiFailure, match=f"422 Invalid to PATCH {PATH}: data is invalid"):
        server_side_apply(api, PATH, {}, field_manager="a manager")
