"""The WSGI entry: an application over the cluster that the environment names."""

import pytest

from tests import builders
from tests.recorded import INVENTORY, written
from webhook.config import Settings
from webhook.files import BadFile
from webhook.objects import Version
from webhook.wsgi import application

pytestmark = pytest.mark.edge


@pytest.fixture
def start(monkeypatch):
    """Make the application under these settings."""

    def run(settings):
        for name, value in settings.to_env().items():
            monkeypatch.setenv(name, value)
        return application()

    return run


def test_the_application_is_ready_as_soon_as_it_is_made(start):
    client = start(Settings((str(INVENTORY),))).test_client()
    assert client.get("/readyz").status_code == 200


def test_all_paths_are_read_under_the_version_that_was_given(start, tmp_path):
    nodes = written(tmp_path / "nodes.yaml", builders.node())
    other = written(tmp_path / "other.yaml", builders.vm())
    made = start(Settings((nodes, other), kubernetes_version=Version(1, 33)))
    assert made.test_client().get("/readyz").status_code == 200


def test_a_cluster_that_cannot_be_read_ends_the_start(start, tmp_path):
    with pytest.raises(BadFile, match="no Node in the --cluster files"):
        start(Settings((written(tmp_path / "x.yaml", builders.pod()),)))
