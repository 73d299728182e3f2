"""webhook.parse.machines: what of a VM or VMI its launcher pod shows."""

import pytest

from tests import builders
from webhook.objects import VirtualMachineInstance
from webhook.objects.machine import Machine
from webhook.parse import ParseError, parse
from webhook.parse.machine_wire import CPU
from webhook.parse.machines import in_bytes, vcpus

GIB = 1 << 30


def machine(annotations=None, status=None, **spec):
    """The Machine of a VMI."""
    tree = {
        "kind": "VirtualMachineInstance",
        "metadata": {"annotations": annotations},
        "spec": spec,
        "status": status,
    }
    value = parse(tree, builders.FEATURES)
    assert isinstance(value, VirtualMachineInstance)
    return value.machine


def domain(**fields):
    """A spec with this domain."""
    return {"domain": fields}


def devices(**fields):
    """A spec with these devices."""
    return domain(devices=fields)


def hyperv(**features):
    """A spec with these enlightenments."""
    return domain(features={"hyperv": features})


def security(**fields):
    """A spec with this launch security."""
    return domain(launchSecurity=fields)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, Machine(), id="nothing"),
        pytest.param(domain(), Machine(), id="an empty domain"),
        pytest.param({"architecture": "arm64"}, Machine(architecture="arm64"), id="architecture"),
        pytest.param(
            domain(
                cpu={
                    "cores": 2,
                    "sockets": 3,
                    "threads": 2,
                    "model": "host-model",
                    "dedicatedCpuPlacement": True,
                    "isolateEmulatorThread": True,
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
                isolated_emulator=True,
                required_features=("a", "b", ""),
                forbidden_features=("c",),
            ),
            id="a cpu",
        ),
        pytest.param(domain(cpu={"cores": 0, "threads": 0}), Machine(), id="no topology"),
        pytest.param(domain(cpu={"sockets": 3, "cores": 0}), Machine(vcpus=3), id="only sockets"),
        pytest.param(
            domain(cpu={"realtime": {}}), Machine(node_labels=("kubevirt.io/realtime",)), id="rt"
        ),
        pytest.param(
            domain(ioThreads={"supplementalPoolThreadCount": 4}),
            Machine(io_threads=4),
            id="a pool of io threads",
        ),
        pytest.param(domain(ioThreads={}), Machine(), id="a pool of nothing"),
        pytest.param(
            domain(memory={"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}}),
            Machine(guest_memory=GIB, hugepages="2Mi", page_size=2 << 20),
            id="memory in huge pages",
        ),
        pytest.param(domain(memory={"guest": "1.5"}), Machine(guest_memory=2), id="rounded up"),
        pytest.param(domain(memory={"hugepages": {}}), Machine(), id="pages of no size"),
        pytest.param(
            domain(memory={"reservedOverhead": {"addedOverhead": "1Mi"}}),
            Machine(added_overhead=1 << 20),
            id="an added overhead",
        ),
        pytest.param(
            domain(
                resources={
                    "requests": {"cpu": "1", "memory": "1Ki", "x": "1"},
                    "limits": {"cpu": "1500u"},
                    "overcommitGuestOverhead": True,
                }
            ),
            Machine(
                requests={"cpu": 1000, "memory": 1024},
                limits={"cpu": 2},
                overhead_is_overcommitted=True,
            ),
            id="resources",
        ),
        pytest.param(
            domain(machine={"type": "q35"}), Machine(machine_type="q35"), id="a machine type"
        ),
        pytest.param(
            {"livenessProbe": {"exec": {}}, "readinessProbe": {"exec": {}}},
            Machine(exec_probes=2),
            id="two probes that run something",
        ),
        pytest.param(
            {"livenessProbe": {"httpGet": {}}, "readinessProbe": {"exec": {}}},
            Machine(exec_probes=1),
            id="one that does not",
        ),
    ],
)
def test_a_machine_is_read(spec, expected):
    assert machine(**spec) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(security(sev={}), {"sev"}, id="SEV"),
        pytest.param(security(sev={"policy": {}}), {"sev"}, id="SEV with a policy"),
        pytest.param(
            security(sev={"policy": {"encryptedState": True}}), {"sev", "sev-es"}, id="SEV-ES"
        ),
        pytest.param(
            security(sev={"policy": {"encryptedState": False}}), {"sev"}, id="not quite SEV-ES"
        ),
        pytest.param(security(snp={}), {"sev", "sev-snp"}, id="SEV-SNP"),
    ],
)
def test_a_guest_that_amd_encrypts_needs_the_labels_of_what_it_builds_on(spec, expected):
    assert machine(**spec) == Machine(
        sev=True, node_labels=tuple(f"kubevirt.io/{name}" for name in sorted(expected))
    )


