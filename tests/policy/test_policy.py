"""webhook.policy: the ladder of codes, and the contract of everything that it says."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import builders
from tests.builders import apart, inventory, kubevirt_node, required, term, value
from tests.judge.test_judge import NODES, RESTART, STAGE
from tests.judge.test_room import memory
from tests.judge.test_world import migration
from webhook import review
from webhook.inventory import Inventory
from webhook.judge import Subject, judge
from webhook.objects import Applied, Deleted, Profile, Version
from webhook.placement import evaluate
from webhook.policy import decide, decide_pod, unreadable

TYPED = {"spec": {"instancetype": {"name": "u1"}}}
CLAIM = {"resourceClaims": [{"name": "gpu", "resourceClaimName": "gpu"}]}
HOSTILE = "map[a:b]\nfield is immutable\r\n\x1b[31mIMMUTABLE\u2028\u202e\x00 map[" + "é€" * 400


def asked(new, *trees, old=None, nodes=NODES, cluster=None):
    """Return the decision on a change of the VM `vm`."""
    filled = cluster or inventory(*nodes, *trees)
    before = None if old is False else value(old or builders.vm())
    with filled.reading() as world:
        return decide(judge(Subject(value(new), before), world))


def running(new, *trees, old=None, nodes=NODES, status=None, **pod):
    """Return the decision on a change of the VM `vm` while it runs on n1."""
    own = [builders.vmi(status=status), builders.launcher(**pod)]
    return asked(new, *own, *trees, old=old, nodes=nodes)


def frozen(reason="DisksNotLiveMigratable", message="a disk is local"):
    """Return the status of a VMI that cannot be migrated."""
    condition = {"type": "LiveMigratable", "status": "False", "reason": reason, "message": message}
    return {"conditions": [condition]}


def selecting(**labels):
    """Return the VM with a nodeSelector."""
    return builders.vm(nodeSelector=labels)


def test_an_unchanged_placement_is_allowed_in_silence():
    decision = running(builders.vm(hostname="x"))
    assert (decision.allowed, decision.code, decision.message) == (True, None, "")
    assert (decision.warnings, decision.question, decision.diagnosis) == ((), None, None)


def test_a_vm_that_is_being_deleted_is_allowed_in_silence_even_before_the_cluster_is_read():
    new = selecting(disk="tape")
    new["metadata"]["deletionTimestamp"] = "2026-11-22T00:00:00Z"
    assert asked(new, cluster=Inventory()) == asked(builders.vm(), cluster=Inventory())


def test_001_goes_before_everything_that_the_move_would_meet():
    new = selecting(disk="ssd")
    full = builders.pod("full", requests={"cpu": "64"}, nodeName="n1")
    decision = running(new, full, nodes=NODES[:1], status=frozen())
    assert (decision.allowed, decision.code, decision.warnings) == (True, "VMA-001", ())
    assert decision.message == (
        "[VMA-001] The VM may stay: its node n1 satisfies the new rules, nothing moves."
    )


def test_002_goes_before_the_capacity_that_a_move_would_need():
    decision = running(
        selecting(disk="tape"),
        old=selecting(disk="hdd"),
        nodeSelector={"disk": "tape"},
        status=frozen(),
    )
    assert (decision.allowed, decision.code) == (True, "VMA-002")


def test_501_until_everything_was_listed():
    decision = asked(selecting(disk="ssd"), cluster=Inventory())
    assert (decision.allowed, decision.code, decision.question) == (False, "VMA-501", None)
    assert "NodeInfo not listed yet" in decision.message


def test_501_where_the_running_pod_is_not_found():
    decision = asked(selecting(disk="hdd"), builders.vmi())
    assert (decision.allowed, decision.code) == (False, "VMA-501")
    assert "was not found on node n1" in decision.message
    assert "Fix: apply again in a moment." in decision.message


def test_501_of_an_unreadable_object_does_not_ask_to_try_again():
    decision = unreadable("VirtualMachine a/b: spec.template is missing")
    assert (decision.allowed, decision.code) == (False, "VMA-501")
    assert "VirtualMachine a/b: spec.template is missing" in decision.message
    assert "Fix: correct the object" in decision.message


@pytest.mark.parametrize("status", [None, frozen()])
def test_502_for_a_guest_of_another_scheduler(status):
    own = builders.launcher()
    own["spec"]["schedulerName"] = "mine"
    decision = asked(selecting(disk="tape"), builders.vmi(status=status), own)
    assert (decision.allowed, decision.code) == (True, "VMA-502")
    assert decision.warnings == (decision.message,)
    assert "pods of the scheduler mine" in decision.message


def test_502_for_a_stopped_vm_of_another_scheduler():
    new = builders.vm(schedulerName="mine", nodeSelector={"disk": "tape"})
    decision = asked(new, old=builders.vm(schedulerName="mine"))
    assert (decision.allowed, decision.code) == (True, "VMA-502")


def test_502_for_a_restart_under_another_scheduler():
    own = builders.launcher()
    own["spec"]["schedulerName"] = "mine"
    new = builders.vm(
        nodeSelector={"disk": "tape"}, annotations={"vmaffinity.io/rollout": "OnRestart"}
    )
    decision = asked(new, builders.vmi(), own)
    assert (decision.code, decision.question) == ("VMA-502", "place")
    assert "pods of the scheduler mine" in decision.message


def test_502_for_a_changed_reference_even_where_the_vm_could_stay():
    hdd = builders.vm(**TYPED, nodeSelector={"disk": "hdd"})
    ssd = builders.vm(**TYPED, nodeSelector={"disk": "ssd"})
    assert running(hdd).code == running(ssd).code == "VMA-502"
    old = builders.vm(**TYPED)
    assert running(hdd, old=old).code is None
    assert running(ssd, old=old).code == "VMA-001"


@pytest.mark.parametrize("kind", ["instancetype", "preference"])
def test_502_for_a_start_with_what_a_reference_contributes(kind):
    spec = {kind: {"name": "u1"}}
    new = builders.vm(spec=spec, nodeSelector={"disk": "tape"})
    assert asked(new, old=builders.vm(spec=spec)).code == "VMA-502"
    waiting = builders.vmi(phase="Scheduling", node_name="")
    assert asked(new, waiting, old=builders.vm(spec=spec)).code == "VMA-502"
    decision = asked(new, old=False)
    assert (decision.allowed, decision.code) == (True, "VMA-502")
    assert decision.warnings == (decision.message,)
    assert decision.message == (
        f"[VMA-502] Not checked: only a live cluster can tell what {kind} u1 contributes to a VM."
    )


def test_502_tells_why_kubevirt_could_not_expand_what():
    new = builders.vm(spec={"instancetype": {"name": "u1"}, "preference": {"name": "p"}})
    with inventory(*NODES).reading() as world:
        decision = decide(judge(Subject(value(new), unexpanded='"u1" not found'), world))
    assert (decision.allowed, decision.code) == (True, "VMA-502")
    assert decision.message == (
        "[VMA-502] Not checked: KubeVirt could not expand instancetype u1 and preference p: "
        '"u1" not found.'
    )


def test_a_restart_under_the_same_instancetype_is_judged():
    on_restart = {"vmaffinity.io/rollout": "OnRestart"}
    for disk, code in (("tape", "VMA-101"), ("hdd", None)):
        new = builders.vm(**TYPED, nodeSelector={"disk": disk}, annotations=on_restart)
        assert running(new, old=builders.vm(**TYPED)).code == code


def test_502_where_a_claim_leaves_nodes_unknown_but_never_where_none_is_left():
    own = builders.launcher()
    own["spec"] |= CLAIM
    decision = asked(selecting(disk="hdd"), builders.vmi(), own)
    assert (decision.allowed, decision.code) == (True, "VMA-502")
    assert decision.diagnosis.unknown
    assert asked(selecting(disk="tape"), builders.vmi(), own).code == "VMA-101"
    cordoned = [NODES[0], kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)]
    decision = asked(selecting(disk="hdd"), builders.vmi(), own, nodes=cordoned)
    assert decision.code == "VMA-201"


def test_101_where_no_node_can_ever_take_it():
    decision = running(selecting(disk="tape"), status=frozen())
    assert (decision.allowed, decision.code, decision.question) == (False, "VMA-101", "move")
    assert decision.message == (
        "[VMA-101] No node can ever take this VM under its new nodeSelector: no node is labelled "
        "disk=tape. 0/3 nodes are "
        "available: 3 node(s) didn't match Pod's node affinity/selector. Fix: change these rules "
        "so that a node matches them, or add a node that does."
    )


ZONE = builders.vm(affinity=apart({"app": "vm"}, "zone"), nodeSelector={"zone": "a", "x": "y"})
IN_ZONE = [kubevirt_node(name, {"zone": "a", "x": x}) for name, x in (("n1", "n"), ("n2", "y"))]


@pytest.mark.parametrize("more", [{}, CLAIM])
def test_302_where_only_the_vms_own_pod_is_in_the_way(more):
    own = builders.launcher()
    own["spec"] |= more
    decision = asked(ZONE, builders.vmi(status=frozen()), own, nodes=IN_ZONE)
    assert (decision.allowed, decision.code) == (False, "VMA-302")
    assert "vmaffinity.io/rollout: OnRestart" in decision.message


def test_301_quotes_the_vms_own_reason():
    decision = running(selecting(disk="hdd"), status=frozen())
    assert (decision.allowed, decision.code) == (False, "VMA-301")
    assert "not live-migratable: DisksNotLiveMigratable: a disk is local." in decision.message


def test_301_goes_before_201():
    nodes = [NODES[0], kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)]
    assert running(selecting(disk="hdd"), nodes=nodes, status=frozen()).code == "VMA-301"


def test_203_names_the_quota_and_what_is_short():
    decision = running(selecting(disk="hdd"), memory("1Gi", "1500Mi"))
    assert (decision.allowed, decision.code, decision.question) == (False, "VMA-203", "move")
    assert decision.message == (
        "[VMA-203] The namespace does not let in the second pod of a migration: quota q: "
        "requests.memory requested 1Gi, used 1Gi, limited 1.46Gi. Fix: free or raise what limits "
        "it, then apply again, or annotate the VM with vmaffinity.io/rollout: OnRestart to apply "
        "the change at its next restart."
    )
    assert decision.warnings == ()
    assert running(selecting(disk="hdd"), memory("1Gi", "2Gi")).code is None


def test_203_stands_between_301_and_201():
    full, cordoned = memory("1Gi", "1Gi"), kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)
    assert running(selecting(disk="hdd"), full, status=frozen()).code == "VMA-301"
    assert running(selecting(disk="hdd"), full, nodes=[NODES[0], cordoned]).code == "VMA-203"
    assert running(selecting(disk="tape"), full).code == "VMA-101"
    assert running(selecting(disk="ssd"), full).code == "VMA-001"


def test_203_warns_where_nothing_moves():
    full = memory("3Gi", "3Gi")
    for decision in (
        asked(selecting(disk="hdd"), full, old=False),
        asked(selecting(disk="hdd"), full),
        running(selecting(disk="hdd"), STAGE, full, memory("9Gi", "1Gi", name="r")),
    ):
        assert (decision.allowed, decision.code) == (True, None)
        (warning,) = (text for text in decision.warnings if "VMA-203" in text)
        assert warning.startswith(
            "[VMA-203] The namespace does not let in the pod of this VM as things are: quota "
        )
    denied = asked(selecting(disk="tape"), full, old=False)
    assert (denied.code, len(denied.warnings)) == ("VMA-101", 1)


def test_203_is_silent_where_there_is_room_or_a_pod_is_pending():
    assert asked(selecting(disk="hdd"), memory("0", "9Gi"), old=False).warnings == ()
    assert running(selecting(disk="hdd"), memory("0", "9Gi")).warnings == ()
    pending = asked(selecting(disk="hdd"), builders.vmi(phase="Scheduling"), memory("9Gi", "1Gi"))
    assert not any("VMA-203" in text for text in pending.warnings)
    typed = builders.vm(**TYPED, nodeSelector={"disk": "hdd"})
    unresolved = asked(typed, memory("9Gi", "1Gi"), old=False)
    assert (unresolved.code, len(unresolved.warnings)) == ("VMA-502", 1)


def test_201_where_no_node_has_room_now():
    nodes = [NODES[0], kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)]
    decision = running(selecting(disk="hdd"), nodes=nodes)
    assert (decision.allowed, decision.code) == (False, "VMA-201")
    assert "1 node(s) were unschedulable" in decision.message
    assert "Fix: free, uncordon or add" in decision.message


def test_a_vm_that_can_move_is_allowed_without_a_word():
    decision = running(selecting(disk="hdd"))
    assert (decision.allowed, decision.code, decision.message) == (True, None, "")
    assert (decision.question, decision.warnings) == ("move", ())


@pytest.mark.parametrize(
    ("change", "trees", "why"),
    [
        ({}, [STAGE], "KubeVirt's vmRolloutStrategy is Stage"),
        ({"status": RESTART}, [], "the VM has the condition RestartRequired"),
        ({"hostname": "x"}, [], "the same change touches spec.template.spec.hostname"),
        (
            {"annotations": {"vmaffinity.io/rollout": "OnRestart"}},
            [],
            "the VM's annotation vmaffinity.io/rollout is OnRestart",
        ),
    ],
)
def test_010_notes_what_only_a_restart_applies_and_leaves_capacity_aside(change, trees, why):
    cordoned = [NODES[0], kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)]
    new = builders.vm(nodeSelector={"disk": "hdd"}, **change)
    decision = running(new, *trees, nodes=cordoned, status=frozen())
    assert (decision.allowed, decision.code, decision.question) == (True, None, "place")
    assert decision.warnings[0].startswith(f"[VMA-010] Effective at the next restart only: {why}")
    never = builders.vm(nodeSelector={"disk": "tape"}, **change)
    refused = running(never, *trees, nodes=cordoned)
    assert (refused.code, refused.warnings) == ("VMA-101", decision.warnings)


def test_011_notes_a_migration_beside_any_verdict():
    for new, code in ((selecting(disk="hdd"), None), (selecting(disk="ssd"), "VMA-001")):
        decision = running(new, migration("m", "vm"))
        assert decision.code == code
        assert [warning[:9] for warning in decision.warnings] == ["[VMA-011]"]


def test_012_notes_a_guest_that_waits_for_its_pod():
    waiting = builders.vmi(phase="Scheduling", node_name="")
    decision = asked(selecting(disk="hdd"), waiting)
    assert (decision.allowed, decision.code, decision.question) == (True, None, "place")
    assert [warning[:9] for warning in decision.warnings] == ["[VMA-012]"]
    cordoned = [kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)]
    assert asked(selecting(disk="hdd"), waiting, nodes=cordoned).code == "VMA-201"
    assert asked(selecting(disk="tape"), waiting).code == "VMA-101"


def test_a_guest_that_has_a_node_but_does_not_run_yet_may_stay_there():
    cordoned = [kubevirt_node("n1", {"disk": "ssd"}, unschedulable=True)]
    scheduled = [builders.vmi(phase="Scheduled"), builders.launcher()]
    decision = asked(selecting(disk="ssd"), *scheduled, nodes=cordoned)
    assert (decision.allowed, decision.code) == (True, "VMA-001")


def test_a_new_or_stopped_vm_is_refused_only_where_it_can_never_run():
    cordoned = [kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)]
    for old in (False, None):
        assert asked(selecting(disk="hdd"), old=old, nodes=cordoned).allowed
        assert asked(selecting(disk="tape"), old=old, nodes=cordoned).code == "VMA-101"
    assert asked(builders.vm(), old=False).allowed
    assert "its new placement" in asked(builders.vm(), old=False, nodes=[]).message


def test_the_changed_fields_are_named():
    new = builders.vm(nodeSelector={"disk": "tape"}, affinity=required(term("zone", "Exists")))
    assert "under its new affinity, nodeSelector: no node is" in running(new).message


def pod_decision(tree, *nodes, profile=None):
    """Return the decision on a plain Pod."""
    index = builders.index(*nodes)
    if profile:
        index.apply(Applied(profile))
    pod = value(tree)
    return decide_pod(pod, evaluate(pod, index), index.profile)


def test_a_plain_pod_is_placed_refused_or_not_told():
    node, cordoned = builders.node(), builders.node(unschedulable=True)
    fits = pod_decision(builders.pod(), node)
    assert (fits.allowed, fits.code, fits.question) == (True, None, "place")
    assert pod_decision(builders.pod(nodeSelector={"a": "b"}), node).code == "VMA-101"
    assert pod_decision(builders.pod(), cordoned).code == "VMA-201"
    claims = pod_decision(builders.pod(**CLAIM), node)
    assert (claims.allowed, claims.code) == (False, "VMA-501")
    assert "spec.resourceClaims" in claims.message
    assert pod_decision(builders.pod(**CLAIM), cordoned).code == "VMA-201"


def test_a_plain_pod_is_judged_for_the_scheduler_of_the_profile():
    assert pod_decision(builders.pod(schedulerName="mine"), builders.node()).code == "VMA-501"
    mine = Profile(scheduler_name="mine")
    assert pod_decision(builders.pod(schedulerName="mine"), builders.node(), profile=mine).allowed


# The contract of all refusals, as the API server gets them.

MANY = {f"example.com/resource-{n:02}": "1" for n in range(60)}
TAINTED = [
    kubevirt_node(f"t{n:02}", taints=[{"key": f"ключ-{n:02}", "effect": "NoSchedule"}])
    for n in range(60)
]


CORDONED = [NODES[0], kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True)]
ANYWHERE = builders.vm(affinity=required(term("kubernetes.io/arch", "Exists")))


def untolerated():
    """Return the refusal by sixty taints in a version that prints each."""
    own = [builders.vmi(), builders.launcher()]
    return asked(ANYWHERE, cluster=inventory(*TAINTED, *own, version=Version(1, 33)))


#: Refusals of every kind, hostile input among them.
DENIALS = {
    "101": lambda: running(selecting(disk="tape")),
    "101 with 60 reasons": lambda: running(selecting(disk="hdd"), requests=MANY),
    "101 with reasons of many bytes": untolerated,
    "201": lambda: running(selecting(disk="hdd"), nodes=CORDONED),
    "203": lambda: running(selecting(disk="hdd"), memory("1Gi", "1Gi")),
    "203 hostile": lambda: running(selecting(disk="hdd"), memory("1Gi", "1Gi", name=HOSTILE)),
    "301": lambda: running(selecting(disk="hdd"), status=frozen()),
    "301 hostile": lambda: running(selecting(disk="hdd"), status=frozen(HOSTILE, HOSTILE)),
    "302": lambda: running(ZONE, nodes=IN_ZONE),
    "501 not read yet": lambda: asked(selecting(disk="hdd"), cluster=Inventory()),
    "501 no pod": lambda: asked(selecting(disk="hdd"), builders.vmi(node_name=HOSTILE)),
    "501 unreadable": lambda: unreadable(HOSTILE),
}


def answered(decision):
    """Return the response that the API server gets."""
    return json.loads(review.validated("42", decision))["response"]


def assert_contract(message):
    """Check what holds for every refusal."""
    assert len(message.encode()) <= 700
    assert not [c for c in message if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert "immutable" not in message.lower()
    assert "map[" not in message
    assert re.fullmatch(r"\[VMA-\d{3}\] .+\. Fix: .+\.", message)


@pytest.mark.parametrize("case", DENIALS)
def test_every_refusal_is_403_forbidden_in_one_short_line_with_a_remedy(case):
    decision = DENIALS[case]()
    assert decision.code == f"VMA-{case[:3]}"
    response = answered(decision)
    status = response["status"]
    assert (response["allowed"], status["code"], status["reason"]) == (False, 403, "Forbidden")
    assert set(status) == {"code", "reason", "message"}
    assert "patch" not in response
    assert_contract(status["message"])


def test_the_refusals_cover_every_code_that_denies():
    assert {denial().code for denial in DENIALS.values()} == {
        "VMA-101",
        "VMA-201",
        "VMA-203",
        "VMA-301",
        "VMA-302",
        "VMA-501",
    }


@given(st.text(), st.text())
def test_whatever_a_vm_says_of_itself_the_refusal_keeps_its_form(reason, message):
    decision = running(selecting(disk="hdd"), status=frozen(reason, message))
    assert_contract(decision.message)
    assert "Fix: annotate the VM with vmaffinity.io/rollout: OnRestart" in decision.message


def test_every_warning_is_one_line_of_at_most_256_characters():
    claims = builders.launcher()
    claims["spec"] |= CLAIM
    claims["spec"]["schedulerName"] = "x" * 400 + HOSTILE
    new = builders.vm(nodeSelector={"disk": "hdd"}, **{"x" * 300 + HOSTILE: "y"})
    found = [
        *asked(selecting(disk="hdd"), builders.vmi(), claims).warnings,
        *running(new, migration("m", "vm")).warnings,
        *asked(selecting(disk="hdd"), builders.vmi(phase="Pending", node_name="")).warnings,
    ]
    assert [warning[:9] for warning in found] == [
        "[VMA-502]",
        "[VMA-010]",
        "[VMA-011]",
        "[VMA-012]",
    ]
    for warning in found:
        assert len(warning) <= 256
        assert not [c for c in warning if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]


CROWD = [
    *NODES,
    kubevirt_node("n4", {"disk": "hdd"}, {"cpu": "1", "memory": "1Mi"}),
    kubevirt_node("n5", {"disk": "hdd"}, taints=[{"key": "a", "effect": "NoSchedule"}]),
    kubevirt_node("n6", {"disk": "hdd"}, unschedulable=True),
    kubevirt_node("n3", {"disk": "hdd"}, unschedulable=True),
    builders.pod("x", requests={"cpu": "3"}, nodeName="n2"),
    builders.vmi(),
    builders.launcher(requests={"cpu": "2", "memory": "1Gi", "example.com/x": "1"}),
]
CROWD.remove(NODES[2])


@given(st.permutations(CROWD), st.sets(st.integers(0, len(CROWD) - 1)))
def test_equal_cluster_states_get_equal_bytes_whatever_happened_before(order, first_gone):
    new = selecting(disk="hdd")
    straight = review.validated("42", asked(new, cluster=inventory(*CROWD)))
    winding = inventory(*(CROWD[n] for n in sorted(first_gone)))
    for n in first_gone:
        gone = value(CROWD[n])
        winding.apply([Deleted(type(gone), gone.key)])
    winding.apply(Applied(value(tree)) for tree in order)
    assert review.validated("42", asked(new, cluster=winding)) == straight
