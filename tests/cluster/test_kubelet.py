"""Kubelet's writes without a cluster."""

from tests.cluster import kubelet

NOW = "2026-01-01T00:00:00Z"


def pod(phase: str, name: str = "source", **status) -> dict:
    """Return a launcher pod of the migration with the uid 1."""
    spec = {
        "containers": [{"name": "compute", "image": "example.org/launcher:1"}],
        "initContainers": [
            {"name": "copy", "image": "example.org/disk:1"},
            {"name": "log", "image": "example.org/launcher:1", "restartPolicy": "Always"},
        ],
    }
    metadata = {"name": name, "uid": name, "labels": {kubelet.JOB_UID: "1"}}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase, **status}}


def migration(**state) -> dict:
    """Return a VMI with a migration from the source pod to the target pod."""
    ends = {"migrationUid": "1", "sourcePod": "source", "targetPod": "target"}
    return {"status": {"migrationState": {**ends, **state}}}


def running(name: str) -> dict:
    """Return a pod as kubelet itself has started it."""
    write = kubelet.next_write(pod("Pending", name), None, False, NOW)
    assert write is not None
    return pod(name=name, **write.body["status"])


def outcome(name: str, vmi: dict) -> str | None:
    """Return the phase that a running pod is ended with."""
    write = kubelet.next_write(running(name), vmi, False, NOW)
    return write.body["status"]["phase"] if write else None


def test_a_bound_pod_comes_to_run_with_digests():
    status = running("source")["status"]
    assert status["phase"] == "Running"
    assert all(each["imageID"].startswith("sha256:") for each in status["containerStatuses"])
    states = [list(each["state"]) for each in status["initContainerStatuses"]]
    assert states == [["terminated"], ["running"]]


def test_a_pod_that_is_never_ready_says_so_once():
    write = kubelet.next_write(pod("Pending"), None, True, NOW)
    assert write is not None
    again = pod("Pending", **write.body["status"])
    assert kubelet.next_write(again, None, True, NOW) is None


def test_a_running_pod_stays_while_nothing_is_over():
    assert outcome("source", migration(startTimestamp=NOW)) is None


def test_the_source_ends_well_after_a_migration_and_the_target_goes_on():
    vmi = migration(completed=True)
    assert outcome("source", vmi) == "Succeeded"
    assert outcome("target", vmi) is None


def test_the_target_of_a_failed_migration_fails_and_the_source_goes_on():
    vmi = migration(completed=True, failed=True)
    assert outcome("target", vmi) == "Failed"
    assert outcome("source", vmi) is None


def test_a_pod_of_the_same_name_but_another_migration_is_left_alone():
    vmi = migration(completed=True, failed=True, migrationUid="2")
    assert outcome("target", vmi) is None


def test_a_deleted_pod_is_removed_whatever_its_phase():
    for phase in ("Pending", "Running", "Succeeded"):
        gone = pod(phase)
        gone["metadata"]["deletionTimestamp"] = NOW
        write = kubelet.next_write(gone, None, True, NOW)
        assert write is not None
        assert write.method == "DELETE"


def test_a_pod_that_ended_is_left_alone():
    assert kubelet.next_write(pod("Failed"), migration(completed=True), False, NOW) is None
