"""Priority and runtime classes and Multus' networks: the slice that we read."""

from webhook.parse.wire import Metadata, Quantities, StringMap, Toleration, Wire


class PriorityClass(Wire):
    """scheduling.k8s.io/v1 PriorityClass."""

    metadata: Metadata | None = None
    value: int | None = None
    global_default: bool | None = None


class Overhead(Wire):
    """overhead of a RuntimeClass."""

    pod_fixed: Quantities = None


class Scheduling(Wire):
    """scheduling of a RuntimeClass."""

    node_selector: StringMap = None
    tolerations: list[Toleration] | None = None


class RuntimeClass(Wire):
    """node.k8s.io/v1 RuntimeClass."""

    metadata: Metadata | None = None
    overhead: Overhead | None = None
    scheduling: Scheduling | None = None
