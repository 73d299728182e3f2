"""webhook.judge: the questions move, without source, stay and place."""

import pytest

from tests import builders
from tests.builders import apart, inventory, kubevirt_node, required, term, value
from tests.judge.test_world import migration
from webhook.judge import Subject, judge

NODES = [
    kubevirt_node("n1", {"disk": "ssd", "zone": "a"}),
    kubevirt_node("n2", {"disk": "ssd", "zone": "a"}),
    kubevirt_node("n3", {"disk": "hdd", "zone": "b"}),
]
STAGE = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "KubeVirt",
    "metadata": {"name": "kv"},
    "spec": {"configuration": {"vmRolloutStrategy": "Stage"}},
}
LARGE = {"cpu": {"cores": 1, "sockets": 17}, "memory": {"guest": "1Gi"}, "devices": {}}
RESTART = {"conditions": [{"type": "RestartRequired", "status": "True"}]}


class Asked:
    """Findings about one change in one cluster; every answer is taken in a world of its own."""

    def __init__(self, new, *trees, old=None, nodes=None):
        self.cluster = inventory(*(NODES if nodes is None else nodes), *trees)
        before = None if old is False else value(old or builders.vm())
        self.subject = Subject(value(new), before)

    def __getattr__(self, name):
        with self.cluster.reading() as world:
            return getattr(judge(self.subject, world), name)

    def feasible(self, question="diagnosis"):
        """Return the names of the nodes that pass."""
        found = getattr(self, question)
        return sorted(found.name_of(found.feasible))


def running(new=None, *trees, old=None, nodes=None, **rules):
    """Return findings about the VM `vm` that runs on n1 under these rules of its pod."""
    pods = [builders.vmi(), builders.launcher(**rules)]
    return Asked(new or builders.vm(), *pods, *trees, old=old, nodes=nodes)


def test_requests_are_estimated_only_where_no_pod_shows_them():
    assert Asked(builders.vm()).estimated
    assert Asked(builders.vm(), old=False).estimated
    assert Asked(builders.vm(), builders.vmi(phase="Scheduling")).estimated
    assert not running().estimated
    assert not running(None, STAGE).estimated, "the pod of before the restart shows them"
    assert running(builders.vm(status=RESTART)).estimated


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_guest_that_is_over_does_not_run(phase):
    asked = Asked(builders.vm(), builders.vmi(phase=phase), builders.launcher())
    assert (asked.instance, asked.running, asked.source) == (None, False, None)
    assert (asked.question, asked.stays, asked.migrating) == ("place", False, False)


def test_a_guest_that_is_being_deleted_does_not_run():
    vmi = builders.vmi()
    vmi["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert Asked(builders.vm(), vmi).instance is None


def test_a_vm_that_is_being_created_has_no_guest_whatever_bears_its_name():
    asked = Asked(builders.vm(), builders.vmi(), builders.launcher(), old=False)
    assert (asked.instance, asked.question) == (None, "place")
    assert not asked.back_to_source


def test_a_guest_that_waits_for_its_pod_does_not_run_yet():
    asked = Asked(builders.vm(), builders.vmi(phase="Scheduling", node_name=""))
    assert asked.instance is not None
    assert (asked.running, asked.source, asked.question) == (False, None, "place")
    assert not asked.stays


def test_the_source_is_the_pod_on_the_guests_node():
    elsewhere = builders.launcher(node_name="n2")
    assert running().source.node_name == "n1"
    assert Asked(builders.vm(), builders.vmi(), elsewhere).source is None
    missing = Asked(builders.vm(), builders.vmi())
    assert (missing.source, missing.question) == (None, "place")
    assert missing.without_source.feasible == missing.diagnosis.feasible


def test_a_vm_in_another_namespace_is_another_vm():
    asked = Asked(builders.vm(namespace="b"), builders.vmi(), old=builders.vm(namespace="b"))
    assert asked.instance is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"trees": [STAGE]}, "vmRolloutStrategy is Stage"),
        ({"new": builders.vm(status=RESTART)}, "the condition RestartRequired"),
        ({"old": builders.vm(status=RESTART)}, "the condition RestartRequired"),
        (
            {"new": builders.vm(hostname="x")},
            "touches spec.template.spec.hostname, which needs a restart",
        ),
        (
            {"new": builders.vm(domain=LARGE)},
            "adds more CPUs than can be plugged in, which needs a restart",
        ),
        (
            {"new": builders.vm(annotations={"vmaffinity.io/rollout": "OnRestart"})},
            "vmaffinity.io/rollout is OnRestart",
        ),
    ],
)
def test_what_only_a_restart_applies_is_judged_as_a_start(change, why):
    asked = running(change.get("new"), *change.get("trees", []), old=change.get("old"))
    assert why in asked.at_restart
    assert asked.question == "place"
    assert asked.feasible() == ["n1", "n2", "n3"]


