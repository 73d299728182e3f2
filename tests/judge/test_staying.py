"""webhook.judge.staying: the question *stay*, as findings answer it."""

from tests import builders
from tests.builders import apart, kubevirt_node, required, term
from tests.judge.test_judge import NODES, Asked, running


def with_taint(effect, key="flood"):
    """Return n1 with a taint."""
    return kubevirt_node("n1", {"zone": "a"}, taints=[{"key": key, "effect": effect}])


def test_stay_asks_for_the_users_own_rules_only():
    assert running(builders.vm(nodeSelector={"disk": "ssd"})).stays
    assert not running(builders.vm(nodeSelector={"disk": "hdd"})).stays
    assert running(builders.vm(affinity=required(term("zone", "In", "a")))).stays
    assert not running(builders.vm(affinity=required(term("zone", "In", "b")))).stays
    assert not running(builders.vm(affinity=required({}))).stays


def test_stay_does_not_mind_cordons_no_schedule_taints_room_or_kubevirts_labels():
    nodes = [
        with_taint("NoSchedule") | {"status": {"allocatable": {"cpu": "0"}}},
    ]
    nodes[0]["spec"]["unschedulable"] = True
    nodes[0]["metadata"]["labels"] = {"zone": "a"}
    assert running(builders.vm(nodeSelector={"zone": "a"}), nodes=nodes).stays


def test_stay_minds_no_execute_taints():
    assert not running(nodes=[with_taint("NoExecute")]).stays
    tolerations = [{"key": "flood", "operator": "Exists"}]
    assert running(builders.vm(tolerations=tolerations), nodes=[with_taint("NoExecute")]).stays
    passing = with_taint("NoExecute", "node.kubernetes.io/not-ready")
    assert running(nodes=[passing]).stays


def test_stay_judges_neighbours_without_the_vm_itself():
    beside = builders.pod("x", labels={"app": "x"}, nodeName="n2")
    for labels, stays in (({"app": "vm"}, True), ({"app": "x"}, False), ({"app": "y"}, True)):
        assert running(builders.vm(affinity=apart(labels, "zone")), beside).stays is stays
    for labels, stays in (({"app": "vm"}, True), ({"app": "x"}, True), ({"app": "y"}, False)):
        new = builders.vm(affinity=apart(labels, "zone", "podAffinity"))
        assert running(new, beside).stays is stays


def test_nothing_stays_on_a_node_that_is_gone():
    assert not running(nodes=NODES[1:]).stays


def test_without_its_pod_a_guest_still_stays_by_the_labels_of_its_template():
    new = builders.vm(affinity=apart({"app": "vm"}, "zone", "podAffinity"))
    assert Asked(new, builders.vmi()).stays
