"""What else of the cluster is in a first pod."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.launcher.limits import AutoLimits


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a VM's first pod has of its namespace, its networks, its priority and the nodes.

    `networks` are the resources that NetworkAttachmentDefinitions name, by namespace/name; the
    VM's own `namespace` is the one that is not written. `tsc_frequency` is the clock that every
    node can do, 0 if there is none.
    """

    namespace: str = ""
    limits: AutoLimits = field(default_factory=AutoLimits)
    networks: Mapping[str, str] = field(default_factory=dict)
    tsc_frequency: int = 0
    priority: int = 0
