"""webhook.objects.quota: quotas and limit ranges are told apart by namespace and name."""

from webhook.objects.quota import QUOTA_TYPES, LimitRange, ResourceQuota


def test_they_are_keyed_by_namespace_and_name():
    assert ResourceQuota("shop", "q").key == ("shop", "q")
    assert LimitRange("shop", "r").key == ("shop", "r")


def test_both_decide_on_the_room_in_a_namespace():
    assert set(QUOTA_TYPES) == {ResourceQuota, LimitRange}
