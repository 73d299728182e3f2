"""The command line as a whole: its commands, its help, and mistakes in one sentence."""

from importlib.metadata import version

import pytest


def test_help_names_the_commands(vm_affinity):
    ran = vm_affinity("--help")
    assert (ran.code, ran.err) == (0, "")
    assert all(command in ran.out for command in ("check", "reconcile", "serve"))


def test_the_version_is_that_of_the_package(vm_affinity):
    assert version("vm-affinity-webhook") in vm_affinity("--version").out


@pytest.mark.parametrize("command", ["check", "reconcile", "serve"])
def test_each_command_explains_itself(vm_affinity, command):
    ran = vm_affinity(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "--cluster" in ran.out


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("chekc",), "No such command 'chekc'"),
        (("check", "--wat"), "No such option"),
        (("reconcile", "-o", "xml"), "'xml' is not one of 'text', 'json'"),
        (("serve", "--threads", "0"), "0 is not in the range 1<=x<=64"),
    ],
)
def test_a_mistake_is_one_sentence_that_points_at_the_help(vm_affinity, args, sentence):
    ran = vm_affinity(*args)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.sentence
    assert ran.sentence.endswith("--help")
