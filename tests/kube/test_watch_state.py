"""webhook.kube.watch_state: what comes next, and what each answer means; no sockets."""

import json

import pytest

from tests.builders import FEATURES, node, pod, value, vm
from webhook.kube.watch_state import BadAnswer, Read, WatchState
from webhook.kube.watched import WATCHED
from webhook.objects import Applied, Deleted, Listed, NodeInfo, PodInfo, VirtualMachine

ROWS = {row.kind: row for row in WATCHED}


def state(kind="Node"):
    """A state at its beginning."""
    return WatchState(ROWS[kind], lambda: FEATURES)


def page(*trees, version="10", more=""):
    """A page of a list."""
    metadata = {"resourceVersion": version, "continue": more}
    return json.dumps({"metadata": metadata, "items": trees}).encode()


def versioned(tree, version):
    """The object at a resourceVersion."""
    return {**tree, "metadata": {**tree["metadata"], "resourceVersion": str(version)}}


def line(type_, tree):
    """A line of a watch."""
    return json.dumps({"type": type_, "object": tree}).encode()


def applied(*trees):
    """The events of objects that were found."""
    return tuple(Applied(value(tree)) for tree in trees)


def watching(kind="Node"):
    """A state whose list is finished, at resourceVersion 10."""
    listed = state(kind)
    listed.page(page(), tuple)
    return listed


def test_at_first_a_page_of_the_list_is_asked_for():
    assert state().query() == {"limit": "100"}


def test_finished_pods_are_never_asked_for():
    selector = {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed"}
    assert state("Pod").query() == {"limit": "100", **selector}
    assert watching("Pod").query().items() >= selector.items()


def test_pages_are_continued_and_the_last_one_says_what_the_whole_list_holds():
    pages = state()
    assert pages.page(page(node("a"), more="t"), tuple) == Read(applied(node("a")))
    assert pages.listing
    assert pages.query() == {"limit": "100", "continue": "t"}
    whole = Listed(NodeInfo, {"a", "b"})
    assert pages.page(page(node("b")), tuple) == Read((*applied(node("b")), whole))
    assert not pages.listing


def test_after_the_list_a_watch_is_asked_for_from_its_version_with_bookmarks():
    assert watching().query(75) == {
        "watch": "true",
        "resourceVersion": "10",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "75",
    }


def test_others_may_run_between_every_25_objects_of_a_page():
    pauses = []
    state().page(page(*(node(str(i)) for i in range(51))), lambda: pauses.append(1))
    assert len(pauses) == 3


def test_an_unreadable_object_of_a_list_is_left_out_and_named():
    bad = node("bad")
    bad["spec"] = {"unschedulable": "maybe"}
    read = state().page(page(node("a"), bad), tuple)
    assert read.events == (*applied(node("a")), Listed(NodeInfo, {"a"}))
    (sentence,) = read.skipped
    assert sentence.startswith("Node bad is left out, as it cannot be read: Node bad: spec.unsched")


def test_what_is_not_even_an_object_is_left_out_of_a_list():
    read = state().page(page(node("a"), 5), tuple)
    assert read.events == (*applied(node("a")), Listed(NodeInfo, {"a"}))
    assert read.skipped[0].startswith("an object is left out")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"items": []}', b"\xff", b'{"metadata": {}}'])
def test_an_unreadable_list_is_a_bad_answer_and_asked_for_again(content):
    broken = state()
    with pytest.raises(BadAnswer, match="the list of nodes"):
        broken.page(content, tuple)
    assert broken.query() == {"limit": "100"}


def test_a_page_that_was_cut_is_asked_for_again_and_nothing_is_doubled():
    pages = state()
    pages.page(page(node("a"), more="t"), tuple)
    with pytest.raises(BadAnswer):
        pages.page(page(node("b"))[:-9], tuple)
    assert pages.query()["continue"] == "t"
    read = pages.page(page(node("b")), tuple)
    assert read.events == (*applied(node("b")), Listed(NodeInfo, {"a", "b"}))


def test_a_list_that_expired_in_the_middle_starts_anew_and_keeps_nothing():
    pages = state()
    pages.page(page(node("a"), more="t"), tuple)
    pages.answered(410)
    assert pages.query() == {"limit": "100"}
    read = pages.page(page(node("b")), tuple)
    assert read.events == (*applied(node("b")), Listed(NodeInfo, {"b"}))


def test_an_absent_kind_is_an_empty_list_and_listed_again():
    absent = state()
    assert absent.absent() == Read((Listed(NodeInfo, frozenset()),))
    assert absent.listing


@pytest.mark.parametrize("type_", ["ADDED", "MODIFIED"])
def test_an_object_is_applied_and_the_watch_goes_on_from_it(type_):
    seen = watching()
    read = seen.line(line(type_, versioned(node("a"), 11)))
    assert read == Read((Applied(value(node("a"))),))
    assert seen.query()["resourceVersion"] == "11"


