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


@pytest.mark.parametrize(("point", "runs"), [("filter", True), ("multiPoint", False)])
def test_a_disabled_plugin_looks_at_no_node(point, runs):
    one = profile({"plugins": {point: {"disabled": [{"name": "VolumeZone"}]}}})
    assert not one.filters("VolumeZone")
    assert one.runs("VolumeZone") is runs
    assert one.filters("NodeAffinity")


@pytest.mark.parametrize("point", ["filter", "multiPoint"])
def test_all_filters_but_the_enabled_ones_can_be_disabled(point):
    most = profile(
        {"plugins": {point: {"disabled": [{"name": "*"}], "enabled": [{"name": "NodeName"}]}}}
    )
    assert most.filters("NodeName")
    assert not most.filters("NodeAffinity")


@pytest.mark.parametrize(
    ("args", "given"),
    [
        pytest.param({}, False, id="the default"),
        pytest.param({"defaultConstraints": []}, False, id="no constraint"),
        pytest.param(
            {"defaultConstraints": [{"whenUnsatisfiable": "ScheduleAnyway"}]}, False, id="a wish"
        ),
        pytest.param(
            {"defaultConstraints": [{"whenUnsatisfiable": "DoNotSchedule"}]}, True, id="a rule"
        ),
    ],
)
def test_a_profile_may_give_every_pod_hard_spread_constraints(args, given):
    spread = {"name": "PodTopologySpread", "args": args}
    assert profile({"pluginConfig": [spread]}).default_spread is given
    other = {"name": "NodeResourcesFit", "args": args}
    assert profile({"pluginConfig": [other]}).default_spread is False
