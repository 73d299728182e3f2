"""How big nodes and pods are: the marginals of a real cluster.

The weights below were counted by us over the openb trace of 2023 (1,523 nodes and 8,152 pods;
Weng et al., USENIX ATC '23, published by Alibaba under Apache-2.0): how many nodes have one
shape, and how many pods one of the 40 most frequent shapes, 91 % of all. With the trace itself
in the folder that VM_AFFINITY_OPENB names, every shape is drawn as often as it is there.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

NODE_FILE = "openb_node_list_all_node.csv"
POD_FILE = "openb_pod_list_gpuspec33.csv"


class NodeShape(NamedTuple):
    """Millicores, MiB, GPUs and their model."""

    cpu: int
    memory: int
    gpus: int
    model: str


class PodShape(NamedTuple):
    """Millicores, MiB and thousandths of a GPU."""

    cpu: int
    memory: int
    gpu: int


@dataclass(frozen=True, slots=True)
class Shapes:
    """Nodes and pods by shape, each with its weight; `density` is pods per node."""

    nodes: tuple[tuple[NodeShape, int], ...]
    pods: tuple[tuple[PodShape, int], ...]
    density: float


class NoTrace(Exception):
    """The folder does not hold the trace; the text is one sentence."""


def read(folder: Path) -> Shapes:
    """The shapes of the trace's own files; raises NoTrace."""
    nodes: Counter[NodeShape] = Counter()
    pods: Counter[PodShape] = Counter()
    try:
        for row in _rows(folder / NODE_FILE):
            shape = NodeShape(
                int(row["cpu_milli"]), int(row["memory_mib"]), int(row["gpu"]), row["model"]
            )
            nodes[shape] += 1
        for row in _rows(folder / POD_FILE):
            gpu = int(row["num_gpu"]) * int(row["gpu_milli"])
            pods[PodShape(int(row["cpu_milli"]), int(row["memory_mib"]), gpu)] += 1
    except (OSError, KeyError, ValueError) as error:
        raise NoTrace(f"{folder} does not hold the openb trace: {error!r}") from error
    if not nodes or not pods:
        raise NoTrace(f"{folder} does not hold the openb trace: a file is empty")
    density = pods.total() / nodes.total()
    return Shapes(tuple(nodes.most_common()), tuple(pods.most_common()), density)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


RECORDED = Shapes(
    nodes=(
        (NodeShape(96000, 393216, 8, "G2"), 549),
        (NodeShape(104000, 524288, 2, "T4"), 387),
        (NodeShape(32000, 262144, 0, ""), 129),
        (NodeShape(16000, 122880, 2, "P100"), 107),
        (NodeShape(96000, 524288, 0, ""), 59),
        (NodeShape(128000, 786432, 8, "G3"), 39),
        (NodeShape(96000, 393216, 0, ""), 30),
        (NodeShape(32000, 131072, 4, "V100M16"), 28),
        (NodeShape(32000, 131072, 0, ""), 23),
        (NodeShape(64000, 262144, 2, "P100"), 22),
        (NodeShape(64000, 524288, 0, ""), 22),
        (NodeShape(96000, 786432, 8, "V100M32"), 21),
        (NodeShape(104000, 524288, 0, ""), 20),
        (NodeShape(8000, 32768, 1, "V100M16"), 19),
        (NodeShape(96000, 393216, 4, "T4"), 17),
        (NodeShape(32000, 65536, 0, ""), 10),
        (NodeShape(48000, 376832, 4, "V100M32"), 9),
        (NodeShape(64000, 262144, 0, ""), 8),
        (NodeShape(64000, 262144, 8, "V100M16"), 7),
        (NodeShape(64000, 131072, 0, ""), 4),
        (NodeShape(104000, 786432, 0, ""), 3),
        (NodeShape(8000, 61440, 1, "P100"), 3),
        (NodeShape(8000, 61440, 2, "P100"), 2),
        (NodeShape(128000, 1048576, 1, "A10"), 2),
        (NodeShape(82000, 344064, 8, "V100M16"), 1),
        (NodeShape(104000, 196608, 0, ""), 1),
        (NodeShape(96000, 786432, 0, ""), 1),
    ),
    pods=(
        (PodShape(3152, 5600, 810), 1047),
        (PodShape(11300, 49152, 1000), 857),
        (PodShape(11400, 48128, 1000), 534),
        (PodShape(3152, 5600, 1000), 470),
        (PodShape(11908, 47104, 470), 388),
        (PodShape(12500, 57344, 0), 364),
        (PodShape(8000, 30517, 470), 360),
        (PodShape(32000, 49152, 0), 284),
        (PodShape(18708, 64512, 1000), 255),
        (PodShape(11908, 47104, 650), 237),
        (PodShape(9810, 41560, 1000), 195),
        (PodShape(8000, 30517, 0), 163),
        (PodShape(12000, 24576, 1000), 158),
        (PodShape(15700, 58368, 1000), 158),
        (PodShape(11908, 47104, 1000), 153),
        (PodShape(15400, 51200, 0), 120),
        (PodShape(4000, 22888, 320), 111),
        (PodShape(16000, 32768, 1000), 108),
        (PodShape(8000, 16384, 1000), 104),
        (PodShape(4000, 24576, 1000), 104),
        (PodShape(12000, 16384, 1000), 99),
        (PodShape(16500, 51200, 0), 95),
        (PodShape(14200, 58368, 1000), 93),
        (PodShape(4000, 30517, 230), 84),
        (PodShape(24200, 93184, 1000), 84),
        (PodShape(4000, 15258, 320), 78),
        (PodShape(3152, 5600, 590), 75),
        (PodShape(8000, 30517, 320), 72),
        (PodShape(4152, 10600, 550), 72),
        (PodShape(11400, 77824, 1000), 65),
        (PodShape(8000, 32768, 1000), 55),
        (PodShape(4000, 15258, 160), 53),
        (PodShape(6000, 6144, 460), 51),
        (PodShape(11900, 77824, 1000), 51),
        (PodShape(4152, 10600, 370), 45),
        (PodShape(12000, 15360, 1000), 44),
        (PodShape(4000, 30517, 320), 43),
        (PodShape(8200, 33792, 1000), 41),
        (PodShape(4000, 31250, 1000), 40),
        (PodShape(15200, 80896, 1000), 36),
    ),
    density=8_152 / 1_523,
)
