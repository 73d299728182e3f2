"""vm-affinity reconcile: the plan for a cluster in files, printed once."""

import pytest

from tests.recorded import items, recorded, vm, written, zone

ELSEWHERE = {"affinity": zone("eu-b")}


@pytest.fixture
def reconcile(vm_affinity, cluster, tmp_path):
    """Print the plan for the recorded cluster with these objects changed."""

    def run(*changed, options=()):
        clusters = [cluster]
        if changed:
            clusters.append(written(tmp_path / "changed.yaml", *changed))
        ran = vm_affinity("reconcile", "--cluster", *clusters, *options)
        assert (ran.code, ran.err) == (0, "")
        return ran

    return run


def propagated(**rules):
    """The VMI of web-1 after KubeVirt copied these rules to it."""
    instance = recorded("VirtualMachineInstance", "web-1")
    instance["spec"] |= rules
    return instance


def test_the_recorded_cluster_has_nothing_to_do(reconcile):
    expected = "Plan: nothing to do; every running VM is where its rules allow it.\n"
    assert reconcile().out == expected
    assert reconcile(options=("-o", "json")).objects == [{"steps": []}]


def test_a_change_that_kubevirt_has_copied_is_a_migration(reconcile):
    changed = (vm("web-1", **ELSEWHERE), propagated(**ELSEWHERE))
    head, step, action = reconcile(*changed).out.splitlines()
    assert head == "Plan: 1 of 1 due migrations can start now."
    assert step.startswith("  shop/web-1: Migrating - from worker-a1 to one of worker-b")
    assert action.startswith("    create VirtualMachineInstanceMigration vma-cfce7937-")
    (plan,) = reconcile(*changed, options=("-o", "json")).objects
    (step,) = plan["steps"]
    assert (step["namespace"], step["name"], step["phase"]) == ("shop", "web-1", "Migrating")
    assert step["action"]["instance_name"] == "web-1"


def test_a_change_that_kubevirt_has_not_copied_is_pending(reconcile):
    head, step = reconcile(vm("web-1", **ELSEWHERE)).out.splitlines()
    assert head == "Plan: 0 of 1 due migrations can start now."
    assert step.startswith("  shop/web-1: Pending - ")
    (plan,) = reconcile(vm("web-1", **ELSEWHERE), options=("-o", "json")).objects
    assert plan["steps"][0]["action"] is None


def test_the_same_cluster_gives_the_same_plan(reconcile):
    changed = (vm("web-1", **ELSEWHERE), propagated(**ELSEWHERE))
    assert reconcile(*changed) == reconcile(*reversed(changed))


def test_only_nodes_are_needed(vm_affinity, tmp_path):
    ran = vm_affinity("reconcile", "--cluster", written(tmp_path / "n.yaml", *items("Node")))
    assert (ran.code, ran.out.startswith("Plan: nothing to do")) == (0, True)
    assert ran.err.startswith("warning: no Pod, ")


def test_cluster_must_be_given(vm_affinity):
    ran = vm_affinity("reconcile")
    assert (ran.code, ran.out) == (2, "")
    assert ran.sentence.startswith("no cluster is named: give --cluster")
