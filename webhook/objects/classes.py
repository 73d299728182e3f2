"""What a pod or VM only names, and what the name stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.objects.pod import Toleration
from webhook.objects.resources import Amounts


@dataclass(frozen=True, slots=True)
class PriorityClass:
    """A priority by name; one class is that of the pods that name none."""

    name: str
    value: int = 0
    is_default: bool = False

    @property
    def key(self) -> str:
        """Priority classes are keyed by name."""
        return self.name


@dataclass(frozen=True, slots=True)
class RuntimeClass:
    """What a runtime adds to a pod: resources, in nano units, and rules where it may run."""

    name: str
    overhead: Amounts = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()

    @property
    def key(self) -> str:
        """Runtime classes are keyed by name."""
        return self.name


@dataclass(frozen=True, slots=True)
class NetworkAttachment:
    """A NetworkAttachmentDefinition: the resource that each interface in it takes, or none."""

    namespace: str
    name: str
    resource: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Keyed by namespace and name."""
        return self.namespace, self.name


#: All of them.
CLASS_TYPES: tuple[type, ...] = (PriorityClass, RuntimeClass, NetworkAttachment)
