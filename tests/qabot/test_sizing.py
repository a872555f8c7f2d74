"""How many web processes are started, by memory and by connections."""

from pathlib import Path

import pytest

from qabot.machine import MEGABYTE, memory_bytes
from qabot.sizing import Sizing


def sizing(megabytes: int, wanted: int, connections: int = 20, **more: bool) -> Sizing:
    return Sizing(memory=megabytes * MEGABYTE, wanted=wanted, connections=connections, pool=4, **more)


@pytest.mark.parametrize(
    ("size", "processes"),
    [
        (sizing(512, 2), 2),
        (sizing(512, 2, local_model=True), 2),
        (sizing(512, 8), 3),
        (sizing(1024, 4), 3),  # what Heroku's buildpack asks for on 1 GB; 20 connections bound it
        (sizing(1024, 4, connections=120), 4),
        (sizing(1024, 8, connections=120, local_model=True, worker_beside=False), 8),
        (sizing(128, 2), 1),
        (sizing(14_336, 17, connections=500), 17),
    ],
)
def test_as_many_processes_are_started_as_fit(size: Sizing, processes: int):
    assert size.processes() == processes


@pytest.mark.parametrize("wanted", range(1, 20))
def test_twenty_connections_are_never_exceeded(wanted: int):
    assert sizing(100_000, wanted).connections_needed() <= 16  # and four to spare


def test_the_smallest_limit_of_memory_counts(tmp_path: Path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:       8388608 kB\nMemFree: 1 kB\n")
    assert memory_bytes(root=tmp_path) == 8192 * MEGABYTE
    assert memory_bytes(512, root=tmp_path) == 512 * MEGABYTE

    (tmp_path / "sys/fs/cgroup/memory").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/memory/memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert memory_bytes(root=tmp_path) == 8192 * MEGABYTE

    (tmp_path / "sys/fs/cgroup/memory.max").write_text(f"{256 * MEGABYTE}\n")
    assert memory_bytes(512, root=tmp_path) == 256 * MEGABYTE


def test_a_machine_that_says_nothing_sets_no_limit(tmp_path: Path):
    assert memory_bytes(root=tmp_path) > 10**12
