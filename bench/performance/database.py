"""A PostgreSQL as QABot ships it, in a folder of the bench's own, with one database for each set of chunks.

Settings are read once in a process, so `set_up` comes before anything of QABot that needs them: in the bench's first
lines, and in the first lines of each process that asks.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection, connections

from bench.stack import ENVIRONMENT

# Where filled databases are kept between runs; without it they are thrown away. Filling half a million takes long.
KEPT = "BENCH_DATA"
TEMPLATE = "qabot"
_folder: Path | None = None


def folder() -> Path:
    """Where this run's data lies."""
    global _folder
    _folder = _folder or _make_folder()
    return _folder


def _make_folder() -> Path:
    """A temporary folder, or what BENCH_DATA names."""
    if kept := os.environ.get(KEPT):
        Path(kept).mkdir(parents=True, exist_ok=True)
        return Path(kept).resolve()
    made = Path(tempfile.mkdtemp(prefix="qabot-bench-"))
    made.chmod(0o711)  # PostgreSQL runs as a user of its own where we are root
    atexit.register(shutil.rmtree, made, ignore_errors=True)  # the server, registered later, stops before
    return made


def set_up(data: Path, environment: Mapping[str, str] | None = None) -> None:
    """Point Django at the bench's folder. What else runs here finds the environment as it was."""
    own = {**ENVIRONMENT, "VAR_DIR": str(data), "LOG_LEVEL": "WARNING", **(environment or {})}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qabot.settings")
    django.setup()
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


def open_server() -> None:
    """Start it, and bring the database that the others are copied from up to date."""
    use(TEMPLATE)
    call_command("migrate", verbosity=0, interactive=False)


def use(name: str) -> None:
    """Have every connection that this process opens from now on be to this database."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["NAME"] = name


def exists(name: str) -> bool:
    use(TEMPLATE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def create(name: str) -> None:
    """A new database as QABot's release leaves it, and use it."""
    _alone(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    use(name)


def rename(name: str, new: str) -> None:
    _alone(f'ALTER DATABASE "{name}" RENAME TO "{new}"')
    use(new)


def drop(name: str) -> None:
    _alone(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _alone(statement: str) -> None:
    """Run a statement that nobody may be connected for."""
    use("postgres")
    with connection.cursor() as cursor:
        cursor.execute(statement)
    use(TEMPLATE)


def shown(*settings: str) -> str:
    """The server's settings, for the report."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        version = cursor.fetchone()[0].split(" on ")[0]
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        pgvector = cursor.fetchone()[0]
        said = []
        for setting in settings:
            cursor.execute("SELECT current_setting(%s)", [setting])
            said.append(f"{setting} {cursor.fetchone()[0]}")
    return f"{version}, pgvector {pgvector}: {', '.join(said)}"
