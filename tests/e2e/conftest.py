"""One control plane for all tests of a run, and a namespace for each."""

import itertools

import pytest

from tests.cluster import assets
from tests.cluster.control_plane import ControlPlane
from tests.cluster.go_build import NotBuilt
from tests.cluster.waiting import until
from tests.e2e.machines import Machines

NUMBERS = itertools.count(1)
FOUND = pytest.StashKey[assets.Assets | NotBuilt]()


def pytest_collection_finish(session):
    """Find or build the programs before the first test's clock runs, and in plain sight."""
    if session.config.option.collectonly or not any(
        item.get_closest_marker("e2e") for item in session.items
    ):
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            session.config.stash[FOUND] = assets.ensure()
        except NotBuilt as error:
            session.config.stash[FOUND] = error


@pytest.fixture(scope="session")
def cluster(request):
    """Start a control plane with four nodes in two zones; its logs stay when a test failed."""
    found = request.config.stash[FOUND]
    if isinstance(found, NotBuilt):
        pytest.fail(str(found), pytrace=False)
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{text}", end="", flush=True)

    def has_failures() -> bool:
        return bool(request.session.testsfailed)

    with ControlPlane.start(assets=found, say=say, keep_logs=has_failures) as running:
        yield running


@pytest.fixture
def machines(cluster):
    """Make a namespace whose VMs are gone, and its faults off, after the test."""
    name = f"e2e-{next(NUMBERS)}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.api.create(namespace)
    # without it no pod can be made, and virt-controller pauses before it tries again
    until(
        "the default service account", lambda: cluster.api.find("ServiceAccount", "default", name)
    )
    made = Machines(cluster, name)
    try:
        yield made
    finally:
        cluster.faults.clear()
        made.delete_all()
        cluster.api.delete("Namespace", name)
