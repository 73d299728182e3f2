"""domain.devices of a VMI spec: the slice of it that we read."""

from typing import Any

import msgspec

from webhook.parse.wire import Wire


class Binding(Wire):
    """domain.devices.interfaces[].binding."""

    name: str | None = None


class Interface(Wire):
    """domain.devices.interfaces[]."""

    model: str | None = None
    sriov: Any = None
    passt_binding: Any = None
    binding: Binding | None = None


class HostDevice(Wire):
    """domain.devices.gpus[] and hostDevices[]."""

    device_name: str | None = None
    claim_request: Any = None


class LUN(Wire):
    """domain.devices.disks[].lun."""

    reservation: bool | None = None


class Disk(Wire):
    """domain.devices.disks[]."""

    lun: LUN | None = None


class Filesystem(Wire):
    """domain.devices.filesystems[]."""

    name: str | None = None


class TPM(Wire):
    """domain.devices.tpm."""

    enabled: bool | None = None
    persistent: bool | None = None


class Devices(Wire):
    """domain.devices."""

    interfaces: list[Interface] | None = None
    gpus: list[HostDevice] | None = None
    host_devices: list[HostDevice] | None = None
    disks: list[Disk] | None = None
    filesystems: list[Filesystem] | None = None
    autoattach_graphics_device: bool | None = None
    autoattach_pod_interface: bool | None = None
    autoattach_serial_console: bool | None = None
    autoattach_vsock: bool | None = msgspec.field(default=None, name="autoattachVSOCK")
    log_serial_console: bool | None = None
    tpm: TPM | None = None
