"""World: what a verdict reads, valid only while the inventory's lock is held."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar, cast

from webhook.objects import (
    Features,
    KubeVirt,
    Migration,
    PodInfo,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.classes import NetworkAttachment, PriorityClass, RuntimeClass
from webhook.objects.events import Object
from webhook.objects.quota import LimitRange, ResourceQuota
from webhook.objects.rollout import RolloutRecord
from webhook.placement import ClusterIndex

Stores = Mapping[type, Mapping[Hashable, Object]]
T = TypeVar("T")


class World:
    """The cluster at one moment. `unknown` says why it cannot be trusted; empty if it can."""

    def __init__(self, index: ClusterIndex, stores: Stores, unknown: str = "") -> None:
        self._index = index
        self._stores = stores
        self._open = True
        self._by_namespace: dict[type, dict[str, list[Object]]] = {}
        self.unknown = unknown

    def close(self) -> None:
        """The lock is gone: every later look raises RuntimeError."""
        self._open = False

    @property
    def index(self) -> ClusterIndex:
        """Nodes and pods."""
        if not self._open:
            raise RuntimeError("this World was read after the inventory's lock was released")
        return self._index

    @property
    def features(self) -> Features:
        """Behaviour of the cluster's Kubernetes version."""
        return self.index.features

    @property
    def kubevirt(self) -> KubeVirt:
        """KubeVirt's settings; the defaults where no CR was seen."""
        found = self._find(KubeVirt, "") or KubeVirt()
        if not found.runtime_class:
            return found
        return replace(found, runtime=self._find(RuntimeClass, found.runtime_class))

    def virtual_machine(self, key: tuple[str, str]) -> VirtualMachine | None:
        """The stored VM of this (namespace, name)."""
        return self._find(VirtualMachine, key)

    def instance(self, key: tuple[str, str]) -> VirtualMachineInstance | None:
        """The VMI of this (namespace, name)."""
        return self._find(VirtualMachineInstance, key)

    def instances(self) -> list[VirtualMachineInstance]:
        """All VMIs, in no order."""
        return self._all(VirtualMachineInstance)

    def virtual_machines(self) -> list[VirtualMachine]:
        """All VMs by (namespace, name)."""
        found = self._all(VirtualMachine)
        return sorted(found, key=lambda vm: vm.key)

    def unfinished_migrations(self) -> list[Migration]:
        """All migrations that have not reached a final phase, by (namespace, name)."""
        found = [m for m in self._all(Migration) if not m.finished]
        return sorted(found, key=lambda m: m.key)

    def migrations(self, key: tuple[str, str]) -> list[Migration]:
        """All migrations of the VM of this (namespace, name), by name."""
        found = [m for m in self._all(Migration) if (m.namespace, m.instance_name) == key]
        return sorted(found, key=lambda m: m.key)

    def record(self, key: tuple[str, str]) -> RolloutRecord | None:
        """What the reconciler recorded of this VM's rollout."""
        return self._find(RolloutRecord, key)

    def quotas(self, namespace: str) -> list[ResourceQuota]:
        """The quotas of a namespace, by name."""
        return sorted(self._in(ResourceQuota, namespace), key=lambda quota: quota.name)

    def limit_ranges(self, namespace: str) -> list[LimitRange]:
        """The limit ranges of a namespace, by name."""
        return sorted(self._in(LimitRange, namespace), key=lambda each: each.name)

    def networks(self) -> dict[str, str]:
        """The resource that each NetworkAttachmentDefinition names, by namespace/name."""
        return {f"{n.namespace}/{n.name}": n.resource for n in self._all(NetworkAttachment)}

    def priority(self, name: str) -> int:
        """The priority of pods that name this class, or none; 0 where none was seen."""
        for each in self._all(PriorityClass):
            if each.name == name if name else each.is_default:
                return each.value
        return 0

    def launchers(self, instance: VirtualMachineInstance) -> list[PodInfo]:
        """The instance's pods that still run or wait, the one on its node first."""
        pods = [p for p in self.index.owned(instance.uid) if not p.terminated]
        return sorted(pods, key=lambda p: (p.node_name != instance.node_name, p.key))

    def _in(self, type_: type[T], namespace: str) -> list[T]:
        """All of a type whose keys start with the namespace; sorted out once, when asked for."""
        _ = self.index
        if type_ not in self._by_namespace:
            grouped: dict[str, list[Object]] = {}
            for key, object_ in self._stores.get(type_, {}).items():
                grouped.setdefault(cast("tuple[str, str]", key)[0], []).append(object_)
            self._by_namespace[type_] = grouped
        return cast("list[T]", self._by_namespace[type_].get(namespace, []))

    def _find(self, type_: type[T], key: Hashable) -> T | None:
        _ = self.index
        return cast("T | None", self._stores.get(type_, {}).get(key))

    def _all(self, type_: type[T]) -> list[T]:
        _ = self.index
        return list(cast("Iterable[T]", self._stores.get(type_, {}).values()))
