"""What nodes offer and containers ask for, in the many ways to write a quantity."""

from tests.torture.differential.generator.chance import Chance
from tests.torture.differential.scene import Tree

GPU, KVM, HUGE = "example.com/gpu", "devices.kubevirt.io/kvm", "hugepages-2Mi"
CPUS = ("0", "50m", "100m", "250m", "500m", "0.75", "1", "1500m", "1.0005", "100u", "2", "3")
MEMORIES = ("0", "1", "64Mi", "100M", "128Mi", "0.5Gi", "1Gi", "1500000k", "2Gi", "1e9")
STORAGES = ("1Mi", "100Mi", "1G", "2Gi", "6Gi")


def offered(chance: Chance) -> Tree:
    """Return a node's allocatable."""
    made = {
        "cpu": chance.choice(("2", "3500m", "4", "4", "8", "1.9995")),
        "memory": chance.choice(("2Gi", "4Gi", "4Gi", "4500M", "8Gi", "8e9")),
        "ephemeral-storage": chance.choice(("2Gi", "10Gi", "5000M")),
        "pods": chance.weighted({"110": 20, "9": 2, "2": 2, "0": 1}),
        GPU: chance.choice(("0", "1", "2", "4")),
        KVM: chance.choice(("1k", "1k", "2")),
        HUGE: chance.choice(("0", "64Mi", "1Gi")),
    }
    rarely = {"ephemeral-storage": 0.9, "pods": 0.99, GPU: 0.6, KVM: 0.85, HUGE: 0.6}
    return {name: value for name, value in made.items() if chance.odds(rarely.get(name, 1))}


def small(chance: Chance) -> Tree:
    """Return the resources of a container that fits nearly anywhere."""
    requests = {"cpu": chance.choice(CPUS[:5]), "memory": chance.choice(MEMORIES[:5])}
    return {"requests": {k: v for k, v in requests.items() if chance.odds(0.7)}}


def compute(chance: Chance) -> Tree:
    """Return requests or limits of cpu, memory or both, of any size."""
    amounts = {"cpu": chance.choice(CPUS), "memory": chance.choice(MEMORIES)}
    kept = {name: value for name, value in amounts.items() if chance.odds(0.75)}
    return {chance.choice(("requests", "requests", "limits")): kept}


def storage(chance: Chance) -> Tree:
    """Return a request of ephemeral storage."""
    return {"requests": {"ephemeral-storage": chance.choice(STORAGES)}}


def extended(chance: Chance) -> Tree:
    """Return a limit of a device."""
    name = chance.choice((GPU, GPU, KVM))
    return {"limits": {name: chance.choice(("0", "1", "1", "2", "3"))}}


def huge_pages(chance: Chance) -> Tree:
    """Return a limit of huge pages, which the API wants beside cpu or memory."""
    return {"limits": {HUGE: chance.choice(("2Mi", "64Mi", "128Mi", "512Mi"))}, **_a_little()}


def _a_little() -> Tree:
    return {"requests": {"cpu": "10m"}}
