"""The fast engine against the slow, obvious one: whether they agree, and what it is good for."""

from collections import Counter

from tests.bench.cluster import loading
from tests.bench.measure import Samples, Side, cpu, interleaved
from tests.bench.rows import Result, Row, Setting
from tests.bench.rows.verdicts import rendered
from tests.placement.reference import Cluster as Everything
from tests.placement.reference import verdicts
from tests.placement.test_conformance import CASES, VERSIONS, diagnosed, obvious
from tests.placement.test_reference import agree, differences
from webhook.inventory import Inventory
from webhook.objects import NodeInfo, PodInfo, Replaced
from webhook.objects.profile import Namespace
from webhook.objects.storage import (
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)
from webhook.placement import Diagnosis, evaluate

RANDOM_CASES = 4_000
REQUESTS = 4

Answers = dict[str, tuple[str, str | None, tuple[str, ...]]]


def answers(diagnosis: Diagnosis) -> Answers:
    """Each node's code, plugin and reasons, by the fast engine."""
    return {row.name: (row.code.value, row.plugin, row.reasons) for row in diagnosis.table()}


def obviously(pod: PodInfo, cluster: Everything) -> Answers:
    """The same by the obvious one."""
    return {
        name: (answer[1], answer[0], answer[2]) if answer else ("Success", None, ())
        for name, answer in verdicts(pod, cluster).items()
    }


def _differing(setting: Setting) -> Result:
    """Recorded cases, random clusters, and requests about a generated cluster."""
    recorded = [
        f"{name} as {version}"
        for name in CASES
        for version in VERSIONS
        if not agree(
            obviously(*obvious(CASES[name], version)), answers(diagnosed(CASES[name], version))
        )
    ]
    setting.progress(f"{len(CASES) * len(VERSIONS):,} recorded cases compared")
    first = setting.seed * 1_000_000
    random = differences(range(first, first + RANDOM_CASES), Counter())
    setting.progress(f"{RANDOM_CASES:,} random clusters compared")
    found = [*recorded, *random]
    return Result(
        figure=Samples((float(len(found)),)),
        unit="",
        notes=(
            f"{len(CASES) * len(VERSIONS):,} recorded and {RANDOM_CASES:,} random cases",
            *found[:5],
        ),
    )


def everything(inventory: Inventory) -> Everything:
    """A generated cluster as plain values."""
    found: dict[type, tuple] = {}
    for event in inventory.freeze():
        if isinstance(event, Replaced):
            found[event.type] = event.objects
    return Everything(
        nodes=found[NodeInfo],
        pods=found[PodInfo],
        namespaces={each.name: each.labels for each in found[Namespace]},
        version=loading.SERVER,
        claims=found[PersistentVolumeClaim],
        volumes=found[PersistentVolume],
        classes=found[StorageClass],
        csi_nodes=found[CSINode],
        csi_drivers=found[CSIDriver],
        capacities=found[CSIStorageCapacity],
        attachments=found[VolumeAttachment],
    )


def _speed(setting: Setting) -> Result:
    """`evaluate` against the obvious engine, on a tenth of the cluster: more takes it hours."""
    cluster = setting.tenth
    inventory = setting.small_inventory
    plain = everything(inventory)
    pods = rendered(cluster.queries(REQUESTS, setting.seed), inventory)
    slow: list[Answers] = []

    def obvious_engine() -> float:
        slow.clear()
        return cpu(lambda: slow.extend(obviously(pod, plain) for pod in pods))

    with inventory.reading() as world:
        fast = [answers(evaluate(pod, world.index)) for pod in pods]
        sides: dict[str, Side] = {
            "fast": lambda: cpu(lambda: [evaluate(pod, world.index) for pod in pods]),
            "obvious": obvious_engine,
        }
        found = interleaved(sides, setting.rounds, setting.progress)
    differing = sum(not agree(s, f) for s, f in zip(slow, fast, strict=True))
    times = found["obvious"].over(found["fast"]).median
    return Result(
        figure=found["fast"].over(found["obvious"]),
        sides=found,
        notes=(
            f"{cluster.nodes:,} nodes and {cluster.pods:,} pods: {times:,.0f} times as fast; "
            f"{differing} of {len(pods)} requests judged differently",
        ),
        doubt="the engines do not agree" if differing else "",
    )


ROWS = (
    Row("agreement", "verdicts in which fast and obvious engine differ", _differing, 0),
    Row("obvious", "fast engine / obvious engine, a tenth of the cluster", _speed),
)
