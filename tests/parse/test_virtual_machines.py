"""KubeVirt's objects from the wire."""

import pytest

from tests import builders
from webhook.objects import (
    KubeVirt,
    Migration,
    Placement,
    SchedulingRules,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.virtual_machine import Machine
from webhook.parse import ParseError, parse
from webhook.parse.virtual_machines import BadField, canonical, other_fields, placement

POD = "spec.template.spec"


def value(tree):
    return parse(tree, builders.FEATURES)


def test_canonical_json_has_sorted_keys_and_no_blanks():
    assert canonical({"b": [1, {"d": None, "c": "ä"}], "a": True}) == (
        '{"a":true,"b":[1,{"c":"ä","d":null}]}'
    )


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({1: "a", "b": "c"}, id="keys that cannot be sorted"),
        pytest.param({"a": {1, 2}}, id="a set"),
        pytest.param({"a": b"x"}, id="bytes"),
    ],
)
def test_what_json_cannot_say_is_refused(given):
    with pytest.raises(BadField, match="holds a value that is not JSON: "):
        canonical(given)


def test_a_tree_that_holds_itself_is_refused():
    tree: dict = {}
    tree["a"] = tree
    with pytest.raises(BadField, match="holds a value that is not JSON: "):
        canonical(tree)


def template(**pod_spec):
    return {"template": {"spec": pod_spec}}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        pytest.param(None, {}, id="no spec"),
        pytest.param("x", {}, id="a spec of a wrong type"),
        pytest.param({"template": None, "instancetype": None}, {}, id="nothing set"),
        pytest.param(
            template(affinity={}, nodeSelector=None, tolerations=[]), {}, id="absent, null or empty"
        ),
        pytest.param(
            template(affinity={"nodeAffinity": {}}),
            {f"{POD}.affinity": '{"nodeAffinity":{}}'},
            id="nothing deeper is normalised",
        ),
        pytest.param(
            template(
                nodeSelector={"b": "1", "a": "2"}, tolerations=[{"key": "k"}], schedulerName="x"
            ),
            {
                f"{POD}.nodeSelector": '{"a":"2","b":"1"}',
                f"{POD}.tolerations": '[{"key":"k"}]',
            },
            id="placement fields only",
        ),
        pytest.param(
            {
                "instancetype": {"kind": "X", "name": "n", "revisionName": "r", "inferFrom": "v"},
                "preference": {"name": "p", "kind": ""},
            },
            {
                "spec.instancetype": '{"kind":"X","name":"n","revisionName":"r"}',
                "spec.preference": '{"name":"p"}',
            },
            id="references by kind, name and revision",
        ),
        pytest.param({"instancetype": {"kind": None}}, {}, id="an empty reference"),
    ],
)
def test_the_placement_is_taken_raw(spec, fields):
    assert placement({"spec": spec}) == Placement(fields)


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param(
            template(affinity={"x": 1}, nodeSelector={"a": "b"}, tolerations=[1]),
            {},
            id="the placement is not among them",
        ),
        pytest.param(
            template(volumes=[1], networks=[1], domain={"devices": {"disks": [1]}}),
            {},
            id="nor is what goes live",
        ),
        pytest.param(
            template(
                domain={
                    "cpu": {"sockets": 2, "cores": 3},
                    "memory": {"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}},
                    "devices": {"interfaces": [1], "rng": {}, "tpm": {"persistent": True}},
                    "machine": {"type": "q35"},
                }
            ),
            {
                f"{POD}.domain.cpu.cores": "3",
                f"{POD}.domain.memory.hugepages": '{"pageSize":"2Mi"}',
                f"{POD}.domain.devices.tpm": '{"persistent":true}',
                f"{POD}.domain.machine": '{"type":"q35"}',
            },
            id="the domain by its groups",
        ),
        pytest.param(
            template(
                hostname="h", subdomain="", evictionStrategy=None, dnsConfig={}, hooks=[], n=0
            ),
            {f"{POD}.hostname": '"h"', f"{POD}.n": "0"},
            id="only what is set",
        ),
        pytest.param(
            template(domain={"cpu": "x"}), {f"{POD}.domain.cpu": '"x"'}, id="a wrong type"
        ),
        pytest.param(template(hostname=False), {f"{POD}.hostname": "false"}, id="false is set"),
    ],
)
def test_the_fields_that_only_a_restart_applies(spec, fields):
    assert other_fields({"spec": spec}) == fields


