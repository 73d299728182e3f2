"""webhook.launcher.node_selector: KubeVirt's labels around the user's."""

import pytest

from webhook.launcher import node_selector as selectors
from webhook.objects import KubeVirt, NodeInfo
from webhook.objects.classes import RuntimeClass
from webhook.objects.machine import Machine

KUBEVIRT = KubeVirt()
STRICT = KubeVirt(gates=frozenset({"HypervStrictCheck"}))
BASE = {"kubevirt.io/schedulable": "true", "kubernetes.io/arch": "amd64"}
FEATURE = "cpu-feature.node.kubevirt.io/"
MODEL = "cpu-model-migration.node.kubevirt.io/"
HOST = NodeInfo(
    "n1",
    labels={
        "host-model-cpu.node.kubevirt.io/Skylake": "yes",
        "host-model-required-features.node.kubevirt.io/avx": "yes",
        "cpu-vendor.node.kubevirt.io/Intel": "yes",
        "disk": "ssd",
    },
)
VENDOR = {"cpu-vendor.node.kubevirt.io/Intel": "true"}
OF_HOST = {f"{MODEL}Skylake": "yes", f"{FEATURE}avx": "yes"}
TSC = "cpu-timer.node.kubevirt.io/tsc-frequency"


def forced(kubevirt=KUBEVIRT, **machine):
    """The labels that a machine forces, which all are "true"."""
    found = selectors.forced(Machine(**machine), kubevirt)
    assert set(found.values()) <= {"true"}
    return set(found)


def test_the_base_is_overlaid_by_the_cr_then_by_the_user_then_by_machine_and_runtime():
    kubevirt = KubeVirt(
        node_selectors={"cr": "1", "user": "1", "kubevirt.io/realtime": "1", "runtime": "1"},
        runtime=RuntimeClass("kata", node_selector={"runtime": "4"}),
    )
    user = {
        "user": "2",
        "kubevirt.io/realtime": "2",
        "kubevirt.io/schedulable": "false",
        "runtime": "2",
    }
    machine = Machine(node_labels=("kubevirt.io/realtime",))
    assert selectors.rendered(user, machine, kubevirt) == {
        "kubernetes.io/arch": "amd64",
        "kubevirt.io/schedulable": "false",
        "cr": "1",
        "user": "2",
        "kubevirt.io/realtime": "true",
        "runtime": "4",
    }


def test_the_architecture_is_the_machines_or_else_the_clusters():
    arm = KubeVirt(default_architecture="arm64")
    assert selectors.rendered({}, Machine(), arm)["kubernetes.io/arch"] == "arm64"
    s390 = Machine(architecture="S390X")
    assert selectors.rendered({}, s390, arm)["kubernetes.io/arch"] == "s390x"


def test_a_machine_forces_its_model_features_type_and_pinned_cpus():
    assert forced(
        cpu_model="Haswell",
        required_features=("vmx", "aes"),
        machine_type="q35",
        dedicated_cpu=True,
        node_labels=("kubevirt.io/sev", "kubevirt.io/sev-es"),
    ) == {
        "cpu-model.node.kubevirt.io/Haswell",
        f"{FEATURE}vmx",
        f"{FEATURE}aes",
        "machine-type.node.kubevirt.io/q35",
        "kubevirt.io/cpumanager",
        "kubevirt.io/sev",
        "kubevirt.io/sev-es",
    }


def test_the_hosts_own_cpu_is_no_label_but_its_features_are():
    for model in ("host-model", "host-passthrough"):
        assert forced(cpu_model=model, required_features=("vmx",)) == {f"{FEATURE}vmx"}
    assert forced(required_features=("vmx",)) == set()


@pytest.mark.parametrize(
    ("required", "frequency", "expected"),
    [
        (True, 7, {"scheduling.node.kubevirt.io/tsc-frequency-7"}),
        (True, 0, set()),
        (False, 7, set()),
    ],
)
def test_a_clock_is_asked_for_where_it_is_needed_and_known(required, frequency, expected):
    assert forced(tsc_required=required, tsc_frequency=frequency) == expected


def test_enlightenments_are_asked_for_only_if_the_cluster_is_strict_about_them():
    on = {"vpindex", "runtime", "reset", "synic", "synictimer", "frequencies"}
    on |= {"reenlightenment", "tlbflush", "ipi"}
    hyperv = frozenset(on | {"relaxed", "spinlocks"})
    assert forced(hyperv=hyperv) == set()
    labels = {f"hyperv.node.kubevirt.io/{name}" for name in on}
    assert forced(STRICT, hyperv=hyperv) == labels
    evmcs = frozenset({"evmcs"})
    assert forced(STRICT, hyperv=evmcs) == set(VENDOR)
    assert forced(hyperv=evmcs) == set()
    both = {"kubevirt.io/cpumanager", "hyperv.node.kubevirt.io/ipi"}
    assert forced(STRICT, hyperv=frozenset({"ipi"}), dedicated_cpu=True) == both