def test_a_vm_that_does_not_run_takes_everything_over_when_it_starts():
    assert Asked(builders.vm(), STAGE).at_restart == ""


def test_move_leaves_out_the_node_of_the_source():
    asked = running(builders.vm(nodeSelector={"disk": "ssd"}))
    assert (asked.at_restart, asked.question) == ("", "move")
    assert asked.feasible() == ["n2"]


def test_move_uses_the_requests_of_the_source_and_leaves_it_where_it_is():
    full = kubevirt_node("n2", {"zone": "a"}, {"cpu": "1", "memory": "1Gi", "pods": "9"})
    vms = [builders.vmi(), builders.launcher(requests={"cpu": "1001m"})]
    assert Asked(builders.vm(), *vms, nodes=[NODES[0], full]).feasible() == []
    vms = [builders.vmi(), builders.launcher(requests={"cpu": "1000m"})]
    assert Asked(builders.vm(), *vms, nodes=[NODES[0], full]).feasible() == ["n2"]


def test_move_adds_what_the_same_change_hotplugs():
    small = kubevirt_node("n2", {}, {"cpu": "1", "memory": "1200Mi", "pods": "9"})
    larger = builders.vm()
    larger["spec"]["template"]["spec"]["domain"]["cpu"]["sockets"] = 10
    asked = running(larger, nodes=[NODES[0], small], requests={"cpu": "200m", "memory": "1Gi"})
    assert (asked.question, asked.feasible()) == ("move", [])
    asked = running(nodes=[NODES[0], small], requests={"cpu": "200m", "memory": "1Gi"})
    assert asked.feasible() == ["n2"]


def test_move_goes_where_hotplugged_volumes_can_be_mounted_too():
    claim = {"claimName": "c", "hotpluggable": True}
    volumes = [{"name": "data", "persistentVolumeClaim": claim}]
    asked = Asked(builders.vm(volumes=volumes), builders.vmi(volumes=volumes), builders.launcher())
    assert asked.pod.claims == ()
    assert asked.feasible() == []
    assert 'persistentvolumeclaim "c" not found' in asked.diagnosis.summary


def test_the_old_anti_affinity_of_the_source_keeps_its_target_out_of_its_zone():
    old = builders.vm(affinity=apart({"app": "vm"}, "zone"))
    asked = running(old=old, affinity=apart({"app": "vm"}, "zone"))
    assert asked.feasible() == ["n3"]
    assert asked.feasible("without_source") == ["n1", "n2", "n3"]


def test_a_new_anti_affinity_to_itself_rejects_the_whole_zone_of_the_source():
    new = builders.vm(affinity=apart({"app": "vm"}, "zone"), nodeSelector={"zone": "a"})
    asked = running(new)
    assert (asked.feasible(), asked.feasible("without_source")) == ([], ["n1", "n2"])


def test_place_removes_the_vms_own_pods_first():
    new = builders.vm(
        affinity=apart({"app": "vm"}, "zone"), annotations={"vmaffinity.io/rollout": "OnRestart"}
    )
    asked = running(new, affinity=apart({"app": "vm"}, "zone"))
    assert asked.feasible() == ["n1", "n2", "n3"]


def test_place_estimates_unless_the_pod_shows_what_a_restart_will_ask_for():
    small = [kubevirt_node("n1", {}, {"cpu": "1", "memory": "9Gi", "pods": "9"})]
    on_restart = {"vmaffinity.io/rollout": "OnRestart"}
    huge = {"requests": {"cpu": "64"}, "nodes": small}
    assert running(builders.vm(annotations=on_restart), **huge).feasible() == []
    assert running(builders.vm(status=RESTART), **huge).feasible() == ["n1"]
    assert running(builders.vm(hostname="x"), **huge).feasible() == ["n1"]


def test_a_migration_under_way_is_noticed():
    assert not running().migrating
    assert not running(None, migration("m", "other")).migrating
    assert running(None, migration("m", "vm")).migrating
    assert not running(None, migration("m", "vm", "Failed")).migrating
    started = builders.vmi(status={"migrationState": {"startTimestamp": "2026-11-22T00:00:00Z"}})
    assert Asked(builders.vm(), started).migrating


def test_going_back_is_told_by_the_pod():
    assert running(builders.vm(nodeSelector={"a": "b"}), nodeSelector={"a": "b"}).back_to_source
    assert not running(builders.vm(nodeSelector={"a": "b"})).back_to_source


