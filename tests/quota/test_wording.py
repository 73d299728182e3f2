"""webhook.quota.wording: amounts as people write them."""

import pytest

from webhook.parse.quantities import nanos
from webhook.quota.wording import written


@pytest.mark.parametrize(
    ("resource", "amount", "up", "down"),
    [
        ("cpu", "2", "2", "2"),
        ("requests.cpu", "0", "0", "0"),
        ("limits.cpu", "1500m", "1500m", "1500m"),
        ("cpu", "1500001u", "1501m", "1500m"),
        ("memory", "0", "0", "0"),
        ("memory", "1023", "1023", "1023"),
        ("memory", "1023500m", "1024", "1023"),
        ("memory", "1Ki", "1Ki", "1Ki"),
        ("memory", "1048575", "1024Ki", "1023.99Ki"),
        ("requests.memory", "1536Mi", "1.5Gi", "1.5Gi"),
        ("limits.memory", "86724320640", "80.77Gi", "80.76Gi"),
        ("memory", "140Gi", "140Gi", "140Gi"),
        ("memory", "100Gi", "100Gi", "100Gi"),
        ("memory", "10.1Gi", "10.1Gi", "10.1Gi"),
        ("memory", "10844792423", "10.11Gi", "10.1Gi"),
        ("memory", "2Ei", "2Ei", "2Ei"),
        ("memory", "-3Gi", "-3Gi", "-3Gi"),
        ("ephemeral-storage", "2Mi", "2Mi", "2Mi"),
        ("requests.ephemeral-storage", "3Ti", "3Ti", "3Ti"),
        ("hugepages-2Mi", "4Mi", "4Mi", "4Mi"),
        ("requests.hugepages-1Gi", "5Pi", "5Pi", "5Pi"),
        ("pods", "4096", "4096", "4096"),
        ("count/pods", "3", "3", "3"),
        ("requests.nvidia.com/gpu", "1500m", "2", "1"),
    ],
)
def test_what_is_needed_is_rounded_up_and_what_is_allowed_down(resource, amount, up, down):
    assert written(resource, nanos(amount), up=True) == up
    assert written(resource, nanos(amount), up=False) == down


def test_no_amount_is_too_large_to_be_written():
    assert written("memory", 10**9 << 75, up=True) == f"{1 << 15}Ei"
