"""Room in the namespace for the second pod of a migration, under the real quota admission."""

import json

import pytest

from tests.cluster.api import Object
from tests.cluster.waiting import until
from tests.e2e.machines import ZONE, virtual_machine
from webhook.objects.virtual_machine import MESSAGE
from webhook.parse.quantities import NANO, nanos

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

HERE, THERE = ({"nodeSelector": {ZONE: zone}} for zone in ("zone-1", "zone-2"))
#: All that a launcher pod takes; each has to be predicted to the unit.
COUNTED = (
    *("requests.cpu", "requests.memory", "requests.ephemeral-storage"),
    *("limits.cpu", "limits.memory", "limits.ephemeral-storage"),
    *("requests.devices.kubevirt.io/kvm", "pods", "count/pods"),
)


class Namespace:
    """The quota of a namespace, as its administrator sets it."""

    def __init__(self, moving) -> None:
        self.moving = moving

    def limit(self, **amounts: str) -> None:
        """Make the quota one of these amounts, and wait until it has been counted."""
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "team", "namespace": self.moving.namespace},
            "spec": {"hard": amounts},
        }
        self.moving.kubectl("apply", "-f", "-", input=json.dumps(quota))
        wanted = {name: nanos(amount) for name, amount in amounts.items()}
        until("the quota is counted", lambda: self._counted("hard") == wanted)

    def used(self) -> dict[str, int]:
        """What is used of the quota, in nano units."""
        return self._counted("used")

    def _counted(self, what: str) -> dict[str, int]:
        status = self.moving.get("ResourceQuota", "team").get("status") or {}
        return {name: nanos(amount) for name, amount in status.get(what, {}).items()}


def written(amount: int) -> str:
    """A number of nano units as a quantity that the API server writes the same way."""
    return str(amount // NANO) if amount % NANO == 0 else f"{amount * 1000 // NANO}m"


def applied(moving, item) -> str:
    """Apply; returns what kubectl said against it, empty where it is taken."""
    done = moving.kubectl("apply", "-f", "-", input=json.dumps(item), check=False)
    return "" if done.returncode == 0 else done.stderr


def refused(moving, item, *words) -> str:
    """Wait until the webhook refuses, with these words; it learns of a quota by its watch."""

    def said() -> str:
        text = moving.kubectl(
            *("apply", "--dry-run=server", "-f", "-"), input=json.dumps(item), check=False
        ).stderr
        return text if all(word in text for word in words) else ""

    return until(f"refused with {words}", said)


def taken(moving, item) -> None:
    """Wait until the webhook takes the change."""
    until("admitted", lambda: not applied(moving, item))


def test_a_quota_without_room_for_a_second_pod_refuses_until_it_is_raised(moving):
    namespace = Namespace(moving)
    moving.run(virtual_machine("web", "512Mi", **HERE))
    namespace.limit(**{"requests.memory": "1Gi"})
    said = refused(moving, virtual_machine("web", "512Mi", **THERE), "[VMA-203]")
    assert "does not let in the second pod of a migration: quota team: requests.memory " in said
    assert "limited 1Gi. Fix: free or raise what limits it" in said
    assert "[VMA-203]" in applied(moving, virtual_machine("web", "512Mi", **THERE))
    assert moving.migrations() == []
    namespace.limit(**{"requests.memory": "4Gi"})
    taken(moving, virtual_machine("web", "512Mi", **THERE))
    moving.wait_for_report("Succeeded")
    assert moving.zone_of(moving.node_of("web")) == "zone-2"
    assert len(moving.migrations()) == 1


def test_the_second_pod_takes_exactly_what_is_predicted(moving):
    namespace = Namespace(moving)
    plenty = dict.fromkeys(COUNTED, "1Ti")
    item = virtual_machine("web", "512Mi", **HERE)
    limits = item["spec"]["template"]["spec"]["domain"]["resources"] = {}
    limits["limits"] = {"ephemeral-storage": "1Gi"}
    moving.kubectl("create", "-f", "-", input=json.dumps(limit_range(moving.namespace)))
    namespace.limit(**plenty)
    moving.run(item)
    until("the pod is counted", lambda: namespace.used()["pods"] == NANO)
    used = namespace.used()
    assert used["limits.memory"] > used["requests.memory"] > 0
    exact = {name: written(2 * used[name]) for name in COUNTED}
    there = json.loads(json.dumps(item))
    there["spec"]["template"]["spec"] |= THERE
    for name in COUNTED:
        least = NANO if name.split("/")[-1] in ("pods", "kvm") else NANO // 1000
        namespace.limit(**{**exact, name: written(2 * used[name] - least)})
        refused(moving, there, "[VMA-203]", f"quota team: {name} requested ")
    namespace.limit(**exact)
    taken(moving, there)
    moving.wait_for_report("Succeeded")
    assert moving.zone_of(moving.node_of("web")) == "zone-2"


def limit_range(namespace: str) -> Object:
    """A LimitRange that gives limits to containers that have none."""
    item = {"type": "Container", "default": {"ephemeral-storage": "60M"}}
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "team", "namespace": namespace},
        "spec": {"limits": [item]},
    }


def test_a_quota_on_limits_that_came_later_limits_the_target(moving):
    namespace = Namespace(moving)
    moving.run(virtual_machine("web", "512Mi", **HERE))
    namespace.limit(**{"limits.memory": "1Ti", "limits.cpu": "100"})
    before = namespace.used()
    (pod,) = moving.api.list("Pod", moving.namespace)
    (guest,) = (c for c in pod["spec"]["containers"] if c["name"] == "compute")
    assert "memory" not in guest["resources"]["limits"]
    target = 2 * nanos(guest["resources"]["requests"]["memory"])
    more = target + before["limits.memory"]
    hard = {"limits.memory": before["limits.memory"] + more, "limits.cpu": 100 * NANO}
    there = virtual_machine("web", "512Mi", **THERE)
    short = {**hard, "limits.memory": hard["limits.memory"] - NANO}
    namespace.limit(**{name: written(amount) for name, amount in short.items()})
    refused(moving, there, "[VMA-203]", "limits.memory requested ")
    namespace.limit(**{name: written(amount) for name, amount in hard.items()})
    taken(moving, there)
    moving.wait_for_report("Succeeded")


def test_the_reconciler_holds_what_the_quota_would_refuse(moving):
    namespace = Namespace(moving)
    moving.run(virtual_machine("web", "512Mi", **HERE))
    moving.wait_for_report("NotNeeded")
    product = moving.product
    product.stop("reconciler")
    try:
        moving.apply(virtual_machine("web", "512Mi", **THERE))
        namespace.limit(**{"requests.memory": "1Gi"})
    finally:
        product.start_reconciler()
    moving.wait_for_report("WaitingCapacity")
    assert "[VMA-203]" in moving.annotations()[MESSAGE]
    assert moving.migrations() == []
    namespace.limit(**{"requests.memory": "4Gi"})
    moving.wait_for_report("Succeeded")


def test_a_new_vm_is_only_warned(moving):
    Namespace(moving).limit(**{"requests.memory": "300Mi"})

    def warned() -> bool:
        item = json.dumps(virtual_machine("new", "512Mi", **HERE))
        said = moving.kubectl("apply", "--dry-run=server", "-f", "-", input=item)
        return "[VMA-203] The namespace does not let in the pod of this VM" in said.stderr

    until("warned", warned)
