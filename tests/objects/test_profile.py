"""Namespaces and scheduler profiles are found by their names."""

from webhook.objects import Profile
from webhook.objects.profile import Namespace


def test_a_namespace_is_keyed_by_its_name():
    assert Namespace("red", {"team": "blue"}).key == "red"


def test_a_profile_is_keyed_by_the_scheduler_that_it_configures():
    assert (Profile().key, Profile("other").key) == ("default-scheduler", "other")
