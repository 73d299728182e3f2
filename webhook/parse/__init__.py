"""Bytes and plain trees become values: the only home of Kubernetes field paths.

`KINDS` lists what we read; an object of any other kind is skipped by the callers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from webhook.objects import Features, PodInfo
from webhook.objects.events import Object
from webhook.parse import (
    classes,
    classes_wire,
    cluster_wire,
    defaults,
    fields,
    kubevirt_cr_wire,
    kubevirt_settings,
    kubevirt_wire,
    pod_slice,
    pod_wire,
    pods,
    quota,
    quota_wire,
    rollouts,
    storage,
    storage_wire,
    virtual_machines,
)
from webhook.parse.profiles import scheduler_profile
from webhook.parse.quantities import BadQuantity
from webhook.parse.resources import BadResource
from webhook.parse.sentences import quantity_sentence, sentence

Tree = Mapping[str, Any]


class ParseError(ValueError):
    """The object cannot be read; the message names the object, the field and the value."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind we read: its API group, its wire type and how the wire becomes a value.

    `plain` kinds are lowered from their tree (see `fields`), too, which costs as much again.
    A kind with a `slice` is lowered from that; its wire tells what is wrong with an object.
    """

    group: str
    wire: type[Any]
    lower: Callable[[Any, Tree, Features], Object]
    plain: bool = False
    slice: type[Any] | None = None


def _alone(lower: Callable[[Any], Object]) -> Callable[[Any, Tree, Features], Object]:
    """Most kinds are read off their wire alone."""
    return lambda raw, tree, features: lower(raw)


KINDS: Mapping[str, Kind] = {
    "Node": Kind("", cluster_wire.Node, _alone(pods.node_info)),
    "Pod": Kind(
        "",
        pod_wire.Pod,
        lambda raw, tree, features: pods.pod_info(raw, features),
        slice=pod_slice.Pod,
    ),
    "Namespace": Kind("", cluster_wire.Bare, _alone(pods.namespace)),
    "DeviceClass": Kind(
        "resource.k8s.io",
        cluster_wire.DeviceClass,
        _alone(pods.device_class),
    ),
    "PriorityClass": Kind(
        "scheduling.k8s.io",
        classes_wire.PriorityClass,
        _alone(classes.priority_class),
    ),
    "RuntimeClass": Kind(
        "node.k8s.io",
        classes_wire.RuntimeClass,
        _alone(classes.runtime_class),
    ),
    "NetworkAttachmentDefinition": Kind(
        "k8s.cni.cncf.io",
        cluster_wire.Bare,
        _alone(classes.network_attachment),
    ),
    "ResourceQuota": Kind("", quota_wire.ResourceQuota, _alone(quota.resource_quota)),
    "LimitRange": Kind("", quota_wire.LimitRange, _alone(quota.limit_range)),
    "PersistentVolumeClaim": Kind("", storage_wire.PersistentVolumeClaim, _alone(storage.claim)),
    "PersistentVolume": Kind("", storage_wire.PersistentVolume, _alone(storage.volume)),
    "StorageClass": Kind(
        "storage.k8s.io",
        storage_wire.StorageClass,
        _alone(storage.storage_class),
    ),
    "CSINode": Kind("storage.k8s.io", storage_wire.CSINode, _alone(storage.csi_node)),
    "CSIDriver": Kind(
        "storage.k8s.io",
        storage_wire.CSIDriver,
        _alone(storage.csi_driver),
    ),
    "CSIStorageCapacity": Kind(
        "storage.k8s.io",
        storage_wire.CSIStorageCapacity,
        _alone(storage.csi_storage_capacity),
    ),
    "VolumeAttachment": Kind(
        "storage.k8s.io",
        storage_wire.VolumeAttachment,
        _alone(storage.volume_attachment),
    ),
    "VirtualMachine": Kind(
        "kubevirt.io",
        kubevirt_wire.VirtualMachine,
        lambda raw, tree, features: virtual_machines.virtual_machine(raw, tree),
        plain=True,
    ),
    "VirtualMachineInstance": Kind(
        "kubevirt.io",
        kubevirt_wire.Instance,
        _alone(virtual_machines.instance),
    ),
    "VirtualMachineInstanceMigration": Kind(
        "kubevirt.io",
        rollouts.MigrationWire,
        _alone(rollouts.migration),
    ),
    "KubeVirt": Kind(
        "kubevirt.io",
        kubevirt_cr_wire.KubeVirt,
        _alone(kubevirt_settings.kubevirt),
    ),
    "AffinityRollout": Kind(
        "vmaffinity.io",
        rollouts.RolloutWire,
        _alone(rollouts.rollout_record),
    ),
    "KubeSchedulerConfiguration": Kind(
        "kubescheduler.config.k8s.io",
        cluster_wire.SchedulerConfiguration,
        _alone(scheduler_profile),
    ),
}


_DECODERS = {kind: msgspec.json.Decoder(entry.slice or entry.wire) for kind, entry in KINDS.items()}


def known(tree: Tree) -> bool:
    """Whether this object is of a kind and API group that we read."""
    kind = KINDS.get(str(tree.get("kind")))
    group = str(tree.get("apiVersion") or "").rpartition("/")[0]
    return kind is not None and kind.group == group


def parse(tree: Tree, features: Features) -> Object:
    """The value of one object's plain JSON tree; raises ParseError."""
    name = str(tree.get("kind"))
    kind = KINDS[name]
    raw = typed(tree, kind.wire)
    try:
        return kind.lower(_sliced(name, raw) if kind.slice else raw, tree, features)
    except (BadResource, BadQuantity) as error:
        raise ParseError(f"{title(tree)}: {quantity_sentence(tree, str(error))}") from error
    except fields.BadField as error:
        raise ParseError(f"{title(tree)}: {error}") from error