def test_a_vm_that_says_nothing_has_only_defaults():
    tree = {"kind": "VirtualMachine", "spec": {"template": {"spec": {}}}}
    assert value(tree) == VirtualMachine("default", "")


SAYS_ALL = {
    "kind": "VirtualMachine",
    "metadata": {
        "namespace": "red",
        "name": "vm",
        "uid": "u1",
        "annotations": {"a": "b"},
        "deletionTimestamp": "2026-01-01T00:00:00Z",
    },
    "spec": {
        "instancetype": {"name": "small"},
        "preference": {"name": "fedora"},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "nodeSelector": {"zone": "a"},
                "schedulerName": "other",
                "architecture": "arm64",
                "hostname": "h",
            },
        },
    },
    "status": {"conditions": [{"type": "RestartRequired", "status": "True"}]},
}


def test_a_vm_is_read():
    assert value(SAYS_ALL) == VirtualMachine(
        namespace="red",
        name="vm",
        uid="u1",
        deleting=True,
        annotations={"a": "b"},
        placement=Placement(
            {
                f"{POD}.nodeSelector": '{"zone":"a"}',
                "spec.instancetype": '{"name":"small"}',
                "spec.preference": '{"name":"fedora"}',
            }
        ),
        rules=SchedulingRules({"zone": "a"}),
        other_fields={
            f"{POD}.schedulerName": '"other"',
            f"{POD}.architecture": '"arm64"',
            f"{POD}.hostname": '"h"',
        },
        labels={"app": "web"},
        machine=Machine(architecture="arm64"),
        scheduler_name="other",
        instancetype="small",
        preference="fedora",
        restart_required=True,
    )


@pytest.mark.parametrize(
    ("condition", "required"),
    [
        pytest.param({"type": "RestartRequired", "status": "False"}, False, id="not any more"),
        pytest.param({"type": "Ready", "status": "True"}, False, id="another condition"),
        pytest.param({"type": "RestartRequired", "status": "True"}, True, id="required"),
    ],
)
def test_a_restart_is_required_by_condition(condition, required):
    vm = value(builders.vm(status={"conditions": [{"type": "A"}, condition]}))
    assert vm.restart_required is required


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param(None, "spec.template", id="no spec"),
        pytest.param({}, "spec.template", id="no template"),
        pytest.param({"template": {}}, "spec.template.spec", id="a template without spec"),
    ],
)
def test_a_vm_without_template_is_refused(spec, field):
    with pytest.raises(ParseError, match=f": {field} is missing; a VirtualMachine needs one$"):
        value({"kind": "VirtualMachine", "spec": spec})


@pytest.mark.parametrize(
    ("pod_spec", "demands"),
    [
        pytest.param({"volumes": [{"name": "a"}]}, (), id="a volume without claim"),
        pytest.param(
            {"volumes": [{}, {"dataVolume": {"name": "d"}}, {"persistentVolumeClaim": {}}]},
            (f"{POD}.volumes[1] (a volume claim)", f"{POD}.volumes[2] (a volume claim)"),
            id="claims",
        ),
        pytest.param(
            {
                "topologySpreadConstraints": [
                    {"whenUnsatisfiable": "ScheduleAnyway"},
                    {"whenUnsatisfiable": "DoNotSchedule"},
                    {},
                ]
            },
            (f"{POD}.topologySpreadConstraints[1]", f"{POD}.topologySpreadConstraints[2]"),
            id="spread constraints that filter",
        ),
        pytest.param({"resourceClaims": [{}]}, (f"{POD}.resourceClaims",), id="a device claim"),
    ],
)
def test_what_no_predicate_judges_is_named(pod_spec, demands):
    assert value(builders.vm(**pod_spec)).unmodelled == demands


