"""What `python -m tests.bench.api` refuses, and what it serves."""

import os
import signal

import pytest

from tests.bench.api import __main__ as api
from tests.bench.cluster import Cluster
from webhook.kube.watched import WATCHED


def test_a_cluster_that_cannot_be_planned_is_refused_in_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert api.main(["--port", "1", "--nodes", "1", "--pods", "30"]) == 2
    assert capsys.readouterr().err == "bench api: a cluster has at least 20 nodes, not 1\n"


@pytest.mark.parametrize("arguments", [[], ["--port", "x"], ["--port", "1", "--pods", "many"]])
def test_options_that_make_no_sense_end_it(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        api.main(arguments)
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_every_required_kind_is_served_even_without_objects():
    kinds = api._kinds(Cluster(20, 600))
    assert {row.kind for row in WATCHED if row.required} <= kinds.keys()
    assert sum(1 for _ in kinds["Pod"]) == 600
