"""webhook.launcher.node_selector: KubeVirt's labels around the user's."""

from webhook.launcher import node_selector as selectors
from webhook.objects import KubeVirt, NodeInfo
from webhook.objects.virtual_machine import Machine

KUBEVIRT = KubeVirt()
BASE = {"kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64"}
FEATURE = "cpu-feature.node.kubevirt.io/"
MODEL = "cpu-model-migration.node.kubevirt.io/"
HOST = NodeInfo(
    "n1",
    labels={
        "host-model-cpu.node.kubevirt.io/Skylake": "true",
        "host-model-required-features.node.kubevirt.io/avx": "true",
        "cpu-vendor.node.kubevirt.io/Intel": "true",
        "disk": "ssd",
    },
)
VENDOR = {"cpu-vendor.node.kubevirt.io/Intel": "true"}
OF_HOST = {f"{MODEL}Skylake": "true", f"{FEATURE}avx": "true"}


def test_the_base_is_overlaid_by_the_cr_then_by_the_user_then_by_what_is_forced():
    kubevirt = KubeVirt(node_selectors={"cr": "1", "user": "1", "forced": "1"})
    found = selectors.rendered(
        {"user": "2", "forced": "2", "kubevirt.io/schedulable": "false"},
        {"forced": "true"},
        Machine(),
        kubevirt,
    )
    assert found == {
        "kubernetes.io/arch": "amd64",
        "kubevirt.io/schedulable": "false",
        "cr": "1",
        "user": "2",
        "forced": "true",
    }


def test_the_architecture_is_the_machines_or_else_the_clusters():
    arm = KubeVirt(default_architecture="arm64")
    assert selectors.rendered({}, {}, Machine(), arm)["kubernetes.io/arch"] == "arm64"
    s390 = Machine(architecture="s390x")
    assert selectors.rendered({}, {}, s390, arm)["kubernetes.io/arch"] == "s390x"


def test_a_first_pod_asks_for_model_features_machine_type_and_pinned_cpus():
    machine = Machine(
        cpu_model="Haswell", required_features=("vmx",), machine_type="q35", dedicated_cpu=True
    )
    assert selectors.for_start(machine) == {
        "cpu-model.node.kubevirt.io/Haswell": "true",
        f"{FEATURE}vmx": "true",
        "machine-type.node.kubevirt.io/q35": "true",
        "kubevirt.io/cpumanager": "true",
    }


def test_the_hosts_own_cpu_is_no_label_of_a_first_pod():
    for model in ("", "host-model", "host-passthrough"):
        assert selectors.for_start(Machine(cpu_model=model)) == {}


def test_a_machine_without_model_gets_that_of_its_host_but_on_arm_all_of_it():
    def model(machine, kubevirt=KUBEVIRT):
        return selectors.with_default_model(machine, kubevirt).cpu_model

    assert model(Machine()) == "host-model"
    assert model(Machine(architecture="arm64")) == "host-passthrough"
    assert model(Machine(), KubeVirt(default_architecture="arm64")) == "host-passthrough"
    assert model(Machine(cpu_model="Haswell", architecture="arm64")) == "Haswell"


def test_a_running_pod_keeps_its_forced_labels_and_nothing_else():
    source = BASE | {"disk": "ssd", f"{FEATURE}vmx": "true", "kubevirt.io/cpumanager": "true"}
    source |= {"hyperv.node.kubevirt.io/ipi": "false"}
    found = selectors.kept(source, Machine())
    assert found == {f"{FEATURE}vmx": "true", "kubevirt.io/cpumanager": "true"}


def test_a_running_pod_gets_the_machine_type_that_its_guest_really_has():
    source = {"machine-type.node.kubevirt.io/q35": "true"}
    assert selectors.kept(source, Machine()) == source
    concrete = Machine(machine_type="pc-q35-9.2")
    assert selectors.kept(source, concrete) == {"machine-type.node.kubevirt.io/pc-q35-9.2": "true"}


def test_a_restart_forgets_the_labels_of_earlier_migrations():
    forced = OF_HOST | VENDOR | {f"{FEATURE}vmx": "true", "kubevirt.io/cpumanager": "true"}
    machine = Machine(required_features=("vmx",))
    found = selectors.without_migration_labels(forced, machine)
    assert found == {f"{FEATURE}vmx": "true", "kubevirt.io/cpumanager": "true"}


def test_a_guest_that_never_moved_takes_the_cpu_labels_of_its_host_along():
    for model in ("", "host-model"):
        assert selectors.host_model(BASE, Machine(cpu_model=model), HOST) == OF_HOST | VENDOR


def test_a_guest_that_moved_before_keeps_the_labels_of_its_first_host():
    sticky = {f"{MODEL}Haswell": "true", f"{FEATURE}aes": "true"}
    source = BASE | sticky | {"cpu-vendor.node.kubevirt.io/AMD": "true"}
    assert selectors.host_model(source, Machine(cpu_model="host-model"), HOST) == sticky


def test_a_guest_of_a_named_model_takes_only_the_vendor_along():
    assert selectors.host_model(BASE, Machine(cpu_model="Haswell"), HOST) == VENDOR


def test_the_users_own_keys_are_told_from_kubevirts():
    kubevirt = KubeVirt(node_selectors={"cr": "1"})
    source = BASE | {"disk": "ssd", "cr": "1", f"{FEATURE}vmx": "true"}
    assert selectors.own(source, {}, kubevirt) == {"disk": "ssd"}
    user = {"cr": "1", "kubernetes.io/arch": "amd64", f"{FEATURE}vmx": "true"}
    assert selectors.own(source, user, kubevirt) == user | {"disk": "ssd"}


def test_a_guest_with_encrypted_memory_needs_a_node_that_can_do_that():
    machine = Machine(cpu_model="host-model", encrypted="kubevirt.io/sev-snp")
    assert selectors.for_start(machine) == {"kubevirt.io/sev-snp": "true"}
