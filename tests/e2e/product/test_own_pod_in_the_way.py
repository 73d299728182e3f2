"""What a migration target meets in the VM's own running pod, and a restart does not.

Each change is refused with VMA-302 and a sentence per node. Then it is let through for the next
restart, and the real scheduler says the same of the pod that KubeVirt makes for a migration by
hand; after the restart the VM is where the new rules want it.
"""

import json
from dataclasses import dataclass, field

import pytest

from tests.cluster.api import Object
from tests.cluster.waiting import until
from tests.e2e.machines import VMI, ZONE, virtual_machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

HOST = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
OTHERS_AFFINITY = "node(s) didn't match pod affinity rules"
OWN_ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
OLD_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"
SPREAD = "node(s) didn't match pod topology spread constraints"
ONE_POD = "ReadWriteOncePod access mode already in-use by another pod"
CLAIM = "disk"


def pod_rule(kind: str, topology: str) -> Object:
    """Return a required term on the VM's own label."""
    term = {"topologyKey": topology, "labelSelector": {"matchLabels": {"app": "web"}}}
    return {kind: {REQUIRED: [term]}}


def spread() -> list[Object]:
    """Return a constraint under which a second pod in a zone is one too many."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": ZONE,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
            "nodeAffinityPolicy": "Ignore",
        }
    ]


@dataclass(frozen=True)
class Case:
    """Rules on node-a, the rules that follow, what stands in the way, and where it ends."""

    before: Object
    after: Object
    reason: str
    ends_on: tuple[str, ...]
    always: Object = field(default_factory=dict)
    claim: bool = False


ON_A, ON_B, IN_2 = {HOST: "node-a"}, {HOST: "node-b"}, {ZONE: "zone-2"}
ZONE_2 = ("node-c", "node-d")
CASES = {
    "the old anti-affinity is still in force": Case(
        {"nodeSelector": ON_A, "affinity": pod_rule("podAntiAffinity", ZONE)},
        {"nodeSelector": ON_B},
        OLD_ANTI_AFFINITY,
        ("node-b",),
    ),
    "a new anti-affinity to itself closes the zone": Case(
        {"nodeSelector": ON_A},
        {"nodeSelector": ON_B, "affinity": pod_rule("podAntiAffinity", ZONE)},
        OWN_ANTI_AFFINITY,
        ("node-b",),
    ),
    "an affinity to itself by host wants the source node": Case(
        {"nodeSelector": ON_A},
        {"nodeSelector": IN_2, "affinity": pod_rule("podAffinity", HOST)},
        OTHERS_AFFINITY,
        ZONE_2,
    ),
    "an affinity to itself by zone wants the source zone": Case(
        {"nodeSelector": ON_A},
        {"nodeSelector": IN_2, "affinity": pod_rule("podAffinity", ZONE)},
        OTHERS_AFFINITY,
        ZONE_2,
    ),
    "the source counts in its zone": Case(
        {"nodeSelector": ON_A},
        {"nodeSelector": ON_B},
        SPREAD,
        ("node-b",),
        always={"topologySpreadConstraints": spread()},
    ),
    "a claim for one pod is in use": Case(
        {"nodeSelector": ON_A}, {"nodeSelector": IN_2}, ONE_POD, ZONE_2, claim=True
    ),
}


def machine(case: Case, rules: Object, mode: str = "Auto") -> Object:
    """Return the VM of a case."""
    item = virtual_machine("web", **case.always, **rules)
    item["metadata"]["annotations"] = {"vmaffinity.io/rollout": mode}
    if case.claim:
        spec = item["spec"]["template"]["spec"]
        spec["domain"]["devices"]["disks"].append({"name": CLAIM, "disk": {"bus": "virtio"}})
        claim = {"name": CLAIM, "persistentVolumeClaim": {"claimName": CLAIM}}
        spec["volumes"].append(claim)
    return item


def make_claim(moving) -> None:
    """Make a claim that only one pod may use, and the volume behind it."""
    amount, modes = {"storage": "1Gi"}, ["ReadWriteOncePod"]
    volume, reference = (
        f"{CLAIM}-{moving.namespace}",
        {"name": CLAIM, "namespace": moving.namespace},
    )
    common = {"accessModes": modes, "storageClassName": ""}
    csi = {"driver": "disks.example.org", "volumeHandle": volume}
    moving.api.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume},
            "spec": {**common, "capacity": amount, "csi": csi, "claimRef": reference},
        }
    )
    moving.api.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": reference,
            "spec": {**common, "resources": {"requests": amount}, "volumeName": volume},
        }
    )
    claim = "PersistentVolumeClaim"
    until("bound", lambda: moving.get(claim, CLAIM).get("status", {}).get("phase") == "Bound")


def per_node(text: str) -> str:
    """Return the scheduler's sentence over all nodes out of a longer text."""
    start = text.index("0/")
    return text[start : text.index(".", start) + 1]


