"""World: what a verdict reads, valid only while the inventory's lock is held."""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from webhook.judge.stores import Stores
from webhook.objects import (
    Features,
    KubeVirt,
    Migration,
    PodInfo,
    VirtualMachine,
    VirtualMachineInstance,
)
from webhook.objects.classes import NetworkAttachment, PriorityClass, RuntimeClass
from webhook.objects.quota import LimitRange, ResourceQuota
from webhook.objects.rollout import RolloutRecord
from webhook.placement import ClusterIndex

T = TypeVar("T")
_UNSEEN = KubeVirt()


class World:
    """The cluster at one moment. `unknown` says why it cannot be trusted; empty if it can."""

    def __init__(self, index: ClusterIndex, stores: Stores, unknown: str = "") -> None:
        self._index = index
        self._stores = stores
        self._open = True
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
        found = self._find(KubeVirt, "") or _UNSEEN
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
        return self._about(Migration, key)

    def record(self, key: tuple[str, str]) -> RolloutRecord | None:
        """What the reconciler recorded of this VM's rollout."""
        return self._find(RolloutRecord, key)

    def quotas(self, namespace: str) -> list[ResourceQuota]:
        """The quotas of a namespace, by name."""
        return self._about(ResourceQuota, namespace)

    def limit_ranges(self, namespace: str) -> list[LimitRange]:
        """The limit ranges of a namespace, by name."""
        return self._about(LimitRange, namespace)

    def networks(self, names: Iterable[str]) -> dict[str, str]:
        """The resources of these networks, by the namespace/name that each is given by.

        A network is a NetworkAttachmentDefinition; one that was not seen is left out.
        """
        found = {n: self._find(NetworkAttachment, tuple(n.split("/", 1))) for n in names}
        return {name: network.resource for name, network in found.items() if network is not None}

    def priority(self, name: str) -> int:
        """The priority of pods that name this class, or none; 0 where none was seen."""
        if name:
            named = self._find(PriorityClass, name)
            return 0 if named is None else named.value
        return next((each.value for each in self._all(PriorityClass) if each.is_default), 0)

    def launchers(self, instance: VirtualMachineInstance) -> list[PodInfo]:
        """The instance's pods that still run or wait, the one on its node first."""
        pods = [p for p in self.index.owned(instance.uid) if not p.terminated]
        return sorted(pods, key=lambda p: (p.node_name != instance.node_name, p.key))

    def _about(self, type_: type[T], what: Hashable) -> list[T]:
        _ = self.index
        return self._stores.about(type_, what)

    def _find(self, type_: type[T], key: Hashable) -> T | None:
        _ = self.index
        return self._stores.of(type_).get(key)

    def _all(self, type_: type[T]) -> list[T]:
        _ = self.index
        return list(self._stores.of(type_).values())