def test_a_guest_that_others_encrypt_needs_one_label():
    assert machine(**security(tdx={})) == Machine(node_labels=("kubevirt.io/tdx",))
    sealed = machine(architecture="s390x", **security())
    assert sealed == Machine(architecture="s390x", node_labels=("kubevirt.io/s390-pv",))
    assert machine(architecture="s390x").node_labels == ()
    assert machine(**security()) == Machine()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            devices(autoattachGraphicsDevice=False), Machine(graphics=False), id="no graphics"
        ),
        pytest.param(devices(autoattachGraphicsDevice=True), Machine(), id="graphics"),
        pytest.param(devices(logSerialConsole=False), Machine(console_log=False), id="no log"),
        pytest.param(devices(logSerialConsole=True), Machine(console_log=True), id="a log"),
        pytest.param(
            devices(autoattachSerialConsole=False, logSerialConsole=True),
            Machine(console_log=False),
            id="a log of no console",
        ),
        pytest.param(devices(autoattachSerialConsole=True), Machine(), id="a console"),
        pytest.param(devices(autoattachVSOCK=True), Machine(vsock=True), id="a socket"),
        pytest.param(devices(tpm={}), Machine(tpm=True), id="a tpm"),
        pytest.param(devices(tpm={"enabled": False, "persistent": True}), Machine(), id="none"),
        pytest.param(
            devices(tpm={"persistent": True}),
            Machine(tpm=True, persistent_state=True),
            id="a tpm with a memory",
        ),
        pytest.param(
            domain(firmware={"bootloader": {"efi": {"persistent": True}}}),
            Machine(persistent_state=True),
            id="firmware with a memory",
        ),
        pytest.param(domain(firmware={"bootloader": {"efi": {}}}), Machine(), id="firmware"),
        pytest.param(domain(firmware={"bootloader": {}}), Machine(), id="old firmware"),
        pytest.param(domain(firmware={}), Machine(), id="any firmware"),
        pytest.param(
            devices(disks=[{}, {"lun": {"reservation": True}}]),
            Machine(persistent_reservation=True),
            id="a reserved disk",
        ),
        pytest.param(devices(disks=[{"lun": {}}, {"disk": {}}]), Machine(), id="disks"),
        pytest.param(
            devices(
                gpus=[{"deviceName": "a.com/g"}, {}],
                hostDevices=[{"deviceName": "a.com/g"}, {"deviceName": "a.com/h"}],
            ),
            Machine(extended={"a.com/g": 2, "a.com/h": 1}, host_devices=True),
            id="devices are counted by name",
        ),
        pytest.param(
            devices(gpus=[{"deviceName": "a.com/g", "claimRequest": {}}]),
            Machine(host_devices=True),
            id="a claimed gpu",
        ),
        pytest.param(devices(hostDevices=[{}]), Machine(host_devices=True), id="only a device"),
    ],
)
def test_devices_are_read(spec, expected):
    assert machine(**spec) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            devices(autoattachPodInterface=False),
            Machine(interfaces=False, virtio_interfaces=False),
            id="none",
        ),
        pytest.param(devices(autoattachPodInterface=True), Machine(), id="the default one"),
        pytest.param(
            devices(autoattachPodInterface=False, interfaces=[{}]), Machine(), id="virtio, unsaid"
        ),
        pytest.param(
            devices(interfaces=[{"model": "e1000"}]), Machine(virtio_interfaces=False), id="other"
        ),
        pytest.param(
            devices(interfaces=[{"model": "e1000"}, {"model": "virtio"}]),
            Machine(),
            id="one of two",
        ),
        pytest.param(
            {"networks": [{"pod": {}}]}, Machine(virtio_interfaces=False), id="networks alone"
        ),
        pytest.param(
            devices(interfaces=[{"sriov": {}}]), Machine(host_devices=True), id="of the host"
        ),
        pytest.param(devices(interfaces=[{"passtBinding": {}}]), Machine(passt=True), id="passt"),
        pytest.param(
            devices(interfaces=[{"binding": {"name": "b"}}, {"binding": {}}, {}]),
            Machine(bindings=frozenset({"b", ""})),
            id="bound by plugins",
        ),
        pytest.param(
            {
                "networks": [{"pod": {}}, {"multus": {"networkName": "a/b"}}, {"multus": {}}],
                **devices(interfaces=[{}]),
            },
            Machine(networks=("a/b", "")),
            id="networks of Multus",
        ),
    ],
)
def test_interfaces_and_networks_are_read(spec, expected):
    assert machine(**spec) == expected


