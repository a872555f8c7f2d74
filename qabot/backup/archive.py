"""Read what a backup file says of itself, before anything is done with it. Restores nothing.

The format is pg_dump's "custom" one, as `heroku pg:backups:download` brings it too.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from qabot.backup.failures import BackupError, DamagedBackup, NewerBackup, NotABackup, ToolFailed
from qabot.backup.server import Server
from qabot.backup.tools import Tools

MAGIC = b"PGDMP"
PLAIN_SQL = b"-- PostgreSQL database dump"
LOOK_BYTES = 4096  # of a file's start, to tell what it is
OURS = ("django_migrations", "documents_document", "answers_answer")  # the tables that make a dump one of QABot
DUMPED_FROM = re.compile(r"^;\s+Dumped from database version: (\d+)", re.MULTILINE)
ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<what>.+)$")
# A host's own housekeeping, which is missing elsewhere or takes its superuser. QABot needs one extension, vector.
FOREIGN = re.compile(
    r"EXTENSION - (?!vector\b)|(COMMENT - )?EVENT TRIGGER |COMMENT - EXTENSION |PUBLICATION |SUBSCRIPTION "
    r"|SCHEMA - _heroku |COMMENT - SCHEMA _heroku |[A-Z ]+ _heroku "
)

Migration = tuple[str, str]  # app and name


@dataclass(frozen=True)
class Archive:
    """A backup file that can be read: its size, the server it came from, its table of contents, its migrations."""

    path: Path
    size_bytes: int
    server_major: int
    contents: tuple[str, ...]  # pg_restore's own lines, without what is left out
    migrations: frozenset[Migration]


def read_archive(path: Path, server: Server, tools: Tools, known: Collection[Migration]) -> Archive:
    """Open a backup that this server and this QABot, which knows these migrations, can take.

    Raises NotABackup, DamagedBackup and NewerBackup. That the file is whole, only reading all of it tells.
    """
    _require_custom_format(path)
    try:
        listed = tools.run("pg_restore", ["--list", str(path)], {})
    except ToolFailed as error:
        raise explain(error, path) from None
    came_from = DUMPED_FROM.search(listed)
    major = int(came_from[1]) if came_from else 0
    if major > server.major:
        raise NewerBackup(
            f"{path.name} comes from PostgreSQL {major}, and this server is PostgreSQL {server.major}. "
            f"Restore it into PostgreSQL {major} or newer."
        )
    contents = tuple(_entries(listed))
    tables = {line.split()[5] for line in contents if " TABLE DATA " not in line and " TABLE " in line}
    if not tables.issuperset(OURS):
        raise NotABackup(f"{path.name} is the dump of a database, but not of one of QABot's.")
    migrations = frozenset(_migrations(path, tools))
    if newer := sorted(migrations - set(known)):
        raise NewerBackup(
            f"{path.name} was made by a newer QABot: this one does not know {'.'.join(newer[0])}"
            f"{f' and {len(newer) - 1} more migrations' if newer[1:] else ''}. Update QABot first."
        )
    return Archive(path, path.stat().st_size, major, contents, migrations)


def explain(error: ToolFailed, path: Path) -> BackupError:
    """What is wrong with a file that pg_restore could not read; the failure itself where the file is not at fault."""
    said = str(error)
    if "ERROR:" in said:  # the server's, not pg_restore's own
        return error
    if "unsupported version" in said:
        return NewerBackup(f"{path.name} was made by a newer pg_dump than the pg_restore found here. {error}")
    if "end of file" in said or "could not find block" in said:
        return DamagedBackup(f"{path.name} ends too early: it was not written or copied whole. {error}")
    if any(sign in said for sign in ("could not uncompress", "could not read", "corrupt", "unexpected", "invalid")):
        return DamagedBackup(f"{path.name} is damaged. {error}")
    return error


def _require_custom_format(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(LOOK_BYTES)
    except OSError as error:
        raise NotABackup(f"{path} cannot be read: {error.strerror}.") from None
    if PLAIN_SQL in start:
        raise NotABackup(f"{path.name} is a dump in plain SQL. Take one in the custom format: pg_dump --format=custom.")
    if not start:
        raise DamagedBackup(f"{path.name} is empty.")
    if not start.startswith(MAGIC):
        raise NotABackup(f"{path.name} is no backup in PostgreSQL's custom format.")


def _entries(listed: str) -> Iterator[str]:
    for line in listed.splitlines():
        entry = ENTRY.match(line)
        if entry and not FOREIGN.match(entry["what"]):
            yield line


def _migrations(path: Path, tools: Tools) -> Iterator[Migration]:
    """Read the one small table that tells which release wrote the database."""
    arguments = ["--data-only", "--table=django_migrations", "--file=-", str(path)]
    try:
        rows = tools.run("pg_restore", arguments, {})
    except ToolFailed as error:
        raise explain(error, path) from None
    copied = rows.partition("FROM stdin;\n")[2].partition("\n\\.")[0]
    for row in copied.splitlines():
        _, app, name, _ = row.split("\t")
        yield app, name
