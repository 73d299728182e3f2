"""Groups: many small groups, most of them of one member."""

from webhook.placement.index.groups import Groups


def test_an_unknown_group_has_no_members():
    groups: Groups[str, str] = Groups()
    assert list(groups.of("g")) == []


def test_members_come_and_go():
    groups: Groups[str, str] = Groups()
    groups.add("g", "a", 1)
    assert list(groups.of("g")) == ["a"]
    for member in "bc":
        groups.add("g", member, 1)
    assert list(groups.of("g")) == ["a", "b", "c"]
    groups.add("g", "b", -1)
    assert list(groups.of("g")) == ["a", "c"]
    groups.add("g", "a", -1)
    assert list(groups.of("g")) == ["c"]
    groups.add("g", "c", -1)
    assert list(groups.of("g")) == []
    assert groups._members == {}


def test_the_only_member_is_held_bare():
    groups: Groups[str, tuple[str, str]] = Groups()
    groups.add("g", ("n", "a"), 1)
    assert groups._members == {"g": ("n", "a")}
    assert list(groups.of("g")) == [("n", "a")]