def decode(
    kind: str, raw: bytes | msgspec.Raw, features: Features, tree: Tree | None = None
) -> Object:
    """The value of one object's JSON as `parse` would give it, straight from the bytes.

    `kind` is given, as the items of a list do not say theirs; `tree` is that of a plain kind,
    where somebody has it already. Raises ParseError.
    """
    try:
        return _decoded(kind, raw, features, tree)
    except RecursionError as error:
        raise ParseError(f"{kind}: the object is nested too deeply") from error


def _decoded(kind: str, raw: bytes | msgspec.Raw, features: Features, tree: Tree | None) -> Object:
    entry = KINDS[kind]
    try:
        wired = _DECODERS[kind].decode(raw)
        if tree is None:
            tree = fields.shallow(raw) if entry.plain else {}
        return entry.lower(wired, tree, features)
    except (msgspec.DecodeError, ValueError):
        return parse({**whole(kind, raw), "kind": kind}, features)  # for its sentence


def _sliced(kind: str, wired: Any) -> Any:
    return _DECODERS[kind].decode(msgspec.json.encode(wired))


def whole(kind: str, raw: bytes | msgspec.Raw) -> Tree:
    """The plain tree of one object's JSON; raises ParseError."""
    try:
        return fields.plain(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ParseError(f"{kind}: the object is not JSON ({error})") from error


def typed(tree: Tree, wire_type: type[Any]) -> Any:
    """The tree as a wire struct; raises ParseError naming the field of a wrong type."""
    try:
        return msgspec.convert(tree, wire_type)
    except msgspec.ValidationError as error:
        raise ParseError(f"{title(tree)}: {sentence(str(error), tree)}") from error


def title(tree: Tree) -> str:
    """`Kind namespace/name` as far as the object says so, for error sentences."""
    metadata = tree.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    names = [str(metadata[key]) for key in ("namespace", "name") if metadata.get(key)]
    return f"{tree.get('kind') or 'object'} {'/'.join(names) or '(unnamed)'}"


def hand_written_pod(tree: Tree, features: Features) -> PodInfo:
    """A pod from a person's file, as the API server would have stored it."""
    raw = typed(tree, pod_wire.Pod)
    try:
        spec = defaults.defaulted(raw.spec or pod_wire.PodSpec(), features)
        raw = msgspec.structs.replace(raw, spec=spec)
        pod = pods.pod_info(_sliced("Pod", raw), features)
    except (BadResource, BadQuantity) as error:
        raise ParseError(f"{title(tree)}: {quantity_sentence(tree, str(error))}") from error
    return replace(pod, rules=defaults.admitted(pod.rules, pod.labels, features))
