"""Judge what asking and indexing need: tables, pgvector, the active index, the queue, a worker. Pure.

These are the checks that `/readyz` and `manage.py doctor` share. Only what makes asking impossible is a problem.
"""

from collections.abc import Collection
from dataclasses import dataclass

from qabot.doctor.finding import Finding, in_words, ok, problem, warning

HALF_VECTORS, ITERATIVE_SCANS = (0, 7), (0, 8)
LAG_SECONDS = 60  # a worker delivers each second
WORKER_SECONDS = 45  # a worker reports each second, and every 15 while it works
QUEUE_SECONDS = 1_800

Migration = tuple[str, str]  # app and name


@dataclass(frozen=True)
class CopySigns:
    """`state` is None before a worker has begun a copy; `waiting` counts chunks whose change was not delivered."""

    state: str | None
    error: str
    waiting: int
    waiting_seconds: float


def check_migrations(known: Collection[Migration], applied: Collection[Migration]) -> Finding:
    """`known` are this release's own. After a rollback the database knows more, which is as it should be."""
    pending, newer = set(known) - set(applied), set(applied) - set(known)
    if pending:
        return problem(
            "migrations", f"{_counted(len(pending), 'migration')} not applied.", "Run: python manage.py migrate"
        )
    return ok("migrations", f"All applied; {len(newer)} of a newer release." if newer else "All applied.")


def tables_missing() -> Finding:
    return problem("migrations", "The tables are missing.", "Run: python manage.py migrate")


def check_pgvector(version: tuple[int, ...]) -> Finding:
    """`version` is empty where the extension is not installed."""
    text = ".".join(map(str, version))
    if not version:
        return problem("pgvector", "The extension is not installed.", "Run: python manage.py migrate")
    if version < HALF_VECTORS:
        return problem("pgvector", f"Version {text} has no half vectors.", "Run in psql: ALTER EXTENSION vector UPDATE")
    if version < ITERATIVE_SCANS:
        return warning(
            "pgvector",
            f"Version {text} has no iterative scans: every search compares all chunks, which is slow from some 50,000.",
            "Run in psql: ALTER EXTENSION vector UPDATE",
        )
    return ok("pgvector", f"Version {text}.")


def check_index(active_model: str | None, configured_model: str) -> Finding:
    """The index that questions are asked against, and the model that settings name."""
    if active_model is None:
        return ok("embedding index", f"Nothing is indexed yet. The first document will use {configured_model}.")
    if active_model != configured_model:
        return warning(
            "embedding index",
            f"Documents are indexed with {active_model}; the settings name {configured_model}.",
            "Change models with manage.py embedding_index, or set EMBEDDING_MODEL back.",
        )
    return ok("embedding index", f"Indexed with {active_model}, as the settings say.")


def check_queue(waiting: int, oldest_seconds: float) -> Finding:
    """`oldest_seconds` is how long ago the oldest waiting document was uploaded."""
    if not waiting:
        return ok("queue", "No document waits.")
    detail = f"{_counted(waiting, 'document')} waiting, the oldest uploaded {in_words(oldest_seconds)} ago."
    if oldest_seconds > QUEUE_SECONDS:
        return warning("queue", detail, "Add a worker dyno (docs/deploy.md), or look at the worker's log lines.")
    return ok("queue", detail)


def check_worker(seen_seconds: float | None) -> Finding:
    """`seen_seconds` is how long ago any worker reported; None if none did within a day."""
    advice = "Look with: heroku ps. Then heroku ps:restart, and without a worker dyno leave WORKER_IN_WEB at 1."
    if seen_seconds is None:
        return warning("worker", "No worker was seen within a day: uploads wait.", advice)
    if seen_seconds > WORKER_SECONDS:
        return warning("worker", f"No worker was seen for {in_words(seen_seconds)}: uploads wait.", advice)
    return ok("worker", f"Seen {in_words(seen_seconds)} ago.")


def check_copy(engine: str, signs: CopySigns) -> Finding:
    """The engine that holds a copy of the vectors; `signs.error` is what a worker met when it spoke to it last."""
    name, look = "vector engine", "Look with: manage.py vector_index status"
    behind = f"{_counted(signs.waiting, 'change')} not delivered, the oldest {in_words(signs.waiting_seconds)} old."
    if signs.error:
        detail = f"{engine} cannot be used: {signs.error} {behind if signs.waiting else ''}".strip()
        return warning(name, detail, look)
    if signs.state != "active":
        return warning(name, f"{engine} is being filled. Postgres answers meanwhile.", look)
    if signs.waiting_seconds > LAG_SECONDS:
        return warning(name, f"{engine} lags behind: {behind}", look)
    return ok(name, f"{engine} answers; {behind if signs.waiting else 'it was told everything.'}")


def check_failed(failed: int) -> Finding:
    if failed:
        advice = "Admin → Documents, filtered by Failed, shows each reason. Retry there, or delete them."
        return warning("failed documents", f"{_counted(failed, 'document')} failed.", advice)
    return ok("failed documents", "None.")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
