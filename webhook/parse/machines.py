"""The part of a VM or VMI spec that shapes its launcher pod."""

from collections.abc import Mapping

from webhook.objects.virtual_machine import Machine
from webhook.parse import kubevirt_wire as kv
from webhook.parse.quantities import NANO
from webhook.parse.resources import amounts, integers
from webhook.parse.wire import Quantity


def machine(spec: kv.InstanceSpec, actual: kv.MachineType | None) -> Machine:
    """The machine of a spec; `actual` is the machine type that a running guest has."""
    domain = spec.domain or kv.Domain()
    cpu, devices = domain.cpu or kv.CPU(), domain.devices or kv.Devices()
    memory, resources = domain.memory or kv.Memory(), domain.resources or kv.DomainResources()
    types = [t.type for t in (actual, domain.machine) if t is not None and t.type]
    interfaces = devices.interfaces
    security = domain.launch_security or kv.LaunchSecurity()
    reserved = memory.reserved_overhead or kv.ReservedOverhead()
    return Machine(
        architecture=spec.architecture or "",
        cpu_model=cpu.model or "",
        required_features=_features(cpu, ("", "require")),
        forbidden_features=_features(cpu, ("forbid",)),
        machine_type=types[0] if types else "",
        vcpus=max(1, cpu.cores or 1) * max(1, cpu.sockets or 1) * max(1, cpu.threads or 1),
        io_threads=_supplemental(domain),
        dedicated_cpu=bool(cpu.dedicated_cpu_placement),
        guest_memory=_bytes(memory.guest),
        hugepages=(memory.hugepages and memory.hugepages.page_size) or "",
        requests=integers(amounts(resources.requests)),
        limits=integers(amounts(resources.limits)),
        graphics=devices.autoattach_graphics_device is not False,
        interfaces=bool(interfaces) or devices.autoattach_pod_interface is not False,
        virtio_interfaces=_virtio(interfaces, devices.autoattach_pod_interface),
        tpm=devices.tpm is not None,
        extended=_device_names(devices),
        host_devices=bool(devices.gpus or devices.host_devices),
        isolated_emulator=bool(cpu.isolate_emulator_thread),
        console_log=(devices.log_serial_console, devices.autoattach_serial_console).count(False)
        == 0,
        vsock=bool(devices.autoattach_vsock),
        encrypted=_encryption(security),
        added_overhead=_bytes(reserved.added_overhead),
        overhead_is_overcommitted=bool(resources.overcommit_guest_overhead),
    )


def _virtio(interfaces: list[kv.Interface] | None, autoattach: bool | None) -> bool:
    if interfaces:
        return any((i.model or "virtio") == "virtio" for i in interfaces)
    return autoattach is not False


def _features(cpu: kv.CPU, policies: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f.name or "" for f in cpu.features or () if (f.policy or "") in policies)


def _device_names(devices: kv.Devices) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for device in [*(devices.gpus or ()), *(devices.host_devices or ())]:
        if device.device_name:
            counts[device.device_name] = counts.get(device.device_name, 0) + 1
    return counts


def _bytes(quantity: Quantity) -> int:
    return amounts({"memory": quantity})["memory"] // NANO


def _supplemental(domain: kv.Domain) -> int:
    """Threads of a supplemental pool; under other policies they share the vCPUs."""
    if domain.io_threads_policy != "supplementalPool" or domain.io_threads is None:
        return 0
    return domain.io_threads.supplemental_pool_thread_count or 0


def _encryption(security: kv.LaunchSecurity) -> str:
    if security.snp is not None:
        return "kubevirt.io/sev-snp"
    if security.sev is None:
        return ""
    policy = security.sev.get("policy") if isinstance(security.sev, dict) else None
    state = isinstance(policy, dict) and policy.get("encryptedState")
    return "kubevirt.io/sev-es" if state else "kubevirt.io/sev"
