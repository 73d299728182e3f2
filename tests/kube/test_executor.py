"""webhook.kube.executor: each action on the wire, and each way in which it can end."""

from datetime import UTC, datetime

import pytest

from tests.kube.loops import Clock
from tests.kube.store_server import Fault
from webhook.kube.client import connect
from webhook.kube.executor import (
    NOT_LEADING,
    AlreadyThere,
    Conflict,
    Done,
    Executor,
    Gone,
    Refused,
    Unreachable,
)
from webhook.kube.expansion import EXPAND_VM_SPEC
from webhook.kube.permissions import PERMISSIONS
from webhook.objects.rollout import (
    Annotate,
    Attempt,
    CreateMigration,
    CreateRollout,
    DeleteMigration,
    EmitEvent,
    RecordRollout,
    RolloutRecord,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROLLOUTS = "/apis/vmaffinity.io/v1alpha1/affinityrollouts"
MIGRATIONS = "/apis/kubevirt.io/v1/virtualmachineinstancemigrations"
VMS = "/apis/kubevirt.io/v1/virtualmachines"
KEY = ("n", "vm")
RECORD = RolloutRecord("n", "vm", "u", "0123456789abcdef", "Migrating", "to b")
ACTIONS = (
    CreateRollout("n", "vm", "u-1"),
    RecordRollout(RECORD, NOW),
    CreateMigration("n", "vma-1", "vm", "0123456789abcdef"),
    DeleteMigration("n", "vma-1", "uid-1"),
    Annotate("n", "vm", {"vmaffinity.io/phase": "Migrating"}),
    EmitEvent("n", "vm.1", "vm", "u-1", "Migrating", "to b", NOW),
)


class Lead:
    """A lease that ends at a time."""

    def __init__(self, until=float("inf")):
        self.until = until

    def valid(self, now):
        """Whether it has not ended yet."""
        return now < self.until


@pytest.fixture
def executor(cluster_api):
    """Make an executor that leads."""
    return Executor(cluster_api, Lead(), Clock())


@pytest.fixture
def vm(cluster):
    """Put a VM into the cluster."""
    metadata = {"name": "vm", "namespace": "n", "annotations": {"a": "b", "old": "x"}}
    return cluster.store.put(VMS, {"metadata": metadata})


@pytest.mark.edge
def test_a_rollout_is_created_recorded_and_recorded_again(cluster, executor):
    assert executor.perform(CreateRollout("n", "vm", "u-1")) == Done()
    record = RolloutRecord("n", "vm", hash="a", message="one", attempts=(Attempt(1, "m", NOW),))
    assert executor.perform(RecordRollout(record, NOW)) == Done()
    assert executor.perform(RecordRollout(RolloutRecord("n", "vm", phase="Queued"), NOW)) == Done()
    stored = cluster.store.objects[ROLLOUTS][KEY]
    assert stored["metadata"]["ownerReferences"][0]["uid"] == "u-1"
    assert (stored["status"]["phase"], stored["status"]["attempts"]) == ("Queued", [])
    assert "hash" not in stored["status"]
    patch = cluster.requests[-1]
    assert patch.path == "/apis/vmaffinity.io/v1alpha1/namespaces/n/affinityrollouts/vm/status"
    assert patch.headers["Content-Type"] == "application/merge-patch+json"
    assert {r.query["fieldManager"] for r in cluster.requests} == {"vm-affinity-reconciler"}


@pytest.mark.edge
@pytest.mark.parametrize("action", [a for a in ACTIONS if type(a).__name__[:2] in ("Cr", "Em")])
def test_what_is_there_already_is_told_apart(executor, action):
    assert executor.perform(action) == Done()
    assert executor.perform(action) == AlreadyThere()


@pytest.mark.edge
def test_a_migration_is_created_and_deleted(cluster, executor):
    assert executor.perform(CreateMigration("n", "vma-1", "vm", "abc")) == Done()
    stored = cluster.store.objects[MIGRATIONS]["n", "vma-1"]
    assert stored["metadata"]["labels"]["vmaffinity.io/hash"] == "abc"
    uid = stored["metadata"]["uid"]
    assert executor.perform(DeleteMigration("n", "vma-1", uid)) == Done()
    assert cluster.store.objects[MIGRATIONS] == {}
    assert executor.perform(DeleteMigration("n", "vma-1", uid)) == Gone()


@pytest.mark.edge
def test_another_migration_of_the_same_name_is_left_alone(cluster, executor):
    executor.perform(CreateMigration("n", "vma-1", "vm"))
    assert executor.perform(DeleteMigration("n", "vma-1", "another")) == Conflict()
    assert ("n", "vma-1") in cluster.store.objects[MIGRATIONS]


@pytest.mark.edge
def test_annotations_are_one_merge_patch_that_leaves_others_alone(cluster, executor, vm):
    annotations = {"vmaffinity.io/phase": "Queued", "old": "y"}
    assert executor.perform(Annotate("n", "vm", annotations)) == Done()
    stored = cluster.store.objects[VMS][KEY]["metadata"]["annotations"]
    assert stored == {"a": "b", "old": "y", "vmaffinity.io/phase": "Queued"}
    (request,) = cluster.requests
    assert request.json() == {"metadata": {"annotations": annotations}}
    assert request.query == {"fieldManager": "vm-affinity-reconciler"}


@pytest.mark.edge
@pytest.mark.parametrize("action", [ACTIONS[1], ACTIONS[3], ACTIONS[4]])
def test_what_is_not_there_is_gone_and_never_made(cluster, executor, action):
    assert executor.perform(action) == Gone()
    assert not any(cluster.store.objects.values())


@pytest.mark.edge
@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_sent_once_the_lease_has_run_out(cluster, cluster_api, action):
    clock = Clock(10.0)
    assert Executor(cluster_api, Lead(until=10.0), clock).perform(action) == NOT_LEADING
    assert cluster.requests == []


@pytest.mark.edge
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("code", [400, 401, 403, 422])
def test_a_refusal_is_a_value_with_its_reason(cluster, executor, action, code):
    cluster.faults.append(Fault("status", "write", code=code))
    outcome = executor.perform(action)
    assert isinstance(outcome, Refused)
    assert f"answered {code}" in outcome.reason


@pytest.mark.edge
@pytest.mark.parametrize("code", [429, 500, 503, 504])
def test_an_answer_that_says_later_is_no_refusal(cluster, executor, code):
    cluster.faults.append(Fault("status", "write", code=code))
    assert isinstance(executor.perform(ACTIONS[2]), Unreachable)


@pytest.mark.edge
def test_a_write_whose_answer_got_lost_is_found_there_next_time(cluster, executor):
    cluster.faults.append(Fault("late", "write"))
    assert isinstance(executor.perform(ACTIONS[2]), Unreachable)
    assert executor.perform(ACTIONS[2]) == AlreadyThere()
    assert len(cluster.store.objects[MIGRATIONS]) == 1


@pytest.mark.edge
def test_an_unreachable_server_is_a_value(cluster, tmp_path):
    api = connect(cluster.kubeconfig(tmp_path), "away")
    outcome = Executor(api, Lead(), Clock()).perform(ACTIONS[0])
    assert isinstance(outcome, Unreachable)
    assert "Cannot reach the API server" in outcome.reason


VERBS = {"POST": "create", "PATCH": "patch", "DELETE": "delete", "PUT": "update"}


@pytest.mark.edge
def test_every_action_is_permitted_and_every_permission_to_write_is_used(cluster, executor, vm):
    for action in ACTIONS:
        executor.perform(action)
    used = set()
    for request in cluster.requests:
        parts = request.path.replace("/namespaces/n/", "/").split("/")[2:]
        group, rest = (parts[0], parts[2:]) if request.path.startswith("/apis") else ("", parts[1:])
        resource = f"{rest[0]}/status" if rest[-1] == "status" else rest[0]
        used.add((group, resource, VERBS[request.method]))
    granted = {
        (p.api_group, p.resource, verb)
        for p in PERMISSIONS
        for verb in p.verbs
        if verb not in ("get", "list", "watch") and p.resource not in ("leases", EXPAND_VM_SPEC)
    }
    assert used == granted
