"""webhook.launcher: the pod that the scheduler will see."""

from dataclasses import replace

import pytest

from tests import builders
from tests.builders import FEATURES, apart, required, term, value
from webhook import launcher
from webhook.launcher.estimate import requests_of
from webhook.launcher.surroundings import Surroundings
from webhook.objects import Claim, KubeVirt, Operator, Requirement, Toleration
from webhook.objects.classes import RuntimeClass
from webhook.objects.machine import Machine

KUBEVIRT = KubeVirt()
NOWHERE = Surroundings()
BASE = {"kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64"}
OBSOLETE = Requirement("node-labeller.kubevirt.io/obsolete-host-model", Operator.DOES_NOT_EXIST)
EVICTING = tuple(
    Toleration(f"node.kubernetes.io/{key}", "Exists", effect="NoExecute")
    for key in ("not-ready", "unreachable")
)
HOST = {
    "host-model-cpu.node.kubevirt.io/Skylake": "true",
    "cpu-vendor.node.kubevirt.io/Intel": "true",
}


def target(vm, source=None, instance=None, node=None, kubevirt=KUBEVIRT):
    """Return the target pod of a migration of a VM tree."""
    return launcher.target(
        value(source or builders.launcher()),
        value(vm).rules,
        value(instance or builders.vmi()),
        kubevirt,
        value(node or builders.kubevirt_node()),
        FEATURES,
    )


def restarted(vm, source=None, instance=None):
    """Return the pod of a VM tree after a restart."""
    source, instance = value(source or builders.launcher()), value(instance or builders.vmi())
    return launcher.restarted(source, value(vm), instance, KUBEVIRT, FEATURES)


def rendered_from(source, vm, instance=None, kubevirt=KUBEVIRT):
    """Return whether a pod tree was rendered from the rules of a VM tree."""
    instance = value(instance or builders.vmi())
    return launcher.rendered_from(value(source), value(vm).rules, instance, kubevirt, FEATURES)


def keys(affinity):
    """Return the keys of each term of node affinity."""
    return [[r.key for r in term.expressions] for term in affinity.terms]


def test_the_target_has_the_sources_requests_and_labels_but_no_node():
    source = builders.launcher(requests={"cpu": "3"})
    source["status"]["nominatedNodeName"] = "n9"
    pod = target(builders.vm(), source)
    assert pod.requests == pod.usage == {"cpu": 3000}
    assert pod.labels == value(source).labels
    assert pod.name == "virt-launcher-vm-target"
    assert (pod.uid, pod.node_name, pod.nominated_node_name) == ("", "", "")
    assert pod.phase == "Pending"


def test_a_target_has_the_labels_of_its_vmi_and_nothing_of_a_place():
    source = replace(value(builders.launcher()), usage={"cpu": 9}, nominated_node_name="n9")
    instance = replace(value(builders.vmi()), labels={"tier": "web"})
    rules = value(builders.vm()).rules
    pod = launcher.target(source, rules, instance, KUBEVIRT, None, FEATURES)
    assert pod.labels == {**source.labels, "tier": "web"}
    assert (pod.usage, pod.nominated_node_name) == (source.requests, "")


def test_the_target_carries_the_new_rules_inside_kubevirts():
    vm = builders.vm(
        nodeSelector={"disk": "ssd"},
        affinity=required(term("zone", "In", "a"), term("zone", "In", "b")),
        tolerations=[{"key": "gpu", "operator": "Exists"}],
    )
    rules = target(vm, builders.launcher(nodeSelector={"disk": "hdd"})).rules
    assert rules.node_selector == BASE | {"disk": "ssd"}
    assert keys(rules.node_affinity) == [["zone", OBSOLETE.key], ["zone", OBSOLETE.key]]
    assert rules.tolerations == (Toleration("gpu", "Exists"), *EVICTING)


