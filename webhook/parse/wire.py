"""The slice of the Kubernetes wire format that we read, as msgspec structs.

Every field may be absent or null, as in the API's own JSON; what is not listed is
skipped unread. Wrong types surface as ParseError with the field's path.
"""

from typing import Any

import msgspec

Quantity = str | int | float | None
StringMap = dict[str, str | None] | None
Quantities = dict[str, Quantity] | None


class Wire(msgspec.Struct, rename="camel", gc=False):
    """The base: camelCase on the wire, snake_case here."""


class OwnerReference(Wire):
    """metadata.ownerReferences[]."""

    uid: str | None = None
    controller: bool | None = None


class Metadata(Wire):
    """metadata of any object."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    labels: StringMap = None
    annotations: StringMap = None
    deletion_timestamp: str | None = None
    owner_references: list[OwnerReference] | None = None
    #: Of no meaning in files, where it may be anything.
    resource_version: Any = None


class Requirement(Wire):
    """matchExpressions[] and matchFields[]."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class LabelSelector(Wire):
    """metav1.LabelSelector."""

    match_labels: StringMap = None
    match_expressions: list[Requirement] | None = None


class NodeSelectorTerm(Wire):
    """nodeSelectorTerms[]."""

    match_expressions: list[Requirement] | None = None
    match_fields: list[Requirement] | None = None


class NodeSelector(Wire):
    """requiredDuringSchedulingIgnoredDuringExecution of node affinity."""

    node_selector_terms: list[NodeSelectorTerm] | None = None


class PreferredSchedulingTerm(Wire):
    """A preferred term of node affinity; read for its types only."""

    weight: int | None = None
    preference: NodeSelectorTerm | None = None


class NodeAffinity(Wire):
    """affinity.nodeAffinity."""

    preferred: list[PreferredSchedulingTerm] | None = msgspec.field(
        default=None, name="preferredDuringSchedulingIgnoredDuringExecution"
    )
    required: NodeSelector | None = msgspec.field(
        default=None, name="requiredDuringSchedulingIgnoredDuringExecution"
    )


class PodAffinityTerm(Wire):
    """A required term of pod affinity or anti-affinity."""

    label_selector: LabelSelector | None = None
    namespaces: list[str] | None = None
    namespace_selector: LabelSelector | None = None
    topology_key: str | None = None
    match_label_keys: list[str] | None = None
    mismatch_label_keys: list[str] | None = None


class WeightedPodAffinityTerm(Wire):
    """A preferred term of pod (anti-)affinity; read for its types only."""

    weight: int | None = None
    pod_affinity_term: PodAffinityTerm | None = None


class PodAffinity(Wire):
    """affinity.podAffinity and affinity.podAntiAffinity."""

    preferred: list[WeightedPodAffinityTerm] | None = msgspec.field(
        default=None, name="preferredDuringSchedulingIgnoredDuringExecution"
    )
    required: list[PodAffinityTerm] | None = msgspec.field(
        default=None, name="requiredDuringSchedulingIgnoredDuringExecution"
    )


class Affinity(Wire):
    """spec.affinity."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class Toleration(Wire):
    """spec.tolerations[]."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None
    toleration_seconds: int | None = None


class TopologySpreadConstraint(Wire):
    """spec.topologySpreadConstraints[]."""

    when_unsatisfiable: str | None = None
    topology_key: str | None = None
    max_skew: int | None = None
    min_domains: int | None = None
    label_selector: LabelSelector | None = None
    node_affinity_policy: str | None = None
    node_taints_policy: str | None = None
    match_label_keys: list[str] | None = None


class Resources(Wire):
    """resources of a container, a pod or a container's status."""

    requests: Quantities = None
    limits: Quantities = None


class Condition(Wire):
    """status.conditions[]."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
