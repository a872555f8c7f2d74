"""How many web processes and workers are started, by memory, connections and processors."""

from pathlib import Path
from typing import Any

import pytest

from qabot.machine import MEGABYTE, memory_bytes
from qabot.sizing import Sizing


def sizing(megabytes: int, wanted: int, connections: int = 20, **more: Any) -> Sizing:
    return Sizing(memory=megabytes * MEGABYTE, wanted=wanted, connections=connections, pool=4, **more)


@pytest.mark.parametrize(
    ("size", "processes"),
    [
        (sizing(512, 2), 2),
        (sizing(512, 2, local_model=True), 2),
        (sizing(512, 8), 3),
        (sizing(1024, 4), 3),  # what Heroku's buildpack asks for on 1 GB; 20 connections bound it
        (sizing(1024, 4, connections=120), 4),
        (sizing(1024, 8, connections=120, local_model=True, wanted_workers=0), 8),
        (sizing(128, 2), 1),
        (sizing(14_336, 17, connections=500), 17),
    ],
)
def test_as_many_processes_are_started_as_fit(size: Sizing, processes: int):
    assert size.processes() == processes


@pytest.mark.parametrize(
    ("size", "workers"),
    [
        (sizing(512, 2, wanted_workers=2, processors=8), 1),  # no memory
        (sizing(512, 1, wanted_workers=2, processors=8), 2),
        (sizing(1024, 2, wanted_workers=2, processors=8, local_model=True), 2),
        (sizing(1024, 4, wanted_workers=2, processors=8), 1),  # three web processes leave no connections
        (sizing(1024, 4, connections=120, wanted_workers=2, processors=8), 2),
        (sizing(8192, 2, wanted_workers=2, processors=1), 1),
        (sizing(8192, 2, connections=120, wanted_workers=9, processors=4), 4),
        (sizing(8192, 2, wanted_workers=0, processors=4), 0),
        (sizing(128, 1, connections=8, wanted_workers=2), 1),  # one always, else nothing would be indexed
    ],
)
def test_a_further_worker_is_started_where_nobody_else_needs_its_room(size: Sizing, workers: int):
    assert size.workers() == workers


@pytest.mark.parametrize("wanted", range(1, 20))
@pytest.mark.parametrize("workers", [0, 1, 2, 9])
def test_twenty_connections_are_never_exceeded(wanted: int, workers: int):
    assert sizing(100_000, wanted, wanted_workers=workers, processors=16).connections_needed() <= 16  # four to spare


def test_what_is_started_fits_into_memory():
    sizes = [sizing(megabytes, 4, 120, wanted_workers=3, processors=8) for megabytes in range(400, 2_000, 50)]

    assert all(size.needed() <= size.memory for size in sizes)


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
