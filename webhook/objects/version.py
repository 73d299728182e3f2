"""Server versions, and what changed between them that the verdict can see."""

import re
from dataclasses import dataclass
from functools import lru_cache

_PATTERN = re.compile(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """major.minor.patch; a suffix such as `-rc.1` or `+k3s1` is kept apart, unordered."""

    major: int
    minor: int
    patch: int = 0

    @staticmethod
    @lru_cache(64)
    def parse(text: str) -> "Version | None":
        """The version in `v1.34.1-eks-0`; None if the text does not start with one."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None or (match[4] and match[4][0] not in "-+."):
            return None
        return Version(int(match[1]), int(match[2]), int(match[3] or 0))

    @property
    def key(self) -> str:
        """There is one server version."""
        return ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


#: The newest kube-scheduler that the predicates were compared with.
NEWEST = Version(1, 36, 2)


@dataclass(frozen=True, slots=True)
class Features:
    """Behaviour of kube-scheduler and kube-apiserver that differs between versions."""

    taint_values_in_reason: bool
    unresolvable_if_over_allocatable: bool
    empty_namespace_labels_match: bool
    pod_level_resources: bool
    resize_status_counts: bool
    pod_resize_status_counts: bool
    merges_match_label_keys: bool
    sidecar_host_ports: bool
    attachments_count: bool
    declared_features: bool
    devices_as_resources: bool
    volume_attributes_class: bool
    csi_migration_by_annotation: bool
    volume_affinity_reworded: bool
    claim_in_use_reworded: bool

    @classmethod
    def of(cls, version: Version) -> "Features":
        """The behaviour of this server version with its default feature gates."""
        return cls(
            taint_values_in_reason=version < Version(1, 34, 2),
            unresolvable_if_over_allocatable=version >= Version(1, 34),
            empty_namespace_labels_match=version >= Version(1, 34),
            pod_level_resources=version >= Version(1, 34),
            resize_status_counts=version >= Version(1, 33),
            pod_resize_status_counts=version >= Version(1, 36),
            merges_match_label_keys=version >= Version(1, 31),
            sidecar_host_ports=version >= Version(1, 34),
            attachments_count=version >= Version(1, 32),
            declared_features=version >= Version(1, 36),
            devices_as_resources=version >= Version(1, 36),
            volume_attributes_class=version >= Version(1, 34),
            csi_migration_by_annotation=version < Version(1, 36),
            volume_affinity_reworded=version >= Version(1, 33),
            claim_in_use_reworded=version >= Version(1, 34),
        )
