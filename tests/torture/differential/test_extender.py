"""The extender: what it writes down, and what it answers."""

import http.client
import json
import socket

import pytest

from tests.torture.differential.extender import REFUSAL, RecordingExtender, recording


def asked(uid: str, *names: str) -> dict:
    """Return ExtenderArgs as kube-scheduler writes them."""
    return {"Pod": {"metadata": {"uid": uid}}, "Nodes": None, "NodeNames": list(names)}


def test_it_writes_down_who_passed_and_refuses_them_all():
    extender = RecordingExtender("http://127.0.0.1:1")
    answer = extender.filter(asked("u", "a", "b"))
    assert answer == {"NodeNames": [], "FailedNodes": {"a": REFUSAL, "b": REFUSAL}}
    assert extender.passed("u") == {"a", "b"}


def test_the_last_answer_for_a_pod_stands():
    extender = RecordingExtender("http://127.0.0.1:1")
    extender.filter(asked("u", "a", "b"))
    extender.filter({"pod": {"metadata": {"uid": "u"}}, "nodenames": ["c"]})
    assert extender.passed("u") == {"c"}


def test_a_pod_that_it_was_not_asked_about_passed_nowhere():
    extender = RecordingExtender("http://127.0.0.1:1")
    extender.filter(asked("u", "a"))
    assert extender.passed("v") == set()
    extender.forget()
    assert extender.passed("u") == set()


@pytest.mark.edge
def test_it_answers_over_http():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with recording(port) as extender:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for uid, names in (("u", ["a"]), ("v", [])):
            connection.request("POST", "/filter", json.dumps(asked(uid, *names)))
            answer = connection.getresponse()
            assert answer.status == 200
            assert json.loads(answer.read())["FailedNodes"] == dict.fromkeys(names, REFUSAL)
        connection.close()
        assert extender.passed("u") == {"a"}
