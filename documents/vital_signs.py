"""How the work is going, in one round trip to the database: what a monitor asks every few seconds. Holds its SQL.

Judges nothing: `qabot.doctor.work` does.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from documents.vector_index.extension import version_numbers

# A document that waits for a moment still to come (its provider is down, or the day's tokens are used up) is not late.
VITAL_SIGNS = """
SELECT
    (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
    (SELECT coalesce(json_agg(json_build_array(app, name)), '[]') FROM django_migrations),
    (SELECT model FROM documents_embeddingindex WHERE state = 'active'),
    queue.waiting, queue.oldest_seconds,
    (SELECT extract(epoch FROM statement_timestamp() - max(seen_at))::float FROM documents_worker),
    copy.state, copy.error, coalesce(copy.waiting, 0), coalesce(copy.waiting_seconds, 0)
FROM (
    SELECT count(*) AS waiting,
        coalesce(extract(epoch FROM statement_timestamp() - min(created_at)), 0)::float AS oldest_seconds
    FROM documents_document
    WHERE status = 'pending' AND (lease_until IS NULL OR lease_until < statement_timestamp())
) AS queue LEFT JOIN (
    SELECT copy.state, copy.error, outbox.waiting, outbox.waiting_seconds
    FROM documents_enginecopy AS copy JOIN documents_embeddingindex AS owner ON owner.id = copy.index_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting,
            extract(epoch FROM statement_timestamp() - min(queued_at))::float AS waiting_seconds
        FROM (SELECT queued_at FROM documents_vectorchange WHERE copy_id = copy.id ORDER BY id LIMIT {most}) AS oldest
    ) AS outbox
    WHERE owner.state = 'active' AND copy.state <> 'removing'
    ORDER BY copy.state LIMIT 1
) AS copy ON true
"""

MOST_CHANGES = 10_000  # that are counted: a monitor asks every few seconds
DATABASE_BYTES = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True)
class VitalSigns:
    """Times are seconds by the database's clock."""

    pgvector: tuple[int, ...]  # (0, 8, 5); empty if it is not installed
    migrations: frozenset[tuple[str, str]]  # applied ones, by app and name
    active_model: str | None  # of the index that questions are asked against
    waiting: int  # documents that a worker could take now
    oldest_seconds: float  # since the oldest of them was uploaded
    worker_seconds: float | None  # since any worker reported; None if none is known
    copy_state: str | None  # of the active index's copy in an engine beside Postgres; None if there is none
    copy_error: str | None  # what went wrong with it last
    changes_waiting: int  # chunks whose change that engine was not told yet: MOST_CHANGES at most
    changes_seconds: float  # since the oldest of them was queued


def read_vital_signs() -> VitalSigns:
    """Raises ProgrammingError if the tables are missing, OperationalError if the database is away."""
    with connection.cursor() as cursor:
        cursor.execute(VITAL_SIGNS.format(most=MOST_CHANGES))
        row: tuple[Any, ...] = cursor.fetchone()
    version, applied, *rest = row
    migrations = frozenset((app, name) for app, name in applied)
    return VitalSigns(version_numbers(version), migrations, *rest)


def read_database_bytes() -> int:
    """What the whole database takes on its disk, by which plans are limited."""
    with connection.cursor() as cursor:
        cursor.execute(DATABASE_BYTES)
        return int(cursor.fetchone()[0])
