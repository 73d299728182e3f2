"""What the issue says must be shown, on the recorded cluster, by the webhook's own path."""

from copy import deepcopy
from pathlib import Path

import pytest

from tests import builders
from tests.builders import required, term
from webhook import admission, files, review
from webhook.inventory import Inventory
from webhook.objects import Applied, Features
from webhook.parse import parse

PATH = str(Path(__file__).parent / "data" / "inventory.yaml")
CLUSTER = files.load([PATH])
TREES = {
    (document.tree["kind"], document.tree["metadata"]["name"]): document.tree
    for document in files.documents(PATH)
    if document.tree
}
TAINTED = {"key": "maintenance", "operator": "Equal", "value": "planned", "effect": "NoSchedule"}
ON_GPU = {"key": "accelerator", "operator": "Exists"}
IN_USE = "node(s) didn't match Pod's node affinity/selector"


def recorded(kind, name):
    """Return a copy of a recorded object that a test may change."""
    return deepcopy(TREES[kind, name])


def cluster(*changed) -> Inventory:
    """Return the recorded cluster with these objects instead of, or beside, its own."""
    filled = files.inventory(CLUSTER)
    features = Features.of(CLUSTER.version)
    filled.apply(Applied(parse(tree, features)) for tree in changed)
    return filled


def placed(vm, **placement):
    """Return the VM with these placement fields; None removes one."""
    vm = deepcopy(vm)
    spec = vm["spec"]["template"]["spec"]
    for field, value in placement.items():
        spec.pop(field, None)
        if value is not None:
            spec[field] = value
    return vm


def named(*names):
    """Return a term with one metadata.name field for each name."""
    fields = [{"key": "metadata.name", "operator": "In", "values": [name]} for name in names]
    return {"matchFields": fields}


def admit(old, new, inventory=None):
    """Return the decision on an update, asked for as the API server asks."""
    asked = review.decode(builders.admission_review(new, old))
    with (inventory or cluster()).reading() as world:
        return admission.admit(asked, world)


def moved(name, inventory=None, **placement):
    """Return the decision on a recorded VM that gets this placement."""
    vm = recorded("VirtualMachine", name)
    return admit(vm, placed(vm, **placement), inventory)


def nodes(decision):
    """Return the names of the nodes that can take the VM."""
    return [row.name for row in decision.diagnosis.table() if row.feasible]


def reasons(decision, node):
    """Return why this node refuses."""
    return next(row.reasons for row in decision.diagnosis.table() if row.name == node)


def assert_denied(decision, code, *quoted):
    """Check that it is a refusal of this code which quotes these words."""
    assert (decision.allowed, decision.code) == (False, code)
    for words in quoted:
        assert words in decision.message


def assert_moves(decision, *to):
    """Check that it is allowed because the VM can migrate to just these nodes."""
    assert (decision.allowed, decision.code, decision.question) == (True, None, "move")
    assert (nodes(decision), decision.warnings) == (list(to), ())


def raised():
    """Return the quota of the namespace analytics with room for a second pod of etl."""
    quota = recorded("ResourceQuota", "memory")
    for part in ("spec", "status"):
        quota[part]["hard"]["requests.memory"] = "160Gi"
    return quota


def test_a_move_within_reach_is_allowed():
    assert_moves(moved("etl", cluster(raised()), nodeSelector={"rack": "a1"}), "worker-a1")


def test_a_quota_that_has_no_room_for_a_second_pod_keeps_the_vm_from_moving():
    decision = moved("etl", nodeSelector={"rack": "a1"})
    assert_denied(
        decision,
        "VMA-203",
        "quota memory: requests.memory requested 64.44Gi, used 80.77Gi, limited 140Gi.",
    )
    assert nodes(decision) == ["worker-a1"]
    new = placed(recorded("VirtualMachine", "etl"), nodeSelector={"rack": "a1"})
    new["metadata"]["annotations"]["vmaffinity.io/rollout"] = "OnRestart"
    restarted = admit(recorded("VirtualMachine", "etl"), new)
    assert (restarted.allowed, restarted.code) == (True, None)
    assert not [text for text in restarted.warnings if "VMA-203" in text]
    assert_moves(moved("notebook", nodeSelector={"rack": "a1"}), "worker-a1")


def test_a_move_keeps_away_from_the_node_that_the_vm_is_on():
    zone = required(term("topology.kubernetes.io/zone", "In", "eu-a", "eu-b"))
    decision = moved("legacy", nodeSelector={"disk": "hdd"}, affinity=zone)
    assert_moves(decision, "worker-a2", "worker-b2")
    ssd = moved("legacy", nodeSelector=None, affinity=required(term("rack", "NotIn", "b1")))
    assert "worker-b1" not in nodes(ssd)


def test_a_guest_never_moves_to_a_host_without_its_cpu_model():
    decision = moved("legacy", nodeSelector={"rack": "b3"})
    assert_denied(decision, "VMA-101")
    assert reasons(decision, "worker-b3") == (IN_USE,)


