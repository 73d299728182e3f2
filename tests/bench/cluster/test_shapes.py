"""The sizes of nodes and pods: as recorded, or counted in the trace's own files."""

import pytest

from tests.bench.cluster.shapes import NODE_FILE, POD_FILE, RECORDED, NoTrace, read


def test_what_was_recorded_is_the_real_cluster():
    nodes = sum(weight for _, weight in RECORDED.nodes)
    assert nodes == 1_523
    assert sum(shape.gpus * weight for shape, weight in RECORDED.nodes) == 6_212
    assert sum(shape.cpu * weight for shape, weight in RECORDED.nodes) == 125_514_000
    pods = sum(weight for _, weight in RECORDED.pods)
    assert 0.91 < pods / 8_152 < 0.92
    mean = sum(shape.cpu * weight for shape, weight in RECORDED.pods) / pods
    assert abs(mean - 10_480) < 400


def test_the_files_are_counted(tmp_path):
    (tmp_path / NODE_FILE).write_text(
        "sn,cpu_milli,memory_mib,gpu,model\na,32000,1024,0,\nb,32000,1024,0,\nc,96000,2048,8,G2\n"
    )
    (tmp_path / POD_FILE).write_text(
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np,1000,512,2,1000\nq,1000,512,1,460\n"
    )
    shapes = read(tmp_path)
    assert shapes.nodes == (((32000, 1024, 0, ""), 2), ((96000, 2048, 8, "G2"), 1))
    assert shapes.pods == (((1000, 512, 2000), 1), ((1000, 512, 460), 1))
    assert shapes.density == 2 / 3


def test_a_folder_without_the_files_is_told(tmp_path):
    with pytest.raises(NoTrace, match="does not hold the openb trace: FileNotFoundError"):
        read(tmp_path)
    for name, header in ((NODE_FILE, "sn,cpu_milli"), (POD_FILE, "name")):
        (tmp_path / name).write_text(f"{header}\n")
    with pytest.raises(NoTrace, match="a file is empty"):
        read(tmp_path)
