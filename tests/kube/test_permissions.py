"""webhook.kube.permissions: everything that is watched may be read, and little else."""

import pytest

from webhook.kube.permissions import CLUSTER, OWN_NAMESPACE, PERMISSIONS
from webhook.kube.watched import WATCHED


@pytest.mark.parametrize("row", WATCHED, ids=lambda row: row.kind)
def test_what_is_watched_may_be_read(row):
    (found,) = [
        p for p in PERMISSIONS if p.resource == row.resource and p.verbs == ("get", "list", "watch")
    ]
    assert (found.role, found.api_group) == (CLUSTER, row.group)


def test_nothing_is_granted_twice_or_without_a_reason():
    granted = [(p.role, p.api_group, p.resource, v) for p in PERMISSIONS for v in p.verbs]
    assert len(granted) == len(set(granted))
    assert all(p.reason for p in PERMISSIONS)


def test_no_secret_and_no_wildcard_is_granted():
    named = {name for p in PERMISSIONS for name in (p.api_group, p.resource, *p.verbs)}
    assert not named & {"*", "secrets", "configmaps", "escalate", "bind", "impersonate"}


def test_kubevirts_own_objects_are_never_written_but_by_annotation_and_migration():
    written = {
        (p.resource, verb)
        for p in PERMISSIONS
        for verb in p.verbs
        if p.api_group == "kubevirt.io" and verb not in ("get", "list", "watch")
    }
    migrations = "virtualmachineinstancemigrations"
    assert written == {
        ("virtualmachines", "patch"),
        (migrations, "create"),
        (migrations, "delete"),
    }


def test_only_leases_are_granted_in_our_own_namespace_alone():
    (own,) = [p for p in PERMISSIONS if p.role == OWN_NAMESPACE]
    assert (own.api_group, own.resource) == ("coordination.k8s.io", "leases")