def test_the_target_keeps_away_from_the_vms_own_pod():
    vm = builders.vm(affinity=apart({"app": "vm"}, "zone"))
    own, added = target(vm).rules.pod_anti_affinity
    assert own.topology_key == "zone"
    assert added.topology_key == "kubernetes.io/hostname"
    assert added.selector.matches({"kubevirt.io/created-by": "vmi-vm"})
    assert not added.selector.matches({"kubevirt.io/created-by": "vmi-other"})


def test_the_target_asks_for_the_cpu_of_its_source_node():
    rules = target(builders.vm(), node=builders.kubevirt_node(labels=HOST)).rules
    assert rules.node_selector == BASE | {
        "cpu-model-migration.node.kubevirt.io/Skylake": "true",
        "cpu-vendor.node.kubevirt.io/Intel": "true",
    }


def test_a_source_node_that_is_gone_leaves_its_cpu_labels_out():
    source, instance = value(builders.launcher()), value(builders.vmi())
    pod = launcher.target(source, value(builders.vm()).rules, instance, KUBEVIRT, None, FEATURES)
    assert pod.rules.node_selector == BASE


def test_the_labels_of_an_earlier_migration_are_sticky():
    sticky = {
        "cpu-model-migration.node.kubevirt.io/Haswell": "true",
        "cpu-vendor.node.kubevirt.io/Intel": "true",
    }
    source = builders.launcher()
    source["spec"]["nodeSelector"] |= sticky
    rules = target(builders.vm(), source, node=builders.kubevirt_node(labels=HOST)).rules
    assert rules.node_selector == BASE | sticky


def test_the_users_selector_wins_over_the_source_nodes_labels():
    vm = builders.vm(nodeSelector={"cpu-vendor.node.kubevirt.io/Intel": "false"})
    rules = target(vm, node=builders.kubevirt_node(labels=HOST)).rules
    assert rules.node_selector["cpu-vendor.node.kubevirt.io/Intel"] == "false"


def test_the_target_has_the_machine_type_that_the_guest_really_has():
    source = builders.launcher()
    source["spec"]["nodeSelector"]["machine-type.node.kubevirt.io/q35"] = "true"
    instance = builders.vmi(status={"machine": {"type": "pc-q35-9.2"}})
    rules = target(builders.vm(), source, instance).rules
    assert rules.node_selector == BASE | {"machine-type.node.kubevirt.io/pc-q35-9.2": "true"}


def test_the_selectors_of_the_kubevirt_cr_are_there_too():
    kubevirt = KubeVirt(node_selectors={"virt": "yes"}, default_architecture="arm64")
    instance = builders.vmi(architecture=None)
    rules = target(builders.vm(), instance=instance, kubevirt=kubevirt).rules
    assert rules.node_selector == BASE | {"virt": "yes", "kubernetes.io/arch": "arm64"}


def test_a_forbidden_feature_keeps_its_hosts_out_of_every_term():
    machine = Machine(cpu_model="Haswell", forbidden_features=("svm", "vmx"))
    forbidden = [f"cpu-feature.node.kubevirt.io/{name}" for name in ("svm", "vmx")]
    rules = value(builders.vm(affinity=required(term("zone", "Exists")))).rules
    assert keys(launcher.node_affinity(rules, machine)) == [["zone", *forbidden]]
    bare = value(builders.vm()).rules
    affinity = launcher.node_affinity(bare, machine)
    assert keys(affinity) == [forbidden]
    assert affinity is not None
    assert {r.operator for r in affinity.terms[0].expressions} == {Operator.DOES_NOT_EXIST}


def test_a_named_cpu_model_adds_nothing_to_node_affinity():
    machine = Machine(cpu_model="Haswell")
    rules = value(builders.vm(affinity=required(term("zone", "Exists")))).rules
    assert launcher.node_affinity(rules, machine) is rules.node_affinity
    assert launcher.node_affinity(value(builders.vm()).rules, machine) is None


