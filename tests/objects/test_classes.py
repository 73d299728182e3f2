"""webhook.objects.classes: what names stand for."""

from webhook.objects.classes import NetworkAttachment, PriorityClass, RuntimeClass


def test_classes_are_keyed_by_name_and_networks_by_namespace_too():
    assert PriorityClass("high").key == RuntimeClass("high").key == "high"
    assert NetworkAttachment("red", "fast").key == ("red", "fast")
