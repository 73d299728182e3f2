"""The command line run in process, and the recorded cluster as the file it reads."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from tests import recorded
from webhook.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON objects on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def sentence(self) -> str:
        """The one line on standard error beside the warnings; more is a failure."""
        lines = [line for line in self.err.splitlines() if not line.startswith("warning: ")]
        (line,) = lines
        assert line.startswith("error: ")
        return line.removeprefix("error: ")


@pytest.fixture(scope="session")
def vm_affinity():
    """Run `vm-affinity ARGS…`; an exception that is no exit fails the test."""

    def run(*args, stdin=None):
        result = CliRunner(catch_exceptions=False).invoke(main, [str(a) for a in args], stdin)
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The recorded cluster as one JSON List, which is read faster than YAML."""
    path = tmp_path_factory.mktemp("cluster") / "inventory.json"
    items = {"apiVersion": "v1", "kind": "List", "items": recorded.items()}
    return recorded.written(path, items)