def of_migration(selector, source, model="host-model", node=HOST):
    """The selector of a target."""
    return selectors.of_migration(selector, source, Machine(cpu_model=model), node.labels)


def test_a_guest_that_never_moved_takes_the_cpu_labels_of_its_host_along():
    assert of_migration(BASE, BASE) == BASE | OF_HOST | VENDOR


def test_a_guest_that_moved_before_keeps_the_labels_of_its_first_host():
    sticky = {f"{MODEL}Haswell": "true", f"{FEATURE}aes": "no"}
    source = BASE | sticky | {"cpu-vendor.node.kubevirt.io/AMD": "true", "disk": "hdd"}
    assert of_migration(BASE, source) == BASE | sticky | VENDOR
    assert of_migration(BASE, BASE | {f"{FEATURE}aes": "no"}) == BASE | VENDOR | {
        f"{FEATURE}aes": "no"
    }


def test_the_guests_cpu_wins_over_the_users_selector():
    assert of_migration({f"{MODEL}Skylake": "no"}, {})[f"{MODEL}Skylake"] == "yes"


@pytest.mark.parametrize("model", ["Haswell", "host-passthrough", ""])
def test_a_guest_of_another_model_takes_only_the_vendor_along(model):
    assert of_migration(BASE, BASE | {f"{FEATURE}aes": "true"}, model) == BASE | VENDOR


def test_a_vendor_that_is_asked_for_already_is_not_copied():
    asked = {"cpu-vendor.node.kubevirt.io/AMD": "no"}
    assert of_migration(asked, {}, "Haswell") == asked


def is_rendered(actual, user, kubevirt=KUBEVIRT, **machine):
    """Whether the actual selector is the user's."""
    return selectors.is_rendered(BASE | actual, user, Machine(**machine), kubevirt)


@pytest.mark.parametrize(
    ("actual", "user", "expected"),
    [
        ({}, {}, True),
        ({"disk": "ssd"}, {"disk": "ssd"}, True),
        ({"disk": "ssd"}, {"disk": "hdd"}, False),
        ({"disk": "ssd"}, {}, False),
        ({}, {"disk": "ssd"}, False),
        (OF_HOST | VENDOR, {}, True),
        ({"machine-type.node.kubevirt.io/q35": "true"}, {}, True),
        ({"kubevirt.io/cpumanager": "true"}, {}, False),
        ({"cpu-model.node.kubevirt.io/Haswell": "true"}, {}, False),
        ({"kubevirt.io/cpumanager": "true"}, {"kubevirt.io/cpumanager": "true"}, True),
        (VENDOR, VENDOR, True),
        (VENDOR, {"cpu-vendor.node.kubevirt.io/Intel": "false"}, False),
        ({}, {"kubernetes.io/arch": "arm64"}, False),
        ({"kubernetes.io/arch": "arm64"}, {"kubernetes.io/arch": "arm64"}, True),
    ],
)
def test_a_selector_is_known_to_be_the_users(actual, user, expected):
    assert is_rendered(actual, user) is expected


def test_what_kubevirt_forces_or_adds_does_not_count():
    pinned = {"kubevirt.io/cpumanager": "true"}
    assert is_rendered(pinned, {}, dedicated_cpu=True)
    assert is_rendered({}, {}, dedicated_cpu=True)
    assert is_rendered(pinned, {"kubevirt.io/cpumanager": "no"}, dedicated_cpu=True)
    assert is_rendered({"virt": "yes"}, {}, KubeVirt(node_selectors={"virt": "yes"}))
    assert is_rendered({}, {}, KubeVirt(node_selectors={"virt": "yes"}))


def node(name, frequency=None, schedulable="true"):
    """A node with a clock."""
    labels = {"kubevirt.io/schedulable": schedulable}
    return NodeInfo(name, labels if frequency is None else {**labels, TSC: frequency})


def test_the_slowest_clock_of_usable_nodes_is_what_all_can_do():
    nodes = [node("a", "30"), node("b", "20"), node("c", "10", schedulable="false"), node("d")]
    assert selectors.lowest_tsc_frequency(nodes, frozenset()) == 20
    assert selectors.lowest_tsc_frequency(nodes, frozenset({"c"})) == 10
    odd = [node("a", "fast"), node("b", "0"), node("c", "-5"), NodeInfo("d", {TSC: "1"})]
    assert selectors.lowest_tsc_frequency(odd, frozenset()) == 0
    assert selectors.lowest_tsc_frequency([*odd, node("e", "9")], frozenset()) == 9
    assert selectors.lowest_tsc_frequency([], frozenset()) == 0
    assert selectors.lowest_tsc_frequency([node("a", "1")], frozenset()) == 1
