"""What is read from /proc, from files as the kernel writes them and of this process."""

import os

import pytest

from tests.bench.processes.usage import Memory, Seconds, children, memory, seconds

STATUS = "Name:\tgunicorn\nVmHWM:\t  409600 kB\nVmRSS:\t  204800 kB\nThreads:\t23\n"
ROLLUP = "5581-7ffc ---p 00000000 00:00 0    [rollup]\nRss:   204800 kB\nPss:   102400 kB\n"


def test_memory_is_told_in_mebibytes(tmp_path):
    process = tmp_path / "7"
    process.mkdir()
    (process / "status").write_text(STATUS)
    (process / "smaps_rollup").write_text(ROLLUP)
    assert memory(7, tmp_path) == Memory(resident=200.0, peak=400.0, proportional=100.0)


def test_the_time_of_all_threads_is_added_up(tmp_path):
    for task, nanoseconds in ((7, 2_000_000_000), (8, 500_000_000)):
        folder = tmp_path / "7" / "task" / str(task)
        folder.mkdir(parents=True)
        (folder / "schedstat").write_text(f"{nanoseconds} 250000000 45\n")
    (tmp_path / "7" / "task" / "9").mkdir()  # has just ended
    assert seconds(7, tmp_path) == Seconds(ran=2.5, waited=0.5)
    assert seconds(7, tmp_path).since(Seconds(1.0, 0.25)) == Seconds(1.5, 0.25)


def test_children_are_listed(tmp_path):
    folder = tmp_path / "7" / "task" / "7"
    folder.mkdir(parents=True)
    (folder / "children").write_text("8 9 ")
    assert children(7, tmp_path) == [8, 9]


def test_the_kernel_of_this_machine_tells_all_of_it():
    found = memory(os.getpid())
    assert found.peak >= found.resident >= found.proportional > 1
    assert seconds(os.getpid()).ran > 0
    assert children(os.getpid()) == []


def test_a_process_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        seconds(1, tmp_path)