def test_terms_that_match_nothing_are_left_as_they_are():
    broken = {"matchExpressions": [{"key": "zone", "operator": "In", "values": []}]}
    rules = value(builders.vm(affinity=required({}, broken, term("zone", "Exists")))).rules
    affinity = launcher.node_affinity(rules, Machine())
    assert affinity is not None
    empty, invalid, good = affinity.terms
    assert (empty.empty, bool(invalid.invalid)) == (True, True)
    assert [r.key for r in good.expressions] == ["zone", OBSOLETE.key]
    literal = launcher.node_affinity(rules, Machine(), literally=True)
    assert literal is not None
    assert literal.terms[0].expressions == (OBSOLETE,)


def test_a_restart_drops_what_only_a_migration_asks_for():
    source = builders.launcher(nodeSelector={"disk": "hdd"}, requests={"cpu": "3"})
    source["spec"]["nodeSelector"] |= {
        "cpu-model-migration.node.kubevirt.io/Haswell": "true",
        "cpu-vendor.node.kubevirt.io/Intel": "true",
        "machine-type.node.kubevirt.io/pc-q35-9.2": "true",
    }
    vm = builders.vm(nodeSelector={"disk": "ssd"}, tolerations=[{"key": "gpu"}])
    vm["spec"]["template"]["spec"]["domain"]["machine"] = {"type": "q35"}
    vm["spec"]["template"]["metadata"]["labels"] = {"app": "new"}
    instance = builders.vmi(status={"machine": {"type": "pc-q35-9.2"}})
    instance["spec"]["domain"]["cpu"]["dedicatedCpuPlacement"] = True
    pod = restarted(vm, source, instance)
    assert pod.rules.node_selector == BASE | {
        "disk": "ssd",
        "kubevirt.io/cpumanager": "true",
        "machine-type.node.kubevirt.io/q35": "true",
    }
    assert pod.rules.tolerations == (Toleration("gpu"), *EVICTING)
    assert pod.rules.pod_anti_affinity == ()
    assert (pod.uid, pod.phase, pod.node_name) == ("", "Pending", "")
    assert pod.labels["app"] == "new"
    assert pod.requests == pod.usage == {"cpu": 3000}
    assert pod.name == "virt-launcher-vm-restarted"


def test_a_restart_has_kubevirts_machine_type_where_the_vm_names_none():
    instance = builders.vmi(status={"machine": {"type": "pc-q35-9.2"}})
    rules = restarted(builders.vm(), instance=instance).rules
    assert rules.node_selector == BASE | {"machine-type.node.kubevirt.io/q35": "true"}


def fresh(vm, kubevirt=KUBEVIRT, around=NOWHERE):
    """Return the first pod of a VM tree."""
    return launcher.fresh(value(vm), kubevirt, FEATURES, around)


def test_a_first_pod_is_rendered_from_the_vm_alone():
    vm = builders.vm(
        nodeSelector={"disk": "ssd"},
        affinity=required(term("zone", "In", "a")),
        schedulerName="mine",
        volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
        topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "zone"}],
    )
    vm["spec"]["template"]["spec"]["domain"]["cpu"]["features"] = [{"name": "vmx"}]
    pod = fresh(vm, around=Surroundings(priority=7))
    assert pod.rules.node_selector == BASE | {
        "disk": "ssd",
        "cpu-feature.node.kubevirt.io/vmx": "true",
        "machine-type.node.kubevirt.io/q35": "true",
    }
    assert keys(pod.rules.node_affinity) == [["zone", OBSOLETE.key]]
    assert pod.rules.tolerations == EVICTING
    assert pod.labels == {
        "app": "vm",
        "kubevirt.io": "virt-launcher",
        "vm.kubevirt.io/name": "vm",
        "vmi.kubevirt.io/id": "vm",
    }
    assert (pod.namespace, pod.name, pod.phase) == ("default", "virt-launcher-vm", "Pending")
    assert (pod.scheduler_name, pod.priority, pod.unmodelled) == ("mine", 7, ())
    assert (pod.claims, len(pod.spread)) == ((Claim("c"),), 1)
    assert pod.requests == pod.usage
    assert pod.requests["cpu"] == 105
    assert pod.resources is not None
    assert requests_of(pod.resources) == pod.requests


