"""Priority and runtime classes and Multus' networks from the wire."""

from webhook.objects.classes import NetworkAttachment, PriorityClass, RuntimeClass
from webhook.parse import classes_wire as cw
from webhook.parse.cluster_wire import Bare
from webhook.parse.resources import amounts
from webhook.parse.rules import tolerations
from webhook.parse.texts import string_map
from webhook.parse.wire import Metadata

_RESOURCE = "k8s.v1.cni.cncf.io/resourceName"


def priority_class(raw: cw.PriorityClass) -> PriorityClass:
    """A PriorityClass."""
    metadata = raw.metadata or Metadata()
    return PriorityClass(metadata.name or "", raw.value or 0, bool(raw.global_default))


def runtime_class(raw: cw.RuntimeClass) -> RuntimeClass:
    """A RuntimeClass; raises BadResource."""
    metadata, scheduling = raw.metadata or Metadata(), raw.scheduling or cw.Scheduling()
    return RuntimeClass(
        metadata.name or "",
        amounts((raw.overhead or cw.Overhead()).pod_fixed),
        string_map(scheduling.node_selector),
        tolerations(scheduling.tolerations),
    )


def network_attachment(raw: Bare) -> NetworkAttachment:
    """A NetworkAttachmentDefinition; its resource stands in an annotation."""
    metadata = raw.metadata or Metadata()
    resource = string_map(metadata.annotations).get(_RESOURCE, "")
    return NetworkAttachment(metadata.namespace or "default", metadata.name or "", resource)
