"""A hundred reviews at a time for a minute, while the inventory is being replaced."""

import base64
import json
import os
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field

import pytest

from tests import serving
from tests.recorded import review, vm
from webhook.config import Settings

CONNECTIONS = 100
SECONDS = 60
CORDON_OR_NOT = {"nodeSelector": {"rack": "a2"}}
#: What is asked, and every code that some moment of the replacement allows.
ASKED = [
    ("/validate", vm("web-1", **CORDON_OR_NOT), vm("web-1"), {None, "VMA-201"}),
    ("/validate", vm("web-1", nodeSelector={"rack": "none"}), vm("web-1"), {"VMA-101"}),
    ("/validate", vm("web-2", affinity=None), vm("web-2"), {"VMA-001"}),
    ("/validate", vm("stopped", **CORDON_OR_NOT), vm("stopped"), {None}),
    ("/validate", vm("web-3"), vm("web-3"), {None}),
    ("/mutate", vm("web-1", **CORDON_OR_NOT), vm("web-1"), {None}),
]


@dataclass
class Results:
    """What the clients saw; appended to by all of them."""

    seconds: list[float] = field(default_factory=list)
    codes: set[str | None] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def ask_until(deadline, server, number, results):
    """Ask one question after the other over one connection, each with a uid of its own."""
    connection, count = server.connect(), 0
    try:
        while time.monotonic() < deadline and not results.wrong:
            path, new, old, expected = ASKED[(number + count) % len(ASKED)]
            uid = f"{number}-{count}"
            started = time.monotonic()
            status, body = serving.post(connection, path, review(new, old, uid=uid))
            results.seconds.append(time.monotonic() - started)
            count += 1
            code = code_of(status, body, uid, path)
            results.codes.add(code)
            if code not in expected:
                results.wrong.append(f"{path} {uid}: {body}")
    except (OSError, AssertionError, ValueError, LookupError) as error:
        results.wrong.append(f"{number}-{count}: {error!r}")


def code_of(status, body, uid, path):
    """The code of a well-formed answer."""
    assert status == 200, body
    answer = json.loads(body)
    assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    response = answer["response"]
    assert response["uid"] == uid
    code = response.get("auditAnnotations", {}).get("code")
    if path == "/mutate":
        assert (response["allowed"], response["patchType"]) == (True, "JSONPatch")
        assert json.loads(base64.b64decode(response["patch"]))
    elif response["allowed"]:
        assert "status" not in response
    else:
        assert (response["status"]["code"], response["status"]["reason"]) == (403, "Forbidden")
        assert response["status"]["message"].startswith(f"[{code}] ")
    return code


@pytest.fixture
def server(tmp_path):
    """The real gunicorn over an inventory that never rests."""
    serving.make_certificates(tmp_path)
    tls_cert, tls_key = str(tmp_path / "tls.crt"), str(tmp_path / "tls.key")
    settings = Settings(tls_cert=tls_cert, tls_key=tls_key)
    config = ["--config", "python:webhook.gunicorn_conf"]
    command = [sys.executable, "-m", "gunicorn", *config, "tests.load.replacing:application()"]
    env = {**os.environ, **settings.to_env()}
    with serving.serving(tmp_path, command=command, env=env) as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_answer_is_right_while_the_inventory_is_replaced(server, capsys):
    results, deadline = Results(), time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=ask_until, args=(deadline, server, n, results), daemon=True)
        for n in range(CONNECTIONS)
    ]
    replaced = int(server.get("/replaced")[1])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(deadline + serving.SECONDS - time.monotonic())
    assert not any(thread.is_alive() for thread in threads), "a deadlock"
    assert results.wrong == []
    assert results.codes == {None, "VMA-201", "VMA-101", "VMA-001"}
    replaced = int(server.get("/replaced")[1]) - replaced
    assert replaced > SECONDS, "the inventory was not being replaced"
    cuts = statistics.quantiles(results.seconds, n=100)
    with capsys.disabled():
        print(
            f"\n{len(results.seconds)} reviews over {CONNECTIONS} connections in {SECONDS} s "
            f"while {replaced} lists were replaced: "
            f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
        )
