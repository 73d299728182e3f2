"""webhook.kube.watched: the table agrees with the parser and with the inventory."""

import pytest

from webhook.inventory import REQUIRED
from webhook.kube.watched import WATCHED, namespaced
from webhook.parse import KINDS


@pytest.mark.parametrize("row", WATCHED, ids=lambda row: row.kind)
def test_every_kind_can_be_read(row):
    assert KINDS[row.kind].group == row.group


def test_what_the_inventory_requires_is_watched_as_required():
    assert {row.type for row in WATCHED if row.required} == set(REQUIRED)


def test_no_kind_is_watched_twice():
    assert len({row.type for row in WATCHED}) == len({row.path for row in WATCHED}) == len(WATCHED)


def test_paths_are_those_of_the_api():
    paths = {row.kind: row.path for row in WATCHED}
    assert paths["Pod"] == "/api/v1/pods"
    assert paths["VirtualMachine"] == "/apis/kubevirt.io/v1/virtualmachines"
    assert paths["AffinityRollout"] == "/apis/vmaffinity.io/v1alpha1/affinityrollouts"


def test_paths_of_one_namespace_and_of_one_object():
    assert namespaced("v1", "n", "events") == "/api/v1/namespaces/n/events"
    assert namespaced("a.io/v1", "n", "b", "c") == "/apis/a.io/v1/namespaces/n/b/c"