def test_a_first_pod_gets_the_clock_of_the_nodes_unless_the_cluster_has_one():
    vm = builders.vm(domain={"features": {"hyperv": {"reenlightenment": {}}}})
    label = "scheduling.node.kubevirt.io/tsc-frequency-"
    around = Surroundings(tsc_frequency=7)
    assert f"{label}7" in fresh(vm, around=around).rules.node_selector
    fixed = KubeVirt(tsc_frequency=9)
    selector = fresh(vm, fixed, around).rules.node_selector
    assert f"{label}9" in selector
    assert f"{label}7" not in selector


NETWORK = "spec.template.spec.networks (the resource of a network)"
STATE = "spec.template.spec.domain (a claim for the state of its devices)"
RESERVED = "spec.template.spec.domain (what keeps it from others that reserve its disk)"
LUN = {"disks": [{"lun": {"reservation": True}}]}
FAST = [{"multus": {"networkName": "fast"}}]


@pytest.mark.parametrize(
    ("template", "kubevirt", "unknown"),
    [
        ({}, KubeVirt(), []),
        ({"resourceClaims": [{}]}, KubeVirt(), ["spec.template.spec.resourceClaims"]),
        ({"domain": {"devices": {"tpm": {"persistent": True}}}}, KubeVirt(), [STATE]),
        ({"networks": FAST}, KubeVirt(), [NETWORK]),
        ({"networks": [{"multus": {"networkName": "seen"}}]}, KubeVirt(), []),
        ({"domain": {"devices": LUN}}, KubeVirt(version="v1.8.4"), []),
        ({"domain": {"devices": LUN}}, KubeVirt(version="v1.9.0"), [RESERVED]),
        ({"domain": {"devices": LUN}}, KubeVirt(), [RESERVED]),
        ({}, KubeVirt(version="v1.9.0"), []),
        ({}, KubeVirt(runtime_class="kata"), ["runtime class kata (its overhead)"]),
        ({}, KubeVirt(runtime_class="kata", runtime=RuntimeClass("kata")), []),
    ],
)
def test_what_a_first_pod_will_have_that_nobody_knows_is_named(template, kubevirt, unknown):
    around = Surroundings(namespace="default", networks={"default/seen": ""})
    assert fresh(builders.vm(**template), kubevirt, around).unmodelled == tuple(unknown)


KATA = KubeVirt(
    runtime_class="kata",
    runtime=RuntimeClass("kata", {}, {"kata": "yes"}, (Toleration("kata"), Toleration("gpu"))),
)


def test_the_rules_of_a_runtime_class_are_in_every_pod():
    vm = builders.vm(tolerations=[{"key": "gpu"}])
    tolerations = (Toleration("gpu"), Toleration("kata"), *EVICTING)
    for pod in (fresh(vm, KATA), target(vm, kubevirt=KATA)):
        assert pod.rules.node_selector["kata"] == "yes"
        assert pod.rules.tolerations == tolerations


def test_the_rules_of_a_runtime_class_are_not_the_users():
    source = builders.launcher(nodeSelector={"kata": "yes"}, tolerations=[{"key": "kata"}])
    source["spec"]["tolerations"].append({"key": "gpu"})
    assert rendered_from(source, builders.vm(), kubevirt=KATA)
    assert not rendered_from(source, builders.vm())


def test_a_new_claim_of_a_targets_state_is_not_known():
    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in "ab"]
    source = builders.launcher()
    source["spec"]["volumes"] = volumes
    info = {"claimName": "a", "accessModes": ["ReadWriteOnce"]}
    status = {"volumeStatus": [{"name": "vm-state", "persistentVolumeClaimInfo": info}]}
    pod = target(builders.vm(), source, builders.vmi(status=status))
    assert pod.claims == (Claim("b"),)
    assert pod.unmodelled == (
        "spec.template.spec.domain (a new claim for the state of its devices)",
    )
    assert target(builders.vm(), source).claims == (Claim("a"), Claim("b"))
    assert target(builders.vm(), source).unmodelled == ()