def said_by_the_scheduler(moving) -> str:
    """Return what the scheduler says of the only pod that has no node yet."""

    def condition() -> str:
        for pod in moving.api.list("Pod", moving.namespace):
            for each in pod.get("status", {}).get("conditions", []):
                if each["type"] == "PodScheduled" and each["status"] == "False":
                    return str(each["message"])
        return ""

    return until("the scheduler refuses the target", condition)


@pytest.fixture
def placed(moving, request):
    """Run the VM of a case on node-a."""
    case = CASES[request.param]
    if case.claim:
        make_claim(moving)
    assert moving.run(machine(case, case.before)) == "node-a"
    yield moving, case
    if case.claim:
        moving.delete_all()
        moving.api.delete("PersistentVolume", f"{CLAIM}-{moving.namespace}")


@pytest.mark.parametrize("placed", CASES, indirect=True)
def test_the_running_pod_is_in_the_way_as_predicted(placed):
    moving, case = placed
    wanted = machine(case, case.after)
    done = moving.kubectl("apply", "-f", "-", input=json.dumps(wanted), check=False)
    assert done.returncode == 1
    assert "[VMA-302]" in done.stderr
    assert case.reason in done.stderr

    moving.apply(machine(case, case.after, "OnRestart"))
    spec = wanted["spec"]["template"]["spec"]
    until(
        "KubeVirt has taken over the rules",
        lambda: all(
            moving.get(VMI, "web")["spec"].get(key) == spec.get(key)
            for key in ("nodeSelector", "affinity")
        ),
    )
    moving.start_migration("web")
    assert per_node(said_by_the_scheduler(moving)) == per_node(done.stderr)
    moving.cancel("by-hand")

    uid = moving.get(VMI, "web")["metadata"]["uid"]
    moving.api.delete(VMI, "web", moving.namespace)
    until(
        "a new guest",
        lambda: (moving.find(VMI, "web") or {"metadata": {"uid": uid}})["metadata"]["uid"] != uid,
        60,
    )
    assert moving.wait_until_ready("web") in case.ends_on


@pytest.mark.parametrize(
    ("after", "always"),
    [
        ({"nodeSelector": ON_B, "affinity": pod_rule("podAffinity", ZONE)}, {}),
        ({"nodeSelector": IN_2, "affinity": pod_rule("podAntiAffinity", ZONE)}, {}),
        ({"nodeSelector": IN_2}, {"topologySpreadConstraints": spread()}),
    ],
    ids=[
        "affinity within the zone",
        "anti-affinity out of the zone",
        "spread over to another zone",
    ],
)
def test_the_same_rules_let_it_go_where_its_pod_is_not_in_the_way(moving, after, always):
    moving.run(virtual_machine("web", nodeSelector=ON_A, **always))
    moving.apply(virtual_machine("web", **always, **after))
    moving.wait_for_report("Succeeded")
    assert moving.node_of("web") in (("node-b",) if after["nodeSelector"] == ON_B else ZONE_2)
