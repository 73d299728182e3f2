"""Every process of the product is its ServiceAccount, may do what it must, and nothing else."""

import json
import os
from functools import partial
from pathlib import Path

import pytest

from tests.cluster.product import ACCOUNT, NAMESPACE, RECONCILER, WEBHOOK
from tests.cluster.waiting import until
from tests.e2e.machines import ZONE, virtual_machine
from webhook.kube.permissions import CLUSTER, OWN_NAMESPACE, PERMISSIONS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
NOBODY = "may-do-nothing"
TOLD_BY = ("--kubeconfig", "VM_AFFINITY_KUBECONFIG")

FORBIDDEN = (
    "patch virtualmachineinstances.kubevirt.io",
    "update virtualmachineinstances.kubevirt.io",
    "patch virtualmachineinstances.kubevirt.io --subresource=status",
    "update virtualmachines.kubevirt.io",
    "delete virtualmachines.kubevirt.io",
    "create virtualmachines.kubevirt.io",
    "update virtualmachineinstancemigrations.kubevirt.io",
    "patch kubevirts.kubevirt.io",
    "update affinityrollouts.vmaffinity.io",
    "delete affinityrollouts.vmaffinity.io",
    "get secrets",
    "list configmaps",
    "delete pods",
    "create pods --subresource=eviction",
    "create pods --subresource=exec",
    "patch nodes",
    "list leases.coordination.k8s.io",
    "get leases.coordination.k8s.io --namespace=kube-node-lease",
    "patch validatingwebhookconfigurations.admissionregistration.k8s.io",
    "create serviceaccounts --subresource=token",
    "impersonate users",
    "bind clusterroles.rbac.authorization.k8s.io",
)
ALLOWED = (
    "patch virtualmachines.kubevirt.io",
    "create virtualmachineinstancemigrations.kubevirt.io",
    f"update leases.coordination.k8s.io --namespace={NAMESPACE}",
)


def processes_of_the_product(product):
    """Find the two programs and their children, by process group."""
    leaders = {product.cluster.processes.pid(name) for name in (WEBHOOK, RECONCILER)}
    running = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [pid for pid in running if group_of(pid) in leaders]


def group_of(pid):
    """Return the process group of a process that may be gone by now."""
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def words_of(pid):
    """Return the arguments and the environment of a process."""
    folder = Path("/proc", str(pid))
    both = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
    return [word.decode() for part in both for word in part.split(b"\0") if word]


def kubeconfigs_of(pid):
    """Return the kubeconfigs that a process was told to use."""
    told = (word.partition("=") for word in words_of(pid))
    return {Path(path) for name, _, path in told if name in TOLD_BY}


def can_i(product, question):
    """Ask the API server, as the ServiceAccount; returns yes or no."""
    said = product.cluster.kubectl(
        "auth", "can-i", *question.split(), kubeconfig=product.kubeconfig, check=False
    )
    return said.stdout.strip()


def rules(product, kubeconfig, namespace):
    """Return what a user may do in a namespace: (group, resource, verb)."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    said = product.cluster.kubectl(
        *("create", "--validate=false", "-o", "json", "-f", "-"),
        input=json.dumps(review),
        kubeconfig=kubeconfig,
    )
    return {
        (group, resource, verb)
        for rule in json.loads(said.stdout)["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def permitted(*roles):
    """Return what PERMISSIONS says, in the same form."""
    return {
        (p.api_group, p.resource, verb) for p in PERMISSIONS if p.role in roles for verb in p.verbs
    }


def test_every_process_uses_the_kubeconfig_of_the_service_account(product):
    found = processes_of_the_product(product)
    assert len(found) >= 3  # gunicorn, its worker, the reconciler
    for pid in found:
        assert kubeconfigs_of(pid) == {product.kubeconfig}
        assert not any(
            product.cluster.credentials.tokens["admin"] in word for word in words_of(pid)
        )
    said = product.cluster.kubectl("auth", "whoami", "-o", "json", kubeconfig=product.kubeconfig)
    user = json.loads(said.stdout)["status"]["userInfo"]
    assert user["username"] == USER
    assert sorted(user["groups"]) == [
        "system:authenticated",
        "system:serviceaccounts",
        f"system:serviceaccounts:{NAMESPACE}",
    ]


def test_the_service_account_may_do_what_permissions_says_and_nothing_else(product):
    cluster = product.cluster
    cluster.kubectl("create", "serviceaccount", NOBODY)
    nobody = cluster.kubeconfig_for(NOBODY, "default")
    for namespace, roles in (("default", (CLUSTER,)), (NAMESPACE, (CLUSTER, OWN_NAMESPACE))):
        anybody = rules(product, nobody, namespace)
        assert rules(product, product.kubeconfig, namespace) == anybody | permitted(*roles)


def test_what_it_must_never_do_is_forbidden(product):
    answers = {question: can_i(product, question) for question in (*ALLOWED, *FORBIDDEN)}
    expected = dict.fromkeys(ALLOWED, "yes") | dict.fromkeys(FORBIDDEN, "no")
    assert answers == expected


def test_the_api_server_itself_names_both_processes_by_the_service_account(moving):
    """Without the binding nothing works, so there are no other rights behind the back."""
    product, cluster = moving.product, moving.cluster
    moving.run(virtual_machine("web", nodeSelector={ZONE: "zone-1"}))
    moving.wait_for_report("NotNeeded")
    binding = cluster.kubectl("get", "clusterrolebinding", ACCOUNT, "-o", "json").stdout
    cluster.kubectl("delete", "clusterrolebinding", ACCOUNT)
    try:
        for name in (WEBHOOK, RECONCILER):
            product.stop(name)
        product.start_webhook()
        product.start_reconciler()
        for name in (WEBHOOK, RECONCILER):
            until(f"{name} is refused by name", partial(refused, cluster.log(name)), 20)
        assert not product.is_ready()
    finally:
        cluster.kubectl("create", "-f", "-", input=binding)
        product.wait_until_ready()
    moving.apply(virtual_machine("web", nodeSelector={ZONE: "zone-2"}))
    moving.wait_for_report("Succeeded")


def refused(log):
    """Whether the API server refused somebody to list, and called him by this name."""
    return f'User "{USER}" cannot list resource' in log.read_text("utf-8")