def test_what_keeps_guests_off_a_reserved_disk_goes_along():
    reserved = apart({"pr.kubevirt.io/uid": ""})
    source = builders.launcher(affinity=reserved)
    kept, added = target(builders.vm(), source).rules.pod_anti_affinity
    assert [r.key for r in kept.selector.requirements] == ["pr.kubevirt.io/uid"]
    assert [r.key for r in added.selector.requirements] == ["kubevirt.io/created-by"]
    assert restarted(builders.vm(), source).rules.pod_anti_affinity == (kept,)
    assert rendered_from(source, builders.vm())


def test_a_target_does_not_fetch_its_images_again():
    source = builders.launcher()
    source["spec"]["initContainers"] = [{"name": "volumeroot"}]
    instance = builders.vmi(volumes=[{"name": "root", "containerDisk": {}}])
    pod = target(
        builders.vm(), source, instance, kubevirt=KubeVirt(gates=frozenset({"ImageVolume"}))
    )
    assert pod.resources is not None
    assert pod.resources.inits == ()


RULES = {
    "nodeSelector": {"disk": "ssd"},
    "affinity": required(term("zone", "In", "a"), {})
    | apart({"app": "x"})
    | apart({"app": "y"}, kind="podAffinity"),
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
}


def test_a_pod_knows_the_rules_that_it_was_rendered_from():
    assert rendered_from(builders.launcher(**RULES), builders.vm(**RULES))


@pytest.mark.parametrize(
    "changed",
    [
        {"nodeSelector": {"disk": "hdd"}},
        {"nodeSelector": None},
        {"nodeSelector": {"disk": "ssd", "kubernetes.io/arch": "arm64"}},
        {"affinity": RULES["affinity"] | required(term("zone", "In", "b"))},
        {"affinity": RULES["affinity"] | apart({"app": "z"})},
        {"affinity": RULES["affinity"] | apart({"app": "z"}, kind="podAffinity")},
        {"tolerations": []},
    ],
)
def test_a_pod_knows_that_it_was_rendered_from_other_rules(changed):
    assert not rendered_from(builders.launcher(**RULES), builders.vm(**RULES | changed))


def test_the_order_of_tolerations_does_not_matter():
    one, two = {"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}
    source = builders.launcher(tolerations=[one, two])
    assert rendered_from(source, builders.vm(tolerations=[two, one]))


def test_what_a_migration_added_does_not_count():
    source = builders.launcher(**RULES)
    terms = source["spec"]["affinity"]["podAntiAffinity"]
    own = {"matchLabels": {"kubevirt.io/created-by": "vmi-vm"}}
    terms["requiredDuringSchedulingIgnoredDuringExecution"].append(
        {"labelSelector": own, "topologyKey": "kubernetes.io/hostname"}
    )
    source["spec"]["nodeSelector"] |= {
        "cpu-model-migration.node.kubevirt.io/Skylake": "true",
        "virt": "yes",
    }
    kubevirt = KubeVirt(node_selectors={"virt": "yes"})
    assert rendered_from(source, builders.vm(**RULES), kubevirt=kubevirt)


def test_label_keys_are_merged_as_the_api_server_merges_them():
    affinity = apart({"tier": "web"})
    affinity["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0][
        "matchLabelKeys"
    ] = ["app"]
    vm = builders.vm(affinity=affinity)
    for pod in (target(vm), restarted(vm), fresh(vm)):
        own = pod.rules.pod_anti_affinity[0]
        assert own.selector.matches({"tier": "web", "app": "vm"})
        assert not own.selector.matches({"tier": "web", "app": "other"})
    source = builders.launcher(affinity=affinity)
    rules = source["spec"]["affinity"]["podAntiAffinity"]
    selector = rules["requiredDuringSchedulingIgnoredDuringExecution"][0]["labelSelector"]
    selector["matchExpressions"] = [{"key": "app", "operator": "In", "values": ["vm"]}]
    assert rendered_from(source, vm)
