"""What a source of the inventory (a file, a watch) says about one kind of object."""

from collections.abc import Hashable, Iterable, Iterator, Set
from dataclasses import dataclass

from webhook.objects.classes import NetworkAttachment, PriorityClass, RuntimeClass
from webhook.objects.node import NodeInfo
from webhook.objects.pod import PodInfo
from webhook.objects.profile import DeviceClass, Namespace, Profile
from webhook.objects.quota import LimitRange, ResourceQuota
from webhook.objects.rollout import RolloutRecord
from webhook.objects.storage import StorageObject
from webhook.objects.version import Version
from webhook.objects.virtual_machine import (
    KubeVirt,
    Migration,
    VirtualMachine,
    VirtualMachineInstance,
)

Object = (
    NodeInfo
    | PodInfo
    | Namespace
    | DeviceClass
    | Profile
    | KubeVirt
    | Version
    | VirtualMachine
    | VirtualMachineInstance
    | Migration
    | RolloutRecord
    | StorageObject
    | PriorityClass
    | RuntimeClass
    | NetworkAttachment
    | ResourceQuota
    | LimitRange
)


@dataclass(frozen=True, slots=True)
class Applied:
    """The object exists as given; what was there under its key is replaced."""

    object: Object


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object of this type and key is gone; unknown keys are ignored."""

    type: type
    key: Hashable


@dataclass(frozen=True, slots=True)
class Listed:
    """These are the keys of all objects of the type: the end of a list.

    The objects themselves were applied before, page by page.
    """

    type: type
    keys: Set[Hashable]

    def changes(self, known: Iterable[Hashable]) -> Iterator[Deleted]:
        """The same as single events, given the keys that are known of the type."""
        return (Deleted(self.type, key) for key in known if key not in self.keys)


@dataclass(frozen=True, slots=True)
class Replaced:
    """These are all the objects of the type: a finished list in one piece."""

    type: type
    objects: tuple[Object, ...]

    def changes(self, known: Iterable[Hashable]) -> Iterator[Applied | Deleted]:
        """The same as single events, given the keys that are known of the type.

        New objects come first and what is gone last: nothing is missing in between.
        """
        yield from map(Applied, self.objects)
        yield from Listed(self.type, {each.key for each in self.objects}).changes(known)


Event = Applied | Deleted | Listed | Replaced