def test_a_vm_is_read_with_its_placement():
    tree = versioned(vm(nodeSelector={"zone": "b"}), 11)
    read = watching("VirtualMachine").line(line("ADDED", tree))
    assert read.events == (Applied(value(tree)),)
    applied = read.events[0].object
    assert isinstance(applied, VirtualMachine)
    assert applied.placement.fields == {"spec.template.spec.nodeSelector": '{"zone":"b"}'}


def test_a_deletion_needs_the_objects_name_only():
    gone = {"metadata": {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "12"}}
    seen = watching("Pod")
    assert seen.line(line("DELETED", gone)) == Read((Deleted(PodInfo, "u"),))
    assert seen.query()["resourceVersion"] == "12"


def test_an_object_that_cannot_be_read_any_more_is_as_good_as_gone():
    bad = versioned(pod("a", namespace="n"), 13)
    bad["spec"]["priority"] = "high"
    read = watching("Pod").line(line("MODIFIED", bad))
    assert read.events == (Deleted(PodInfo, "n/a"),)
    assert read.skipped[0].startswith("Pod n/a is left out")


def test_a_bookmark_moves_the_watch_on_and_says_nothing():
    seen = watching()
    assert seen.line(line("BOOKMARK", {"metadata": {"resourceVersion": "99"}})) == Read()
    assert seen.query()["resourceVersion"] == "99"


def test_gone_in_the_stream_means_a_new_list():
    seen = watching()
    with pytest.raises(BadAnswer, match="the watch of nodes was ended with 410: too old"):
        seen.line(line("ERROR", {"kind": "Status", "code": 410, "message": "too old"}))
    assert seen.listing


@pytest.mark.parametrize("status", [{"code": 500, "message": "etcd"}, {"code": "x"}, 5])
def test_another_error_in_the_stream_is_tried_again_from_where_we_were(status):
    seen = watching()
    with pytest.raises(BadAnswer, match="was ended with"):
        seen.line(line("ERROR", status))
    assert seen.query()["resourceVersion"] == "10"


def test_errors_in_a_row_mean_a_new_list():
    seen = watching()
    for _ in range(3):
        seen.delay(0.0)
    with pytest.raises(BadAnswer):
        seen.line(line("ERROR", {"code": 504, "message": "Too large resource version"}))
    assert seen.listing


@pytest.mark.parametrize(
    "said",
    [
        b"<html>",
        b'{"type": "ADDED", "object": {"metad',
        b"{}",
        b'{"type": "ADDED", "object": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        line("ADDED", {"metadata": {"name": "a"}}),
        line("ADDED", 5),
        line("MOVED", versioned(node("a"), 11)),
    ],
    ids=["html", "cut", "empty", "deep", "unversioned", "number", "new type"],
)
def test_a_line_that_makes_no_sense_means_a_new_list(said):
    seen = watching()
    with pytest.raises(BadAnswer, match="the watch of nodes broke off"):
        seen.line(said)
    assert seen.listing


@pytest.mark.parametrize(("status", "anew"), [(410, True), (404, True), (400, True), (500, False)])
def test_a_refused_watch_is_tried_again_unless_there_is_nothing_to_go_on_from(status, anew):
    seen = watching()
    seen.answered(status)
    assert seen.listing is anew


def test_the_delay_doubles_up_to_a_limit_and_half_of_it_is_chance():
    seen = watching()
    assert [seen.delay(0.0) for _ in range(7)] == [0.25, 0.5, 1, 2, 4, 7.5, 7.5]
    assert [state().delay(chance) for chance in (0.0, 0.5, 0.99)] == [0.25, 0.375, 0.4975]


@pytest.mark.parametrize("seconds", [0.0, 16.0])
def test_what_got_too_old_is_listed_at_once_but_not_again_and_again(seconds):
    seen = watching()
    if seconds:
        seen.delay(0.0)
        seen.stood(seconds)
    seen.answered(410)
    assert seen.listing
    assert [seen.delay(0.0), seen.delay(0.0)] == [0.0, 0.5]
    seen.answered(410)
    assert seen.delay(0.0) == 1.0


def test_a_watch_that_stood_for_long_and_said_nothing_is_no_failure_in_a_row():
    seen = state()
    seen.delay(0.0)
    seen.stood(15.0)
    assert seen.failures == 1
    seen.stood(15.1)
    assert seen.failures == 0


def test_the_delay_starts_anew_once_something_was_said():
    seen = watching()
    seen.delay(0.0)
    seen.page(page(), tuple)
    assert seen.failures == 1  # a list alone proves nothing: the watch after it may fail again
    seen.line(line("BOOKMARK", {"metadata": {"resourceVersion": "11"}}))
    assert seen.failures == 0


def test_a_watch_that_ends_as_soon_as_it_began_has_failed():
    seen = watching()
    seen.query()
    with pytest.raises(BadAnswer, match="ended as soon as it had begun"):
        seen.ended(0.5)
    seen.delay(0.0)
    seen.ended(60.0)
    assert seen.failures == 0


def test_a_short_watch_that_said_something_is_fine():
    seen = watching()
    seen.query()
    seen.line(line("ADDED", versioned(node("a"), 11)))
    seen.ended(0.1)