def machine(actual=None, **spec):
    """The Machine of a VMI with this spec and this actual machine type."""
    status = {"machine": {"type": actual}} if actual else {}
    return value({"kind": "VirtualMachineInstance", "spec": spec, "status": status}).machine


def domain(**fields):
    return {"domain": fields}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, Machine(), id="nothing"),
        pytest.param(
            domain(
                cpu={
                    "cores": 2,
                    "sockets": 3,
                    "threads": 2,
                    "model": "host-model",
                    "dedicatedCpuPlacement": True,
                    "features": [
                        {"name": "a", "policy": "require"},
                        {"name": "b"},
                        {"name": "c", "policy": "forbid"},
                        {"name": "d", "policy": "optional"},
                        {"policy": ""},
                    ],
                }
            ),
            Machine(
                cpu_model="host-model",
                vcpus=12,
                dedicated_cpu=True,
                required_features=("a", "b", ""),
                forbidden_features=("c",),
            ),
            id="a cpu",
        ),
        pytest.param(
            domain(cpu={"cores": 0, "sockets": -1, "threads": 0}), Machine(), id="at least one vcpu"
        ),
        pytest.param(
            domain(memory={"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}}),
            Machine(guest_memory=1 << 30, hugepages="2Mi"),
            id="memory",
        ),
        pytest.param(
            domain(
                resources={
                    "requests": {"cpu": "1", "memory": "1Ki", "x": "1"},
                    "limits": {"cpu": "1500u"},
                }
            ),
            Machine(requests={"cpu": 1000, "memory": 1024}, limits={"cpu": 2}),
            id="resources",
        ),
        pytest.param(
            domain(
                ioThreadsPolicy="supplementalPool", ioThreads={"supplementalPoolThreadCount": 4}
            ),
            Machine(io_threads=4),
            id="a pool of io threads",
        ),
        pytest.param(
            domain(ioThreadsPolicy="supplementalPool", ioThreads={}),
            Machine(),
            id="a pool of nothing",
        ),
        pytest.param(domain(ioThreadsPolicy="auto"), Machine(), id="io threads beside the vCPUs"),
        pytest.param(
            domain(devices={"logSerialConsole": False}),
            Machine(console_log=False),
            id="no log of the console",
        ),
        pytest.param(
            domain(devices={"autoattachSerialConsole": False, "autoattachVSOCK": True}),
            Machine(console_log=False, vsock=True),
            id="no console, but a socket",
        ),
        pytest.param(
            domain(cpu={"dedicatedCpuPlacement": True, "isolateEmulatorThread": True}),
            Machine(dedicated_cpu=True, isolated_emulator=True),
            id="an emulator thread of its own",
        ),
        pytest.param(
            domain(resources={"overcommitGuestOverhead": True}),
            Machine(overhead_is_overcommitted=True),
            id="an overcommitted overhead",
        ),
        pytest.param(
            domain(memory={"reservedOverhead": {"addedOverhead": "1Mi"}}),
            Machine(added_overhead=1024**2),
            id="an added overhead",
        ),
        pytest.param(
            domain(launchSecurity={"sev": {}}), Machine(encrypted="kubevirt.io/sev"), id="SEV"
        ),
        pytest.param(
            domain(launchSecurity={"sev": {"policy": {"encryptedState": True}}}),
            Machine(encrypted="kubevirt.io/sev-es"),
            id="SEV-ES",
        ),
        pytest.param(
            domain(launchSecurity={"snp": {}}),
            Machine(encrypted="kubevirt.io/sev-snp"),
            id="SEV-SNP",
        ),
        pytest.param(domain(ioThreadsPolicy="shared"), Machine(), id="shared io threads"),
        pytest.param(domain(devices={"tpm": {}}), Machine(tpm=True), id="a tpm"),
        pytest.param(
            domain(devices={"autoattachGraphicsDevice": False}),
            Machine(graphics=False),
            id="no graphics",
        ),
        pytest.param(domain(devices={"autoattachGraphicsDevice": True}), Machine(), id="graphics"),
        pytest.param(
            domain(devices={"autoattachPodInterface": False}),
            Machine(interfaces=False, virtio_interfaces=False),
            id="no interface",
        ),
        pytest.param(
            domain(devices={"autoattachPodInterface": False, "interfaces": [{}]}),
            Machine(),
            id="an interface is virtio by default",
        ),
        pytest.param(
            domain(devices={"interfaces": [{"model": "e1000"}]}),
            Machine(virtio_interfaces=False),
            id="an interface that is not",
        ),
        pytest.param(
            domain(devices={"interfaces": [{"model": "e1000"}, {"model": "virtio"}]}),
            Machine(),
            id="one of two that is",
        ),
        pytest.param(
            domain(
                devices={
                    "gpus": [{"deviceName": "a.com/g"}, {}],
                    "hostDevices": [{"deviceName": "a.com/g"}, {"deviceName": "a.com/h"}],
                }
            ),
            Machine(extended={"a.com/g": 2, "a.com/h": 1}, host_devices=True),
            id="devices are counted by name",
        ),
        pytest.param(domain(devices={"gpus": [{}]}), Machine(host_devices=True), id="only a gpu"),
        pytest.param(
            domain(devices={"hostDevices": [{}]}), Machine(host_devices=True), id="only a device"
        ),
        pytest.param(
            domain(machine={"type": "q35"}), Machine(machine_type="q35"), id="a machine type"
        ),
        pytest.param(
            {"actual": "pc-q35-9.2", **domain(machine={"type": "q35"})},
            Machine(machine_type="pc-q35-9.2"),
            id="the actual machine type is taken first",
        ),
    ],
)
def test_a_machine_is_read(spec, expected):
    assert machine(**spec) == expected


