"""One control plane with the product in it, and a namespace for each test."""

import itertools

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.faults import Faults
from tests.cluster.go_build import NotBuilt
from tests.cluster.product import Product
from tests.cluster.waiting import until
from tests.e2e.conftest import FOUND
from tests.e2e.product.moving import Moving

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def product(request):
    """Install the product into a control plane of its own."""
    found = request.config.stash[FOUND]
    if isinstance(found, NotBuilt):
        pytest.fail(str(found), pytrace=False)

    def has_failures() -> bool:
        return bool(request.session.testsfailed)

    with ControlPlane.start(assets=found, keep_logs=has_failures) as cluster:
        installed = Product(cluster)
        installed.install()
        yield installed


@pytest.fixture
def moving(product):
    """Make a namespace for VMs that move; they and the faults are gone after the test."""
    cluster, name = product.cluster, f"moving-{next(NUMBERS)}"
    cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    until(
        "the default service account", lambda: cluster.api.find("ServiceAccount", "default", name)
    )
    made = Moving(product, name)
    try:
        yield made
    finally:
        cluster.faults.clear()
        made.delete_all()
        cluster.api.delete("Namespace", name)


@pytest.fixture
def faults(product) -> Faults:
    """Give the switches for what should go wrong; they are off after the test."""
    switches: Faults = product.cluster.faults
    return switches