def test_a_label_that_nobody_has_can_never_be_met():
    decision = moved("etl", nodeSelector={"rack": "z9"})
    assert_denied(
        decision, "VMA-101", "new nodeSelector", "0/15 nodes are available: ", f"11 {IN_USE}"
    )


def test_a_zone_whose_nodes_are_full_has_no_room_now():
    eu_c = {"topology.kubernetes.io/zone": "eu-c"}
    decision = moved("etl", cluster(raised()), nodeSelector=eu_c)
    assert_denied(decision, "VMA-201", "2 Insufficient memory")
    assert reasons(decision, "worker-c4") == (IN_USE,)


def test_a_target_that_is_only_cordoned_has_no_room_now():
    decision = moved("notebook", nodeSelector={"rack": "a4"})
    assert_denied(decision, "VMA-201", "1 node(s) were unschedulable")


def test_a_cordoned_node_without_the_label_is_no_hope():
    decision = moved("notebook", nodeSelector={"rack": "a4", "disk": "tape"})
    assert_denied(decision, "VMA-101", "1 node(s) were unschedulable")


def test_a_node_that_is_not_ready_for_vms_has_no_room_now():
    assert_denied(moved("notebook", nodeSelector={"rack": "c4"}), "VMA-201", IN_USE)


def test_a_node_that_is_too_small_for_ever_can_never_take_it():
    assert_denied(moved("etl", nodeSelector={"rack": "b4"}), "VMA-101")
    same_cpu = recorded("Node", "worker-b4")
    same_cpu["metadata"]["labels"] |= recorded("Node", "worker-b2")["metadata"]["labels"] | {
        "rack": "b4"
    }
    decision = moved("etl", cluster(same_cpu), nodeSelector={"rack": "b4"})
    assert_denied(decision, "VMA-101", "1 Insufficient memory")
    assert moved("notebook", cluster(same_cpu), nodeSelector={"rack": "b4"}).allowed


@pytest.mark.parametrize("rack", ["g1", "g2", "e1"])
def test_a_taint_that_is_not_tolerated_keeps_the_vm_out_for_good(rack):
    decision = moved("notebook", nodeSelector={"rack": rack})
    assert_denied(decision, "VMA-101", "node(s) had untolerated taint(s)")


@pytest.mark.parametrize(("rack", "node"), [("g1", "gpu-a1"), ("g2", "gpu-b1")])
def test_a_taint_that_is_tolerated_lets_the_vm_in(rack, node):
    decision = moved("notebook", nodeSelector={"rack": rack}, tolerations=[ON_GPU])
    assert_moves(decision, node)


def test_a_tolerated_taint_does_not_make_up_for_another_cpu():
    decision = moved("notebook", nodeSelector={"rack": "e1"}, tolerations=[TAINTED])
    assert reasons(decision, "edge-c1") == (IN_USE,)
    decision = moved("stopped", nodeSelector={"rack": "e1"}, tolerations=[TAINTED])
    assert nodes(decision) == ["edge-c1"]


def test_a_vm_whose_node_satisfies_the_new_rules_stays():
    decision = moved("legacy", nodeSelector={"topology.kubernetes.io/zone": "eu-b"})
    assert (decision.allowed, decision.code) == (True, "VMA-001")
    assert "worker-b1" in decision.message


def test_a_vm_stays_on_a_node_that_is_cordoned():
    node = recorded("Node", "worker-b1")
    cordon = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    node["spec"] = {"unschedulable": True, "taints": [cordon]}
    decision = moved("legacy", cluster(node), nodeSelector={"disk": "ssd"})
    assert (decision.allowed, decision.code) == (True, "VMA-001")


def test_a_vm_stays_on_a_node_that_is_over_full():
    hungry = builders.pod("hungry", requests={"memory": "500Gi"}, nodeName="worker-b1")
    decision = moved("legacy", cluster(hungry), nodeSelector={"disk": "ssd"})
    assert (decision.allowed, decision.code) == (True, "VMA-001")


def test_a_node_that_evicts_the_vm_does_not_let_it_stay():
    node = recorded("Node", "worker-b1")
    node["spec"] = {"taints": [{"key": "flood", "value": "yes", "effect": "NoExecute"}]}
    decision = moved("legacy", cluster(node), nodeSelector={"disk": "ssd"})
    assert_moves(decision, "worker-a1", "worker-c1")


def on_another_rack_since():
    """Return the VM legacy and a cluster where it and its VMI moved on from their pod's rules."""
    vm = placed(recorded("VirtualMachine", "legacy"), nodeSelector={"rack": "b4"})
    vmi, node = recorded("VirtualMachineInstance", "legacy"), recorded("Node", "worker-b1")
    vmi["spec"]["nodeSelector"] = {"rack": "b4"}
    node["metadata"]["labels"]["rack"] = "b9"
    return vm, cluster(vm, vmi, node)


def test_going_back_to_the_rules_of_the_pod_is_always_allowed():
    vm, inventory = on_another_rack_since()
    decision = admit(vm, placed(vm, nodeSelector={"rack": "b1"}), inventory)
    assert (decision.allowed, decision.code, nodes(decision)) == (True, "VMA-002", [])


