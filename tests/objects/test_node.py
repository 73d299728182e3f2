"""NodeInfo and Taint."""

from webhook.objects import NodeInfo, Taint


def test_a_node_is_keyed_by_its_name():
    assert NodeInfo("n1", {"kubernetes.io/hostname": "h1"}).key == "n1"


def test_a_taint_keeps_out_new_pods_unless_it_says_otherwise():
    assert Taint("gpu") == Taint("gpu", "", "NoSchedule")
