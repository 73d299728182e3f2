"""webhook.parse.profiles: the profile that ordinary pods are scheduled by."""

import pytest

from tests.builders import value
from webhook.objects import Profile


def profile(*profiles):
    """Return the profile of a configuration with these."""
    api = "kubescheduler.config.k8s.io/v1"
    tree = {"apiVersion": api, "kind": "KubeSchedulerConfiguration", "profiles": list(profiles)}
    return value(tree)


def test_the_default_scheduler_is_found_behind_others():
    batch = {"schedulerName": "batch", "plugins": {"filter": {"disabled": [{"name": "*"}]}}}
    assert profile(batch, {"schedulerName": "default-scheduler"}) == Profile()
    assert profile(batch, {}) == Profile()


def test_the_first_profile_stands_in_where_none_is_the_default():
    assert profile({"schedulerName": "a"}, {"schedulerName": "b"}).scheduler_name == "a"


@pytest.mark.parametrize("point", ["filter", "multiPoint"])
def test_disabled_filters_do_not_run(point):
    one = profile({"plugins": {point: {"disabled": [{"name": "TaintToleration"}]}}})
    assert not one.runs("TaintToleration")
    assert one.runs("NodeAffinity")


def test_all_filters_but_the_enabled_ones_can_be_disabled():
    most = profile(
        {"plugins": {"filter": {"disabled": [{"name": "*"}], "enabled": [{"name": "NodeName"}]}}}
    )
    assert most.runs("NodeName")
    assert not most.runs("NodeAffinity")
