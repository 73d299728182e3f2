"""The options of `python -m tests.bench`, what it writes and how it ends."""

import json
from functools import partial

import pytest

from tests.bench.__main__ import main
from tests.bench.measure import Samples
from tests.bench.rows import Result, Row, Setting, registry


def found(figure: float, setting: Setting) -> Result:
    return Result(Samples((figure,)))


def rows(*figures: float) -> list[Row]:
    return [
        Row(f"row-{at}", "a figure", partial(found, figure), 2) for at, figure in enumerate(figures)
    ]


SMALL = ["--nodes", "200", "--pods", "6000"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--only", "nothing"], "there is no row 'nothing'; the rows are row-0"),
        (["--rounds", "0"], "--rounds is 0; a row needs at least one"),
        (["--seed", "-1"], "--seed is -1; it must not be negative"),
        (["--nodes", "many"], "argument --nodes: invalid int value: 'many'"),
        (["--nodes", "100"], "a cluster has at least 20 nodes, not 10"),
        (["--nodes", "200", "--pods", "100"], "0 pods are not 15 to 50 for each of 20 nodes"),
        (["--slowly"], "unrecognized arguments: --slowly"),
    ],
)
def test_a_bad_option_is_told_in_one_sentence(options, sentence, capsys, tmp_path):
    assert main(options, rows(1.0), tmp_path / "results.json") == 2
    assert capsys.readouterr() == ("", f"bench: {sentence}\n")


def test_a_folder_without_the_trace_is_a_bad_option(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("VM_AFFINITY_OPENB", str(tmp_path))
    assert main(SMALL, rows(1.0), tmp_path / "results.json") == 2
    assert "does not hold the openb trace" in capsys.readouterr().err


@pytest.mark.parametrize(("figures", "code"), [((1.0, 2.0), 0), ((1.0, 3.0), 1)])
def test_a_missed_must_is_the_exit_code(figures, code, tmp_path):
    assert main(SMALL, rows(*figures), tmp_path / "results.json") == code


def test_only_the_rows_asked_for_run(capsys, tmp_path):
    path = tmp_path / "results.json"
    assert main([*SMALL, "--only", "row-1", "--seed", "5"], rows(9.0, 1.0), path) == 0
    saved = json.loads(path.read_text("utf-8"))
    assert [each["row"] for each in saved["rows"]] == ["row-1"]
    assert (saved["seed"], saved["nodes"], saved["pods"]) == (5, 200, 6000)
    assert saved["packages"].keys() >= {"numpy", "msgspec"}
    assert len(saved["load average"]) == 3
    assert "row-1: a figure" in capsys.readouterr().err


def test_what_was_measured_is_shown_when_a_row_breaks(capsys, tmp_path):
    def broken(setting: Setting) -> Result:
        raise RuntimeError("a server did not start")

    with pytest.raises(RuntimeError, match="did not start"):
        main(SMALL, [*rows(1.5), Row("b", "broken", broken)], tmp_path / "results.json")
    assert "1.50 ×" in capsys.readouterr().out


def test_a_small_cluster_is_told_loudly(capsys, tmp_path):
    main(["--quick", "--rounds", "4"], rows(1.0), tmp_path / "results.json")
    told = capsys.readouterr().out
    assert "NOT THE REAL SIZE: 500 nodes and 15,000 pods, not 5,000 and 150,000" in told
    assert "TOO FEW ROUNDS: 4, not 5" in told


def test_rows_are_found_by_their_modules_and_have_names_of_their_own():
    names = [row.name for row in registry()]
    assert {"verdict", "scaling", "broadest", "load-cpu", "event", "agreement"} <= set(names)
    assert len(names) == len(set(names))