def test_a_vmi_that_says_nothing_has_only_defaults():
    assert value({"kind": "VirtualMachineInstance"}) == VirtualMachineInstance("default", "")


def test_a_vmi_is_read():
    tree = {
        "kind": "VirtualMachineInstance",
        "metadata": {
            "namespace": "red",
            "name": "vm",
            "uid": "u1",
            "deletionTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {"nodeSelector": {"zone": "a"}},
        "status": {
            "phase": "Running",
            "nodeName": "n1",
            "evacuationNodeName": "n1",
            "migrationState": {"startTimestamp": "2026-01-01T00:00:00Z"},
        },
    }
    assert value(tree) == VirtualMachineInstance(
        namespace="red",
        name="vm",
        uid="u1",
        phase="Running",
        node_name="n1",
        deleting=True,
        rules=SchedulingRules({"zone": "a"}),
        evacuation_node_name="n1",
        migrating=True,
    )


@pytest.mark.parametrize(
    ("state", "migrating"),
    [
        pytest.param(None, False, id="never"),
        pytest.param({}, False, id="not started"),
        pytest.param({"startTimestamp": "t"}, True, id="started"),
        pytest.param({"startTimestamp": "t", "endTimestamp": "t"}, False, id="over"),
    ],
)
def test_a_vmi_migrates_between_start_and_end(state, migrating):
    vmi = value(builders.vmi(status={"migrationState": state}))
    assert vmi.migrating is migrating


def migratable(status, **fields):
    return {"type": "LiveMigratable", "status": status, **fields}


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        pytest.param(None, "", id="no condition"),
        pytest.param([migratable("True", reason="X")], "", id="it is"),
        pytest.param(
            [{"type": "Ready", "status": "False", "reason": "X"}], "", id="another condition"
        ),
        pytest.param(
            [{"type": "Ready"}, migratable("False", reason="DisksNotLiveMigratable")],
            "DisksNotLiveMigratable",
            id="a reason",
        ),
        pytest.param(
            [migratable("False", reason="R", message="m")], "R: m", id="a reason and a message"
        ),
        pytest.param([migratable("False", message="m")], "m", id="a message"),
        pytest.param([migratable("False")], "LiveMigratable is False", id="neither"),
    ],
)
def test_a_vmi_says_why_it_cannot_migrate(conditions, reason):
    vmi = value(builders.vmi(status={"conditions": conditions}))
    assert vmi.not_migratable == reason


