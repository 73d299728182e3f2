"""webhook.parse.kubevirt_settings: the KubeVirt CR."""

import pytest

from tests import builders
from webhook.objects import KubeVirt, LabelSelector, Operator, Requirement
from webhook.objects.machine import Binding, Support
from webhook.parse import parse
from webhook.parse.quantities import NANO

EXTERNAL, IMAGES = "ExternalNetResourceInjection", "ImageVolume"


def value(tree=None, version=None, **configuration):
    """The settings of a KubeVirt object with this configuration."""
    status = {"observedKubeVirtVersion": version} if version else {}
    spec = {"configuration": configuration}
    whole = {"kind": "KubeVirt", "spec": spec, "status": status, **(tree or {})}
    return parse(whole, builders.FEATURES)


def developer(**fields):
    """The settings with this developerConfiguration."""
    return value(developerConfiguration=fields)


@pytest.mark.parametrize("tree", [{}, {"spec": None, "status": None}, {"spec": {}}])
def test_one_that_says_nothing_has_the_defaults(tree):
    assert value(tree) == KubeVirt()


def test_all_settings_are_read():
    found = value(
        {"metadata": {"annotations": {"a": "b"}}, "status": {"defaultArchitecture": "arm64"}},
        vmRolloutStrategy="Stage",
        cpuModel="Haswell",
        cpuRequest="1500m",
        additionalGuestMemoryOverheadRatio="1.5",
        defaultRuntimeClass="kata",
        autoCPULimitNamespaceLabelSelector={"matchLabels": {"limited": "yes"}},
        virtualMachineOptions={"disableSerialConsoleLog": {}},
        migrations={"parallelMigrationsPerCluster": 3, "parallelOutboundMigrationsPerNode": 1},
        developerConfiguration={
            "nodeSelectors": {"a": "b"},
            "cpuAllocationRatio": 4,
            "memoryOvercommit": 150,
            "useEmulation": True,
            "featureGates": ["Root"],
            "minimumClusterTSCFrequency": 7,
        },
    )
    assert found == KubeVirt(
        live_update=False,
        default_architecture="arm64",
        node_selectors={"a": "b"},
        cpu_allocation_ratio=4,
        memory_overcommit=150,
        overhead_ratio="1.5",
        use_emulation=True,
        gates=frozenset({"Root"}),
        cpu_model="Haswell",
        cpu_request=1500,
        tsc_frequency=7,
        console_log=False,
        runtime_class="kata",
        limits_cpu_in=LabelSelector((Requirement("limited", Operator.IN, frozenset({"yes"})),)),
        parallel_migrations_per_cluster=3,
        parallel_outbound_migrations_per_node=1,
    )


@pytest.mark.parametrize(
    ("version", "strategy", "expected"),
    [
        ("v1.5.9", None, False),
        ("v1.6.0", None, True),
        ("v1.6.0", "", True),
        ("", None, True),
        ("v1.5.0", "LiveUpdate", True),
        ("v1.9.0", "Stage", False),
    ],
)
def test_the_rollout_strategy_was_stage_by_default_before_1_6(version, strategy, expected):
    assert value(version=version, vmRolloutStrategy=strategy).live_update is expected


@pytest.mark.parametrize(
    ("version", "disabled", "expected"),
    [
        ("v1.8.4", [], {"Root"}),
        ("v1.9.0", [], {"Root", EXTERNAL, IMAGES}),
        ("v1.9.0", [IMAGES], {"Root", EXTERNAL}),
        ("", [], {"Root"}),
    ],
)
def test_some_feature_gates_are_on_by_default_since_1_9(version, disabled, expected):
    configuration = {"featureGates": ["Root"], "disabledFeatureGates": disabled}
    assert value(version=version, developerConfiguration=configuration).gates == expected


@pytest.mark.parametrize(("text", "expected"), [("100m", 0), ("0.1", 0), ("101m", 101), (None, 0)])
def test_the_default_request_of_cpu_is_none(text, expected):
    assert value(cpuRequest=text).cpu_request == expected


def test_machine_types_are_by_architecture_unless_one_is_for_all():
    by_architecture = {"amd64": {"machineType": "q35"}, "arm64": {}, "s390x": {"machineType": "s"}}
    found = value(architectureConfiguration=by_architecture)
    assert found.machine_types == {"amd64": "q35", "s390x": "s"}
    found = value(architectureConfiguration=by_architecture, machineType="pc")
    assert found.machine_types == {"amd64": "pc", "arm64": "pc", "s390x": "pc"}


@pytest.mark.parametrize(
    ("noted", "gates", "expected"),
    [(True, ["AlignCPUs"], True), (True, [], False), (False, ["AlignCPUs"], False)],
)
def test_an_even_number_of_cpus_takes_a_note_and_a_gate(noted, gates, expected):
    notes = {"alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity": ""} if noted else None
    tree = {"metadata": {"annotations": notes}}
    found = value(tree, developerConfiguration={"featureGates": gates})
    assert found.completes_to_even_parity is expected


def test_supporting_containers_ask_for_cpu_and_memory_unless_for_none():
    given = [
        {"type": "sidecar", "resources": {"requests": {"cpu": "1m", "memory": "0", "x": "1"}}},
        {"type": "virtiofs", "resources": {"limits": {"cpu": "0", "memory": "1"}}},
        {},
    ]
    assert value(supportContainerResources=given).support == {
        "sidecar": Support(requests={"cpu": NANO // 1000}),
        "virtiofs": Support(limits={"memory": NANO}),
        "": Support(),
    }


def test_network_binding_plugins_have_memory_and_a_sidecar_or_not():
    overhead = {"requests": {"memory": "1Ki"}}
    bindings = {"a": {"computeResourceOverhead": overhead}, "b": {"sidecarImage": "i"}, "c": None}
    assert value(network={"binding": bindings}).bindings == {
        "a": Binding(memory=1024),
        "b": Binding(sidecar=True),
        "c": Binding(),
    }
    assert value(network={}).bindings == {}


def test_the_log_of_the_console_is_on_unless_it_is_disabled():
    assert value(virtualMachineOptions={}).console_log
    assert not developer().use_emulation
