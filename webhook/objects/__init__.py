"""Frozen values: what the core thinks about, free of any wire format."""

from webhook.objects.events import Applied, Deleted, Event, Listed, Replaced
from webhook.objects.labels import (
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
)
from webhook.objects.node import NodeInfo, Taint
from webhook.objects.pod import (
    AffinityTerm,
    Claim,
    Disk,
    HostPort,
    PodInfo,
    SchedulingRules,
    SpreadConstraint,
    Toleration,
)
from webhook.objects.profile import Profile
from webhook.objects.version import Features, Version
from webhook.objects.virtual_machine import (
    KubeVirt,
    Migration,
    Placement,
    VirtualMachine,
    VirtualMachineInstance,
)

__all__ = [
    "AffinityTerm",
    "Applied",
    "Claim",
    "Deleted",
    "Disk",
    "Event",
    "Features",
    "HostPort",
    "KubeVirt",
    "LabelSelector",
    "Listed",
    "Migration",
    "NodeInfo",
    "NodeSelector",
    "NodeSelectorTerm",
    "Operator",
    "Placement",
    "PodInfo",
    "Profile",
    "Replaced",
    "Requirement",
    "SchedulingRules",
    "SpreadConstraint",
    "Taint",
    "Toleration",
    "Version",
    "VirtualMachine",
    "VirtualMachineInstance",
]