def test_going_on_to_other_rules_that_no_node_meets_is_not():
    vm, inventory = on_another_rack_since()
    decision = admit(vm, placed(vm, nodeSelector={"rack": "b1", "disk": "tape"}), inventory)
    assert_denied(decision, "VMA-101")


def test_a_vm_that_would_have_to_move_but_cannot_is_refused():
    vmi = recorded("VirtualMachineInstance", "legacy")
    condition = {
        "type": "LiveMigratable",
        "status": "False",
        "reason": "HostDeviceNotLiveMigratable",
    }
    vmi["status"]["conditions"] = [condition]
    inventory = cluster(vmi)
    decision = moved("legacy", inventory, nodeSelector={"rack": "a1"})
    assert_denied(decision, "VMA-301", "HostDeviceNotLiveMigratable", "OnRestart")
    assert moved("legacy", inventory, nodeSelector={"disk": "ssd"}).code == "VMA-001"
    assert moved("legacy", inventory, nodeSelector={"disk": "tape"}).code == "VMA-101"


def test_a_stopped_vm_is_judged_as_a_start_with_estimated_requests():
    decision = moved("stopped", nodeSelector={"rack": "b4"})
    assert (decision.allowed, decision.code, decision.question) == (True, None, "place")
    assert nodes(decision) == ["worker-b4"]


def test_a_stopped_vm_may_want_what_is_cordoned_today_but_not_what_nobody_has():
    decision = moved("stopped", nodeSelector={"rack": "a4"})
    assert (decision.allowed, decision.code, nodes(decision)) == (True, None, [])
    assert_denied(moved("stopped", nodeSelector={"rack": "z9"}), "VMA-101")


def test_a_stopped_vm_that_is_too_large_for_its_node_can_never_start():
    large = recorded("VirtualMachine", "stopped")
    large["spec"]["template"]["spec"]["domain"]["memory"]["guest"] = "33Gi"
    decision = admit(large, placed(large, nodeSelector={"rack": "b4"}))
    assert_denied(decision, "VMA-101", "1 Insufficient memory")


def elsewhere(*terms, **placement):
    """Return the decision on the VM notebook, freed from its rack, under required terms."""
    return moved("notebook", **{"nodeSelector": None, "affinity": required(*terms), **placement})


def test_gt_on_text_matches_nothing():
    assert_denied(elsewhere(term("rack", "Gt", "3")), "VMA-101", f"11 {IN_USE}")


def test_gt_on_a_number_compares_it():
    node = recorded("Node", "worker-a1")
    node["metadata"]["labels"]["generation"] = "5"
    newer = required(term("generation", "Gt", "4"))
    decision = moved("etl", cluster(node, raised()), nodeSelector=None, affinity=newer)
    assert_moves(decision, "worker-a1")


def test_not_in_matches_where_the_key_is_missing():
    decision = elsewhere(term("generation", "NotIn", "4"))
    assert decision.code == "VMA-001"
    decision = elsewhere(term("generation", "NotIn", "4"), nodeSelector={"rack": "a2"})
    assert_moves(decision, "worker-a2")
    decision = elsewhere(term("generation", "NotIn", "4"), nodeSelector={"rack": "b4"})
    assert_denied(decision, "VMA-101")


def test_an_empty_term_alone_matches_nothing():
    assert_denied(elsewhere({}), "VMA-101", f"11 {IN_USE}")


def test_an_empty_term_beside_a_good_one_is_ignored():
    assert_moves(elsewhere({}, term("rack", "In", "b2")), "worker-b2")


def test_match_fields_choose_a_node_by_name():
    assert_moves(elsewhere(named("worker-b2")), "worker-b2")
    assert elsewhere(named("worker-c2")).code == "VMA-001"


def test_match_fields_exclude_a_node_by_name():
    name = {"key": "metadata.name", "operator": "NotIn", "values": ["worker-b2"]}
    decision = elsewhere(
        {"matchFields": [name]}, nodeSelector={"topology.kubernetes.io/zone": "eu-b"}
    )
    assert_moves(decision, "worker-b1")


def test_match_fields_of_two_names_in_one_term_conflict():
    decision = elsewhere(named("worker-b1", "worker-b2"))
    assert_denied(decision, "VMA-101", "0/15 nodes are available: pod affinity terms conflict.")


def test_match_fields_of_a_node_that_is_not_there_can_never_be_met():
    decision = elsewhere(named("worker-x"))
    assert_denied(decision, "VMA-101", "15 node(s) didn't satisfy plugin(s) [NodeAffinity]")


def test_a_vm_moves_only_where_its_volume_can_be_reached():
    to_b = {"nodeSelector": {"topology.kubernetes.io/zone": "eu-b"}}
    assert "worker-b2" in nodes(moved("orders-db", **to_b))
    volume = recorded("PersistentVolume", "pv-orders")
    (term_,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    term_["matchExpressions"][0]["values"] = ["eu-a"]
    decision = moved("orders-db", cluster(volume), **to_b)
    assert_denied(decision, "VMA-101", "node(s) didn't match PersistentVolume's node affinity")