@pytest.mark.parametrize(
    ("tree", "migration"),
    [
        pytest.param({}, Migration("default", "", ""), id="one that says nothing"),
        pytest.param(
            {
                "metadata": {"namespace": "red", "name": "m"},
                "spec": {"vmiName": "vm"},
                "status": {"phase": "Running"},
            },
            Migration("red", "m", "vm", "Running"),
            id="all that is read",
        ),
    ],
)
def test_a_migration_is_read(tree, migration):
    assert value({"kind": "VirtualMachineInstanceMigration", **tree}) == migration


def configured(**configuration):
    return {"spec": {"configuration": configuration}}


@pytest.mark.parametrize(
    ("tree", "kubevirt"),
    [
        pytest.param({}, KubeVirt(), id="one that says nothing"),
        pytest.param(configured(), KubeVirt(), id="an empty configuration"),
        pytest.param(configured(vmRolloutStrategy="LiveUpdate"), KubeVirt(), id="live updates"),
        pytest.param(configured(vmRolloutStrategy=""), KubeVirt(), id="an empty strategy"),
        pytest.param(
            configured(vmRolloutStrategy="Stage"), KubeVirt(live_update=False), id="staged updates"
        ),
        pytest.param(
            {
                **configured(
                    migrations={
                        "parallelMigrationsPerCluster": 3,
                        "parallelOutboundMigrationsPerNode": 1,
                    },
                    developerConfiguration={
                        "nodeSelectors": {"a": "b"},
                        "cpuAllocationRatio": 4,
                        "memoryOvercommit": 150,
                        "useEmulation": True,
                    },
                ),
                "status": {"observedKubeVirtVersion": "v1.6.0", "defaultArchitecture": "arm64"},
            },
            KubeVirt(
                version="v1.6.0",
                default_architecture="arm64",
                node_selectors={"a": "b"},
                cpu_allocation_ratio=4,
                memory_overcommit=150,
                use_emulation=True,
                parallel_migrations_per_cluster=3,
                parallel_outbound_migrations_per_node=1,
            ),
            id="all that is read",
        ),
    ],
)
def test_the_kubevirt_cr_is_read(tree, kubevirt):
    assert value({"kind": "KubeVirt", **tree}) == kubevirt


@pytest.mark.parametrize(
    ("version", "strategy", "expected"),
    [
        ("v1.5.0", None, False),
        ("v1.6.0", None, True),
        ("", None, True),
        ("v1.5.0", "LiveUpdate", True),
        ("v1.9.0", "Stage", False),
    ],
)
def test_the_rollout_strategy_was_stage_by_default_before_1_6(version, strategy, expected):
    spec = {"configuration": {"vmRolloutStrategy": strategy}}
    tree = {"kind": "KubeVirt", "spec": spec, "status": {"observedKubeVirtVersion": version}}
    found = value({"apiVersion": "kubevirt.io/v1", **tree})
    assert found.live_update is expected


@pytest.mark.parametrize(("text", "ratio"), [("1.5", 1.5), ("much", 1.0), (None, 1.0)])
def test_the_overhead_ratio_is_a_number_in_text(text, ratio):
    spec = {"configuration": {"additionalGuestMemoryOverheadRatio": text}}
    found = value({"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "spec": spec})
    assert found.overhead_ratio == ratio