@pytest.mark.parametrize(
    ("spec", "on", "required"),
    [
        pytest.param(hyperv(vpindex={}, ipi={"enabled": True}), {"vpindex", "ipi"}, False, id="on"),
        pytest.param(hyperv(vpindex={"enabled": False}, ipi=None), set(), False, id="off"),
        pytest.param(hyperv(reenlightenment={}), {"reenlightenment"}, True, id="for migrations"),
        pytest.param(hyperv(reenlightenment={"enabled": False}), set(), False, id="not for them"),
        pytest.param(domain(features={}), set(), False, id="none"),
    ],
)
def test_enlightenments_are_read(spec, on, required):
    assert machine(**spec) == Machine(hyperv=frozenset(on), tsc_required=required)


@pytest.mark.parametrize(
    ("policy", "required"),
    [("require", True), ("force", True), ("", False), ("optional", False), (None, False)],
)
def test_an_invariant_clock_must_be_asked_for_outright(policy, required):
    spec = domain(cpu={"features": [{"name": "invtsc", "policy": policy}]})
    assert machine(**spec).tsc_required is required


def test_what_runs_beside_the_guest_is_read():
    spec = {
        "volumes": [
            {"name": "root", "containerDisk": {"image": "i"}},
            {"containerDisk": {}},
            {"name": "shared", "persistentVolumeClaim": {"claimName": "c"}},
            {"name": "token", "containerPath": {}},
            {"name": "metrics", "downwardMetrics": {}},
        ],
        "domain": {
            "firmware": {"kernelBoot": {"container": {}}},
            "devices": {"filesystems": [{"name": "shared"}, {"name": "token"}, {"name": "no"}]},
        },
    }
    assert machine(**spec) == Machine(
        images=("root", "", "kernel-boot-volume"),
        file_systems=("shared",),
        downward_metrics=True,
    )
    assert machine(**domain(firmware={"kernelBoot": {}})) == Machine()


@pytest.mark.parametrize(
    ("text", "count"), [('[{"image": "a"}, {"image": "b"}]', 2), ("", 0), ("{}", 0), ("[", 0)]
)
def test_hook_sidecars_are_counted(text, count):
    assert machine({"hooks.kubevirt.io/hookSidecars": text}) == Machine(hooks=count)


def test_a_vmi_may_have_been_told_to_use_an_even_number_of_cpus():
    notes = {"alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity": ""}
    assert machine(notes) == Machine(even_parity=True)


def test_a_started_guest_tells_its_machine_type_and_clock():
    spec = domain(machine={"type": "q35"})
    status = {"machine": {"type": "pc-q35-9.2"}, "topologyHints": {"tscFrequency": 7}}
    assert machine(status=status, **spec) == Machine(machine_type="pc-q35-9.2", tsc_frequency=7)
    assert machine(status={"machine": {}, "topologyHints": {}}, **spec).machine_type == "q35"


def test_cpus_are_the_product_of_what_is_given():
    assert vcpus(CPU()) == 0
    assert vcpus(CPU(cores=2)) == 2
    assert vcpus(CPU(cores=2, sockets=3, threads=4)) == 24


def test_memory_is_in_bytes():
    assert in_bytes("1Ki") == 1024
    assert in_bytes(None) == 0
    with pytest.raises(ParseError, match=r"spec.domain.memory.hugepages.pageSize: 'much' is not"):
        machine(**domain(memory={"hugepages": {"pageSize": "much"}}))
