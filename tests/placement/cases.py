"""What the tables of the predicates share: their answer by node name instead of by slot."""

from collections.abc import Iterable

from tests import builders
from webhook.objects import PodInfo
from webhook.placement import ClusterIndex
from webhook.placement.framework import Rejection

#: Refused nodes, reason, code, and the nodes refused for good; each sorted by name.
Answer = tuple[list[str], str, str, list[str]]


def answers(rejections: Iterable[Rejection], index: ClusterIndex) -> list[Answer]:
    """Every rejection that says anything."""
    return [
        (
            sorted(index.nodes.named(rejection.nodes)),
            rejection.reason,
            rejection.code.value,
            sorted(index.nodes.named(rejection.permanent)),
        )
        for rejection in rejections
        if rejection.nodes or rejection.permanent
    ]


def asking(name="p", **spec) -> PodInfo:
    """A pod that is yet to be placed."""
    pod = builders.value(builders.pod(name, **spec))
    assert isinstance(pod, PodInfo)
    return pod
