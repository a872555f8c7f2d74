"""What the installed pgvector can do: its version is read, never assumed. Hosts choose it, and do not say which."""

import functools

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

HALF_VECTORS = (0, 7)  # halfvec and sparsevec, without which nothing can be stored
ITERATIVE_SCANS = (0, 8)  # without them HNSW returns too few rows of a narrow scope


class PgvectorTooOld(Exception):
    """The database's pgvector lacks the types QABot stores."""


def read_version(database: BaseDatabaseWrapper) -> tuple[int, ...]:
    """The version of the installed extension, (0, 8, 5) for example; empty if it is not installed."""
    with database.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    return version_numbers(row[0] if row else None)


def version_numbers(extversion: str | None) -> tuple[int, ...]:
    """What `pg_extension` says, as numbers: "0.8.5" is (0, 8, 5); empty for None."""
    return tuple(int(part) for part in extversion.split(".")) if extversion else ()


@functools.cache
def scans_iteratively() -> bool:
    """Whether HNSW goes on until enough rows of the scope are found. Asked of the database once in a process."""
    return read_version(connection) >= ITERATIVE_SCANS


def require_half_vectors(database: BaseDatabaseWrapper) -> None:
    """Raise PgvectorTooOld, which says what to do, before a migration fails on a type it does not know."""
    version = read_version(database)
    if version < HALF_VECTORS:
        found = ".".join(map(str, version)) or "none"
        raise PgvectorTooOld(
            f"QABot needs pgvector 0.7 or newer (0.8 for large collections); this database has {found}. "
            "Run ALTER EXTENSION vector UPDATE, or move to a newer database."
        )
