"""Namespaces, device classes and scheduler profiles are found by their names."""

from webhook.objects import Profile
from webhook.objects.profile import DeviceClass, Namespace


def test_a_namespace_is_keyed_by_its_name():
    assert Namespace("red", {"team": "blue"}).key == "red"


def test_a_profile_is_keyed_by_the_scheduler_that_it_configures():
    assert (Profile().key, Profile("other").key) == ("default-scheduler", "other")


def test_a_device_class_is_keyed_by_its_name():
    assert DeviceClass("gpu", "example.com/gpu").key == "gpu"


def test_a_device_class_serves_the_resource_that_it_names_and_one_named_after_it():
    implicit = "deviceclass.resource.kubernetes.io/gpu"
    assert DeviceClass("gpu").resources == (implicit,)
    assert DeviceClass("gpu", "example.com/gpu").resources == ("example.com/gpu", implicit)
