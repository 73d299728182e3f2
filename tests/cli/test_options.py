"""What the commands share: --cluster and its many paths, --kubernetes-version, one sentence."""

import click
import pytest

from webhook.cli import options
from webhook.objects import Version


@pytest.fixture
def parse():
    """Parse arguments with a command of all shared options; returns what it was called with."""

    @click.command(cls=options.ManyPaths)
    @options.cluster_option
    @options.version_option
    @click.option("-f", "file")
    @click.argument("rest", nargs=-1)
    def command(**given):
        return given

    return lambda *args: command.main(list(args), standalone_mode=False)


@pytest.mark.parametrize(
    ("args", "cluster"),
    [
        ((), ()),
        (("--cluster", "a"), ("a",)),
        (("--cluster", "a", "b", "c"), ("a", "b", "c")),
        (("--cluster", "a", "b", "-f", "x", "--cluster", "c", "d"), ("a", "b", "c", "d")),
        (("--cluster=a", "b", "-f", "x"), ("a", "b")),
        (("--cluster=a", "--cluster=b", "c"), ("a", "b", "c")),
        (("--cluster", "-", "b"), ("-", "b")),
        (("-f", "x", "--cluster", "a", "b"), ("a", "b")),
    ],
)
def test_cluster_takes_every_path_up_to_the_next_option(parse, args, cluster):
    given = parse(*args)
    assert (given["cluster"], given["rest"]) == (cluster, ())


def test_a_word_after_another_option_is_no_path_of_the_cluster(parse):
    assert parse("--cluster", "a", "-f", "x", "y")["rest"] == ("y",)


@pytest.mark.parametrize(("text", "version"), [("1.34", (1, 34, 0)), ("v1.36.2", (1, 36, 2))])
def test_a_version_is_read_as_kubectl_prints_it(parse, text, version):
    assert parse("--kubernetes-version", text)["kubernetes_version"] == Version(*version)


@pytest.mark.parametrize("text", ["", "new", "1", "1.x", "1.36.2x"])
def test_what_is_no_version_ends_with_a_sentence(parse, capsys, text):
    with pytest.raises(SystemExit) as end:
        parse("--kubernetes-version", text)
    assert end.value.code == 2
    sentence = f"error: --kubernetes-version {text!r} is not a version; write it as 1.36.2\n"
    assert capsys.readouterr().err == sentence


def test_a_sentence_is_one_line_whatever_it_quotes(capsys):
    with pytest.raises(SystemExit) as end:
        options.fail("a\n b\t c\r\n")
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: a b c\n"


@pytest.mark.parametrize("command", ["serve", "reconcile"])
def test_a_scheduler_configuration_goes_with_a_live_cluster_and_must_be_readable(
    vm_affinity, cluster, tmp_path, command
):
    ran = vm_affinity(command, "--cluster", cluster, "--scheduler-config", "scheduler.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: --scheduler-config goes with a live cluster; "
        "name its file after --cluster instead\n"
    )
    missing = str(tmp_path / "scheduler.yaml")
    ran = vm_affinity(command, "--scheduler-config", missing)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: --scheduler-config {missing}: no such file; check the path\n"
