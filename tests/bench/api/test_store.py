"""Pages of one moment, a bounded log, and what is too old."""

import json

import pytest

from tests.bench.api import store as stores
from tests.bench.api.samples import deployed, store
from tests.bench.api.store import Expired, Log


def listed(collection, limit):
    """Read every page at one version, changing the collection after each."""
    names, token, left = [], "", None
    while left != 0:
        page = json.loads(collection.page(50, limit, token))
        names += [item["metadata"]["name"] for item in page["items"]]
        left = page["metadata"].get("remainingItemCount", 0)
        token = page["metadata"].get("continue", "")
        assert page["metadata"]["resourceVersion"] == "50"
        key = next(iter(collection.keys()))
        collection.change("DELETED", key, collection[key], 51)
    assert token == ""
    return names


def test_pages_show_the_list_as_it_was_at_the_first_of_them():
    pods = store().collections["Pod"]
    before = [key.partition("/")[2] for key in pods.keys()]  # noqa: SIM118 - a method of its own
    assert listed(pods, 30) == before
    assert len(pods) == 200 - 7


def test_a_page_without_limit_is_the_whole_list():
    page = json.loads(store().collections["Pod"].page(50, 0, ""))
    assert (page["kind"], page["apiVersion"], len(page["items"])) == ("PodList", "v1", 200)


def test_a_list_that_nobody_went_on_with_expires():
    pods = store().collections["Pod"]
    token = json.loads(pods.page(50, 10, ""))["metadata"]["continue"]
    for version in range(51, 51 + stores.KEPT_LISTS):
        pods.page(version, 10, "")
    with pytest.raises(Expired, match="continue"):
        pods.page(99, 10, token)


def test_finished_pods_are_left_out_as_the_field_selector_asks():
    done = deployed(1)
    done["status"]["phase"] = "Succeeded"
    assert len(store([done, deployed(2)]).collections["Pod"]) == 1


def test_the_log_tells_what_came_after_a_version(monkeypatch):
    monkeypatch.setattr(stores, "KEPT_CHANGES", 3)
    log = Log()
    for version in range(1, 8):
        log.append(10 * version, b"%d" % version)
    assert log.since(70) == ([], 70)
    assert log.since(55) == ([b"6", b"7"], 70)
    assert log.since(30) == ([b"4", b"5", b"6", b"7"], 70)
    with pytest.raises(Expired, match="29"):
        log.since(29)


def test_a_change_is_a_line_and_the_object_as_it_is_listed():
    pods = store([]).collections["Pod"]
    pods.change("ADDED", "default/a", b'{"a":1}', 7)
    assert pods["default/a"] == b'{"a":1}'
    assert pods.log.since(0) == ([b'{"type":"ADDED","object":{"a":1}}\n'], 7)
    pods.change("DELETED", "default/a", b'{"a":1}', 8)
    assert len(pods) == 0
