"""How figures are judged."""

from dataclasses import replace
from pathlib import Path

import pytest

from qabot.doctor import database, host, work
from qabot.doctor.database import DatabaseFacts
from qabot.doctor.finding import Finding, State, as_text, in_bytes, in_words

WELL = DatabaseFacts(
    version="18.1",
    version_number=180_001,
    pgvector="0.8.5",
    pgvector_offered="0.8.5",
    connection_limit=500,
    connections_used=5,
    shared_buffers=2**27,
    effective_cache=2**30,
    maintenance_memory=2**26,
    size=10**8,
    clock_difference=0.1,
    writable=True,
    encrypted=True,
    tables=(("documents_embedding", 10**7),),
)


@pytest.mark.parametrize(
    ("finding", "state"),
    [
        (work.check_pgvector(()), State.PROBLEM),
        (work.check_pgvector((0, 6, 2)), State.PROBLEM),
        (work.check_pgvector((0, 7, 4)), State.WARNING),
        (work.check_pgvector((0, 8, 0)), State.OK),
        (work.check_migrations({("a", "1"), ("a", "2")}, {("a", "1")}), State.PROBLEM),
        (work.check_migrations({("a", "1")}, {("a", "1"), ("a", "2")}), State.OK),
        (work.check_index(None, "m"), State.OK),
        (work.check_index("m", "m"), State.OK),
        (work.check_index("m", "n"), State.WARNING),
        (work.check_queue(3, 60), State.OK),
        (work.check_queue(3, 3_601), State.WARNING),
        (work.check_worker(44), State.OK),
        (work.check_worker(46), State.WARNING),
        (work.check_worker(None), State.WARNING),
    ],
)
def test_only_what_makes_asking_impossible_is_a_problem(finding: Finding, state: State):
    assert finding.state == state
    assert bool(finding.advice) == (state != State.OK)


@pytest.mark.parametrize(
    ("finding", "state"),
    [
        (database.check_postgres(WELL), State.OK),
        (database.check_postgres(replace(WELL, version_number=150_004)), State.PROBLEM),
        (database.check_extension_offered(WELL), State.OK),
        (database.check_extension_offered(replace(WELL, pgvector_offered="0.9.0")), State.WARNING),
        (database.check_connections(WELL, 12, 20), State.OK),
        (database.check_connections(WELL, 24, 20), State.WARNING),
        (database.check_connections(replace(WELL, connections_used=17), 12, 20), State.WARNING),
        (database.check_memory_settings(WELL), State.OK),
        (database.check_memory_settings(replace(WELL, effective_cache=10**6)), State.WARNING),
        (database.check_storage(WELL, None), State.OK),
        (database.check_storage(WELL, 10**9), State.OK),
        (database.check_storage(WELL, 12 * 10**7), State.WARNING),
        (database.check_storage(WELL, 10**8), State.PROBLEM),
        (database.check_writable(replace(WELL, writable=False)), State.PROBLEM),
        (database.check_clock(WELL), State.OK),
        (database.check_clock(replace(WELL, clock_difference=-3_600)), State.WARNING),
    ],
)
def test_what_a_database_offers(finding: Finding, state: State):
    assert finding.state == state
    assert bool(finding.advice) == (state != State.OK)


def test_the_smaller_of_two_limits_of_connections_holds():
    finding = database.check_connections(replace(WELL, connection_limit=20), 12, 100)

    assert finding.detail == "5 of 20 in use; one web dyno and its workers take 12 at most."


def test_a_machine_that_is_too_small_is_told_what_to_do():
    enough = host.check_memory(512 * 2**20, 400 * 2**20, 2, 2)
    fewer = host.check_memory(512 * 2**20, 400 * 2**20, 2, 4)
    too_small = host.check_memory(256 * 2**20, 400 * 2**20, 1, 1)

    assert [each.state for each in (enough, fewer, too_small)] == [State.OK, State.WARNING, State.PROBLEM]
    assert fewer.detail == "512 MB; 2 web processes and a worker take 400 MB. WEB_CONCURRENCY asks for 4."
    assert "web processes and 2 workers take" in host.check_memory(2**30, 2**29, 2, 2, 2).detail


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path):
    assert host.check_disk(tmp_path / "var" / "postgres", lasting=True).state in (State.OK, State.WARNING)


@pytest.mark.parametrize(("address", "state"), [("https://herokuapp.com", "warning"), ("https://a.example", "ok")])
def test_a_dyno_that_does_not_know_its_address_is_told(address: str, state: str):
    assert host.check_address(address, on_dyno=True).state == state


def test_sizes_and_times_are_said_roughly():
    assert [in_words(seconds) for seconds in (-1, 0, 59, 119, 120, 7_199, 7_200, 200_000)] == [
        "0 s",
        "0 s",
        "59 s",
        "119 s",
        "2 min",
        "120 min",
        "2 h",
        "2 days",
    ]
    assert [in_bytes(size) for size in (0, 2_048, 10**9, 2**31)] == ["0 kB", "2 kB", "954 MB", "2.0 GB"]


def test_a_report_for_people():
    findings = [
        Finding("disk", State.OK, "Free."),
        Finding("security", State.WARNING, "One.\nTwo.", "Look."),
    ]

    assert as_text(findings) == (
        "ok       disk      Free.\nwarning  security  One.\n                   Two.\n                   → Look."
    )