def test_the_selector_of_an_instancetype_is_read_off_the_guest():
    typed = {"spec": {"instancetype": {"name": "u1"}}}
    vmi = builders.vmi(nodeSelector={"disk": "ssd"})
    pod = builders.launcher(nodeSelector={"disk": "ssd"})
    new = builders.vm(**typed, affinity=required(term("zone", "Exists")))
    asked = Asked(new, vmi, pod, old=builders.vm(**typed))
    assert asked.rules.node_selector == {"disk": "ssd"}
    assert asked.feasible() == ["n2"]
    own = builders.vm(**typed, nodeSelector={"zone": "b"})
    assert Asked(own, vmi, pod, old=builders.vm(**typed)).rules.node_selector == {"zone": "b"}
    assert Asked(new, vmi, pod, old=own).rules.node_selector == {}
    assert Asked(new, old=builders.vm(**typed)).rules.node_selector == {}
    plain = builders.vm(affinity=required(term("zone", "Exists")))
    assert Asked(plain, vmi, pod).rules.node_selector == {}


U1 = {"spec": {"instancetype": {"name": "u1"}}}
LIKES = {"spec": {"preference": {"name": "fedora"}}}
ON_RESTART = {"annotations": {"vmaffinity.io/rollout": "OnRestart"}}
BOTH = {"spec": {**U1["spec"], **LIKES["spec"]}}


@pytest.mark.parametrize("typed", [U1, LIKES])
def test_a_guest_shows_what_its_references_contribute(typed):
    old, own = builders.vm(**typed), (builders.vmi(), builders.launcher())
    for more in ({}, ON_RESTART):
        new = builders.vm(**typed, **more, nodeSelector={"disk": "ssd"})
        assert Asked(new, *own, old=old).unresolved == ()
    assert Asked(builders.vm(**typed), *own, STAGE, old=old).unresolved == ()
    waiting = builders.vmi(phase="Scheduling", node_name="")
    assert Asked(builders.vm(**typed), waiting, own[1], old=old).unresolved == ()
    assert Asked(builders.vm(**typed), own[0], old=old).unresolved == (), "its pod is not found"


def test_a_start_that_no_guest_shows_has_to_be_resolved():
    old, waiting = builders.vm(**U1), builders.vmi(phase="Scheduling", node_name="")
    assert Asked(builders.vm(**BOTH), old=False).unresolved == (
        "instancetype u1",
        "preference fedora",
    )
    assert Asked(builders.vm(**LIKES), old=builders.vm(**LIKES)).unresolved == (
        "preference fedora",
    )
    assert Asked(builders.vm(**U1), waiting, old=old).unresolved == ("instancetype u1",)
    own = builders.vmi(), builders.launcher()
    more = builders.vm(**U1, hostname="x")
    assert Asked(more, *own, old=old).unresolved == ("instancetype u1",)
    assert Asked(more, *own, old=old).at_restart
    assert Asked(builders.vm(), old=builders.vm()).unresolved == ()
    assert Asked(builders.vm(), old=False).unresolved == ()


def test_a_changed_reference_has_to_be_resolved_and_a_dropped_one_beside_a_guest():
    own = builders.vmi(), builders.launcher()
    for old in (builders.vm(), builders.vm(**LIKES), builders.vm(spec={"instancetype": {}})):
        assert Asked(builders.vm(**U1), *own, old=old).unresolved == ("instancetype u1",)
    assert Asked(builders.vm(), *own, old=builders.vm(**U1)).unresolved == ("instancetype u1",)
    assert Asked(builders.vm(), old=builders.vm(**U1)).unresolved == ()


def test_a_change_moves_the_guest_or_is_for_its_next_start():
    assert running().moves
    assert Asked(builders.vm(), builders.vmi()).moves, "whatever became of its pod"
    assert not running(None, STAGE).moves
    assert not Asked(builders.vm(), builders.vmi(phase="Scheduling")).moves
    assert not Asked(builders.vm()).moves


def test_a_restart_under_the_same_instancetype_is_read_off_the_guest():
    """Its pod tells requests and scheduler, its VMI the nodeSelector that is not in the VM."""
    pod = builders.launcher(requests={"cpu": "3"}, nodeSelector={"disk": "ssd"})
    pod["spec"]["schedulerName"] = "its-instancetypes"
    vmi = builders.vmi(nodeSelector={"disk": "ssd"})
    new = builders.vm(**U1, **ON_RESTART, affinity=required(term("zone", "Exists")))
    asked = Asked(new, vmi, pod, old=builders.vm(**U1))
    assert (asked.question, asked.estimated) == ("place", False)
    assert asked.pod.requests["cpu"] == 3000
    assert asked.pod.scheduler_name == "its-instancetypes"
    assert asked.feasible() == ["n1", "n2"]


def test_the_subject_knows_its_changes():
    assert Subject(value(builders.vm())).changes.created
    changed = Subject(value(builders.vm(nodeSelector={"a": "b"})), value(builders.vm()))
    assert changed.changes.placed_differently
