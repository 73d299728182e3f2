"""What is recorded of a rollout."""

from webhook.objects.rollout import RolloutRecord


def test_a_record_carries_the_key_of_its_vm():
    assert RolloutRecord("red", "vm", uid="u1").key == ("red", "vm")
