"""webhook.judge.room: whether a namespace lets a VM's pods in."""

from tests import builders
from tests.builders import inventory, value
from tests.judge.test_judge import NODES, STAGE, Asked, running
from webhook.judge.room import limits_in
from webhook.launcher.limits import AutoLimits

ON_RESTART = {"vmaffinity.io/rollout": "OnRestart"}


def quota(used, hard, name="q", namespace="default"):
    """Return a ResourceQuota whose spec names what its status limits."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"hard": hard},
        "status": {"hard": hard, "used": used},
    }


def memory(used, hard, **where):
    """Return a quota on requests of memory."""
    return quota({"requests.memory": used}, {"requests.memory": hard}, **where)


def limit_range(**item):
    """Return a LimitRange of one item."""
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "r", "namespace": "default"},
        "spec": {"limits": [item]},
    }


def attachment(name="hp", launcher="pod-vm", memory="1Gi", **metadata):
    """Return the pod that mounts hotplugged volumes for a launcher pod."""
    tree = builders.pod(name, labels={"kubevirt.io": "hotplug-disk"}, requests={"memory": memory})
    owner = {"kind": "Pod", "uid": launcher, "controller": True}
    tree["metadata"] |= {"uid": f"pod-{name}", "ownerReferences": [owner], **metadata}
    return tree


def test_without_quotas_there_is_room():
    assert running().quota == ()


def test_a_move_needs_room_for_a_second_pod():
    assert running(None, memory("1Gi", "2Gi")).quota == ()
    assert running(None, memory("1Gi", "2047Mi")).quota == (
        "quota q: requests.memory requested 1Gi, used 1Gi, limited 1.99Gi",
    )


def test_quotas_of_other_namespaces_do_not_matter():
    assert running(None, memory("1Gi", "1Gi", namespace="other")).quota == ()


def test_quotas_are_asked_by_name():
    quotas = [memory("1Gi", "1Gi", name=name) for name in ("b", "a", "c")]
    assert [reason.split(":")[0] for reason in running(None, *quotas).quota] == [
        "quota a",
        "quota b",
        "quota c",
    ]


def test_limit_ranges_are_asked_too():
    asked = running(None, limit_range(type="Pod", min={"memory": "2Gi"}))
    assert asked.quota == (
        "limit range r: minimum memory per Pod is 2Gi, but the pod requests 1Gi",
    )


def test_a_restart_needs_room_after_the_old_pod_is_gone():
    new = builders.vm(annotations=ON_RESTART)
    assert running(new, memory("1Gi", "1Gi")).quota == ()
    assert running(new, memory("2Gi", "1Gi")).quota == (
        "quota q: requests.memory requested 1Gi, used 1Gi, limited 1Gi",
    )
    assert running(None, STAGE, memory("1Gi", "1Gi")).quota == ()


def test_a_start_needs_room_for_what_is_estimated():
    (reason,) = Asked(builders.vm(), memory("1Gi", "2Gi"), old=False).quota
    assert reason.startswith("quota q: requests.memory requested 1.")
    assert reason.endswith("used 1Gi, limited 2Gi")
    assert Asked(builders.vm(), memory("1Gi", "3Gi")).quota == ()


def test_of_a_migration_under_way_one_pod_is_left_when_it_is_over():
    target = builders.launcher(node_name="n2")
    target["metadata"] |= {"uid": "pod-target", "name": "target"}
    target_mounts = attachment("hp-2", launcher="pod-target")
    assert running(None, target, memory("2Gi", "2Gi")).quota == ()
    assert running(None, target, memory("2Gi", "2047Mi")).quota != ()
    assert running(None, target, target_mounts, memory("3Gi", "2Gi")).quota == ()


def test_hotplugged_volumes_need_a_second_pod_of_their_own():
    assert running(None, attachment(), memory("2Gi", "4Gi")).quota == ()
    assert running(None, attachment(), memory("2Gi", "3Gi")).quota == (
        "quota q: requests.memory requested 1Gi, used 3Gi, limited 3Gi",
    )
    assert running(None, attachment(launcher="other"), memory("2Gi", "3Gi")).quota == ()
    gone = attachment(deletionTimestamp="2026-11-22T00:00:00Z")
    assert running(None, gone, memory("2Gi", "3Gi")).quota == ()
    ended = attachment() | {"status": {"phase": "Failed"}}
    assert running(None, ended, memory("2Gi", "3Gi")).quota == ()


def test_a_restart_mounts_them_anew():
    new = builders.vm(annotations=ON_RESTART)
    assert running(new, attachment(), memory("2Gi", "2Gi")).quota == ()
    assert running(new, attachment(), memory("3Gi", "2Gi")).quota != ()


def test_a_pod_that_is_not_held_in_detail_is_let_in():
    pod = builders.launcher()
    del pod["metadata"]["labels"]["kubevirt.io"]
    asked = Asked(builders.vm(), builders.vmi(), pod, memory("9Gi", "1Gi"))
    assert (asked.question, asked.quota) == ("move", ())


def test_a_quota_on_limits_limits_the_target_even_if_its_source_has_no_limits():
    limits = quota(
        {"limits.memory": "0", "limits.cpu": "0"}, {"limits.memory": "2Gi", "limits.cpu": 1}
    )
    assert running(None, limits).quota == ()
    tight = quota(
        {"limits.memory": "1", "limits.cpu": "1m"}, {"limits.memory": "2Gi", "limits.cpu": 1}
    )
    assert running(None, tight).quota == (
        "quota q: limits.cpu requested 1, used 1m, limited 1",
        "quota q: limits.memory requested 2Gi, used 1, limited 2Gi",
    )


def test_what_the_same_change_hotplugs_is_limited_too():
    larger = builders.vm()
    larger["spec"]["template"]["spec"]["domain"]["cpu"]["sockets"] = 4
    (reason,) = running(larger, quota({"limits.cpu": "0"}, {"limits.cpu": "3"})).quota
    assert reason == "quota q: limits.cpu requested 4, used 0, limited 3"


def test_the_namespace_decides_on_the_limits_of_its_guests():
    labelled = builders.namespace(labels={"alpha.kubevirt.io/auto-memory-limits-ratio": "1.2"})
    trees = [
        quota({}, {"limits.memory": "1"}, "a"),
        quota({}, {"limits.cpu": "1"}, "b"),
        quota({}, {"limits.cpu": "1"}, "c", namespace="other"),
        labelled,
    ]
    with inventory(*NODES, *trees).reading() as world:
        assert limits_in("default", world) == AutoLimits(cpu=True, memory_ratio=1.2)
        assert limits_in("other", world) == AutoLimits(cpu=True)
        assert limits_in("nowhere", world) == AutoLimits()


def test_limits_are_those_that_the_spec_names():
    named = value(quota({}, {"limits.cpu": "1"}) | {"status": {}})
    assert named.named == {"limits.cpu"}
