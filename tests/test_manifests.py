"""manifests/base says what the code does: permissions, paths, ports, names."""

from pathlib import Path

import pytest
import yaml

from webhook import parse
from webhook.app import create_app
from webhook.cli import main
from webhook.config import DEFAULT_BIND
from webhook.inventory import Inventory
from webhook.kube.permissions import CLUSTER, OWN_NAMESPACE, PERMISSIONS
from webhook.objects.rollout import Phase
from webhook.objects.virtual_machine import REQUESTED_BY, TARGET_HASH

MANIFESTS = Path(__file__).parent.parent / "manifests"
NAMESPACE = "vm-affinity-system"


def objects() -> list[dict]:
    """Return every object of the base and of the CRDs."""
    return [
        document
        for path in sorted(MANIFESTS.rglob("*.yaml"))
        for document in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader)
    ]


def of(kind: str) -> list[dict]:
    """Return the objects of a kind."""
    return [each for each in objects() if each["kind"] == kind]


def webhooks() -> list[dict]:
    """Return all webhooks of both configurations."""
    kinds = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
    return [hook for kind in kinds for each in of(kind) for hook in each["webhooks"]]


def containers() -> dict[str, dict]:
    """Return the containers of the deployment by name."""
    (deployment,) = of("Deployment")
    return {c["name"]: c for c in deployment["spec"]["template"]["spec"]["containers"]}


@pytest.mark.parametrize("kind", [CLUSTER, OWN_NAMESPACE])
def test_rbac_grants_what_the_permissions_table_lists_and_no_more(kind):
    (role,) = of(kind)
    granted = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == {
        (p.api_group, p.resource, verb) for p in PERMISSIONS if p.role == kind for verb in p.verbs
    }


def test_no_rule_has_a_wildcard():
    assert "*" not in yaml.safe_dump(
        [role["rules"] for k in (CLUSTER, OWN_NAMESPACE) for role in of(k)]
    )


def test_the_roles_are_bound_to_our_one_service_account():
    (account,) = of("ServiceAccount")
    for binding in [*of("ClusterRoleBinding"), *of("RoleBinding")]:
        (subject,) = binding["subjects"]
        assert (subject["name"], subject["namespace"]) == (account["metadata"]["name"], NAMESPACE)


def test_every_webhook_path_is_a_route_and_reaches_the_service():
    (service,) = of("Service")
    routes = {rule.rule for rule in create_app(Inventory()).url_map.iter_rules()}
    for hook in webhooks():
        client = hook["clientConfig"]["service"]
        assert client["path"] in routes
        assert client["name"] == service["metadata"]["name"]
        assert client["namespace"] == NAMESPACE
        assert client["port"] == service["spec"]["ports"][0]["port"]


def test_probes_and_arguments_are_known_to_the_code():
    routes = {rule.rule for rule in create_app(Inventory()).url_map.iter_rules()}
    webhook = containers()["webhook"]
    for probe in ("readinessProbe", "livenessProbe"):
        assert webhook[probe]["httpGet"]["path"] in routes
    for container in containers().values():
        command, *options = container["args"]
        known = {name for p in main.commands[command].params for name in p.opts}
        assert {option.partition("=")[0] for option in options} <= known
    (port,) = webhook["ports"]
    assert f"--bind=0.0.0.0:{port['containerPort']}" in webhook["args"]
    assert DEFAULT_BIND.endswith(f":{port['containerPort']}")


def test_containers_are_locked_down():
    for container in containers().values():
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}


def test_the_key_of_the_ca_is_mounted_nowhere():
    (deployment,) = of("Deployment")
    for volume in deployment["spec"]["template"]["spec"]["volumes"]:
        keys = [item["key"] for item in volume.get("secret", {}).get("items", [])]
        assert "ca.key" not in keys
        assert "secret" not in volume or keys


def test_only_a_change_of_placement_can_fail_without_us():
    policies = {hook["name"]: hook["failurePolicy"] for hook in webhooks()}
    assert policies == {
        "mutate.vmaffinity.io": "Ignore",
        "validate.vmaffinity.io": "Fail",
        "validate-create.vmaffinity.io": "Ignore",
    }
    for hook in webhooks():
        assert hook["sideEffects"] == "None"
        assert hook["matchPolicy"] == "Equivalent"
        assert hook["timeoutSeconds"] == 5
        assert "caBundle" not in hook["clientConfig"]
        (excluded,) = hook["namespaceSelector"]["matchExpressions"]
        assert excluded["operator"] == "NotIn"
        assert set(excluded["values"]) == {"kube-system", NAMESPACE}


def test_the_api_server_is_told_the_placement_fields_that_the_code_compares():
    for hook in webhooks():
        text = " ".join(c["expression"] for c in hook.get("matchConditions", ()))
        if hook["rules"][0]["operations"] == ["CREATE"]:
            continue
        for field in ("affinity", "nodeSelector", "tolerations", "instancetype", "preference"):
            assert f"?{field}.orValue" in text
        if hook["clientConfig"]["service"]["path"] == "/mutate":
            assert TARGET_HASH in text
            assert REQUESTED_BY in text


def test_the_schema_of_the_record_knows_every_phase():
    (definition,) = of("CustomResourceDefinition")
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema["properties"]["status"]["properties"]["phase"]["enum"] == [p.value for p in Phase]
    assert parse.known({"kind": "AffinityRollout", "apiVersion": "vmaffinity.io/v1alpha1"})
