"""The part of a VM or VMI spec that shapes its launcher pod.

Mirrors what `pkg/virt-controller/services/template.go` of KubeVirt asks of a VMI's spec.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from webhook.objects.machine import Machine
from webhook.parse import kubevirt_wire as kv
from webhook.parse import machine_wire as mw
from webhook.parse.device_wire import Devices
from webhook.parse.quantities import units
from webhook.parse.remembered import remembered
from webhook.parse.resources import amounts, integers
from webhook.parse.wire import Quantity

EVEN_PARITY = "alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity"
_HOOKS = "hooks.kubevirt.io/hookSidecars"
_KERNEL = "kernel-boot-volume"
_REENLIGHTENMENT = "reenlightenment"


def machine(
    spec: mw.InstanceSpec,
    status: kv.InstanceStatus | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Machine:
    """The machine of a spec; a guest that was started shows more of itself in its status."""
    shape = mw.InstanceSpec(
        architecture=spec.architecture,
        domain=spec.domain,
        networks=spec.networks,
        volumes=[_unclaimed(volume) for volume in spec.volumes or ()],
        liveness_probe=spec.liveness_probe,
        readiness_probe=spec.readiness_probe,
    )
    started, notes = status or kv.InstanceStatus(), annotations or {}
    shown = kv.InstanceStatus(machine=started.machine, topology_hints=started.topology_hints)
    return _machine(
        shape, shown, {key: notes[key] for key in (EVEN_PARITY, _HOOKS) if key in notes}
    )


def _unclaimed(volume: mw.VMIVolume) -> mw.VMIVolume:
    return mw.VMIVolume(
        name=volume.name,
        container_disk=volume.container_disk,
        container_path=volume.container_path,
        downward_metrics=volume.downward_metrics,
    )


@remembered
def _machine(spec: mw.InstanceSpec, status: kv.InstanceStatus, notes: Mapping[str, str]) -> Machine:
    domain = spec.domain or mw.Domain()
    types = [t.type for t in (status.machine, domain.machine) if t is not None and t.type]
    hints = status.topology_hints or kv.TopologyHints()
    probes = (spec.liveness_probe, spec.readiness_probe)
    return Machine(
        architecture=spec.architecture or "",
        machine_type=types[0] if types else "",
        even_parity=EVEN_PARITY in notes,
        tsc_frequency=hints.tsc_frequency or 0,
        node_labels=_node_labels(spec),
        sev=_is_sev(domain.launch_security),
        downward_metrics=any(v.downward_metrics is not None for v in spec.volumes or ()),
        exec_probes=sum(probe is not None and probe.exec is not None for probe in probes),
        images=_images(spec),
        networks=tuple(n.multus.network_name or "" for n in spec.networks or () if n.multus),
        hooks=_hooks(notes.get(_HOOKS, "")),
        **_cpu(domain),
        **_memory(domain),
        **_devices(spec, domain),
    )


def _cpu(domain: mw.Domain) -> dict[str, Any]:
    cpu, hyperv = domain.cpu or mw.CPU(), _hyperv(domain)
    threads = (domain.io_threads or mw.IOThreads()).supplemental_pool_thread_count
    invariant = "invtsc" in _features(cpu, ("require", "force"))
    return {
        "hyperv": hyperv,
        "tsc_required": _REENLIGHTENMENT in hyperv or invariant,
        "cpu_model": cpu.model or "",
        "required_features": _features(cpu, ("", "require")),
        "forbidden_features": _features(cpu, ("forbid",)),
        "vcpus": vcpus(cpu),
        "dedicated_cpu": bool(cpu.dedicated_cpu_placement),
        "isolated_emulator": bool(cpu.isolate_emulator_thread),
        "io_threads": threads or 0,
    }


def _memory(domain: mw.Domain) -> dict[str, Any]:
    memory, resources = domain.memory or mw.Memory(), domain.resources or mw.DomainResources()
    reserved = memory.reserved_overhead or mw.ReservedOverhead()
    page = (memory.hugepages or mw.Hugepages()).page_size
    return {
        "guest_memory": in_bytes(memory.guest),
        "hugepages": page or "",
        "page_size": in_bytes(page),
        "requests": integers(amounts(resources.requests)),
        "limits": integers(amounts(resources.limits)),
        "added_overhead": in_bytes(reserved.added_overhead),
        "overhead_is_overcommitted": bool(resources.overcommit_guest_overhead),
    }


def _devices(spec: mw.InstanceSpec, domain: mw.Domain) -> dict[str, Any]:
    devices = domain.devices or Devices()
    interfaces, tpm = devices.interfaces or [], devices.tpm
    has_tpm = tpm is not None and tpm.enabled is not False
    passed_through = bool(devices.gpus or devices.host_devices)
    return {
        "graphics": devices.autoattach_graphics_device is not False,
        "console_log": _console_log(devices),
        "vsock": bool(devices.autoattach_vsock),
        "tpm": has_tpm,
        "persistent_state": _persistent_firmware(domain.firmware)
        or (has_tpm and bool(tpm and tpm.persistent)),
        "extended": _device_names(devices),
        "host_devices": passed_through or any(i.sriov is not None for i in interfaces),
        "interfaces": bool(interfaces) or devices.autoattach_pod_interface is not False,
        "virtio_interfaces": _virtio(spec, devices),
        "passt": any(i.passt_binding is not None for i in interfaces),
        "bindings": frozenset(i.binding.name or "" for i in interfaces if i.binding is not None),
        "persistent_reservation": any(
            d.lun is not None and bool(d.lun.reservation) for d in devices.disks or ()
        ),
        "file_systems": _file_systems(spec, devices),
    }


def vcpus(cpu: mw.CPU | kv.CPUTopology) -> int:
    """GetNumberOfVCPUs: the product of what is given; 0 where nothing is."""
    given = [number for number in (cpu.cores, cpu.sockets, cpu.threads) if number]
    product = 1 if given else 0
    for number in given:
        product *= number
    return product


def in_bytes(quantity: Quantity) -> int:
    """A quantity of memory in bytes, rounded up; raises BadResource."""
    return units(amounts({"memory": quantity})["memory"])


def _features(cpu: mw.CPU, policies: Iterable[str]) -> tuple[str, ...]:
    return tuple(f.name or "" for f in cpu.features or () if (f.policy or "") in policies)


def _virtio(spec: mw.InstanceSpec, devices: Devices) -> bool:
    """Whether any interface is of virtio; the one that KubeVirt adds by itself is."""
    if devices.interfaces or spec.networks:
        return any((i.model or "virtio") == "virtio" for i in devices.interfaces or ())
    return devices.autoattach_pod_interface is not False


def _device_names(devices: Devices) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for device in [*(devices.gpus or ()), *(devices.host_devices or ())]:
        if device.device_name and device.claim_request is None:
            counts[device.device_name] = counts.get(device.device_name, 0) + 1
    return counts


def _console_log(devices: Devices) -> bool | None:
    if devices.autoattach_serial_console is False:
        return False
    return devices.log_serial_console


def _hyperv(domain: mw.Domain) -> frozenset[str]:
    features = domain.features or mw.Features()
    return frozenset(
        name
        for name, state in (features.hyperv or {}).items()
        if state is not None and state.enabled is not False
    )


def _node_labels(spec: mw.InstanceSpec) -> tuple[str, ...]:
    domain = spec.domain or mw.Domain()
    security = domain.launch_security or mw.LaunchSecurity()
    sealed = domain.launch_security is not None and spec.architecture == "s390x"
    needed = {
        "realtime": domain.cpu is not None and domain.cpu.realtime is not None,
        "sev": _is_sev(security),
        "sev-es": _keeps_state_secret(security.sev),
        "sev-snp": security.snp is not None,
        "s390-pv": sealed,
        "tdx": security.tdx is not None,
    }
    return tuple(f"kubevirt.io/{name}" for name, is_needed in needed.items() if is_needed)


def _is_sev(security: mw.LaunchSecurity | None) -> bool:
    return security is not None and (security.sev is not None or security.snp is not None)


def _keeps_state_secret(sev: mw.SEV | None) -> bool:
    return sev is not None and sev.policy is not None and bool(sev.policy.encrypted_state)


def _persistent_firmware(firmware: mw.Firmware | None) -> bool:
    loader = firmware and firmware.bootloader
    return bool(loader and loader.efi and loader.efi.persistent)


def _images(spec: mw.InstanceSpec) -> tuple[str, ...]:
    """The volumes that are images: disks of the guest, then its kernel."""
    boot = spec.domain and spec.domain.firmware and spec.domain.firmware.kernel_boot
    disks = (v.name or "" for v in spec.volumes or () if v.container_disk is not None)
    return (*disks, _KERNEL) if boot and boot.container is not None else tuple(disks)


def _file_systems(spec: mw.InstanceSpec, devices: Devices) -> tuple[str, ...]:
    shared = {f.name for f in devices.filesystems or ()}
    volumes = (v for v in spec.volumes or () if v.name in shared)
    return tuple(v.name or "" for v in volumes if v.container_path is None)


def _hooks(annotation: str) -> int:
    """The hook sidecars; KubeVirt makes no pod at all from a list that cannot be read."""
    try:
        found = json.loads(annotation or "[]")
    except ValueError:
        return 0
    return len(found) if isinstance(found, list) else 0
