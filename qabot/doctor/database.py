"""What PostgreSQL says of itself, and whether that will do. Holds its SQL; knows no tables of ours but one."""

import time
from dataclasses import dataclass
from typing import Any

from django.db import connection

from qabot.doctor.finding import Finding, in_bytes, ok, problem, warning

OLDEST_POSTGRES = 160_000  # 16.0, as server_version_num writes it
FULL_WARNING, FULL_PROBLEM = 0.8, 0.95  # of what the plan allows
CLOCK_SECONDS = 5.0
LARGEST_TABLES = 6
NO_LIMIT = -1  # how roles and databases say it

ABOUT = """
SELECT
    current_setting('server_version') AS version,
    current_setting('server_version_num')::int AS version_number,
    (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS pgvector,
    (SELECT default_version FROM pg_available_extensions WHERE name = 'vector') AS pgvector_offered,
    current_setting('max_connections')::int AS server_limit,
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS role_limit,
    (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS database_limit,
    (SELECT count(*) FROM pg_stat_activity
        WHERE usename = current_user AND datname = current_database()) AS connections_used,
    pg_size_bytes(current_setting('shared_buffers')) AS shared_buffers,
    pg_size_bytes(current_setting('effective_cache_size')) AS effective_cache,
    pg_size_bytes(current_setting('maintenance_work_mem')) AS maintenance_memory,
    pg_database_size(current_database()) AS size,
    extract(epoch FROM clock_timestamp())::float AS clock,
    NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'
        AND coalesce(has_table_privilege(to_regclass('documents_document'), 'INSERT'), true) AS writable,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted
"""

TABLES = """
SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables
ORDER BY 2 DESC, 1 LIMIT %s
"""


@dataclass(frozen=True)
class DatabaseFacts:
    """Sizes are bytes. `clock_difference` is how far our clock is ahead of the database's, in seconds."""

    version: str
    version_number: int
    pgvector: str | None
    pgvector_offered: str | None  # what CREATE EXTENSION or ALTER EXTENSION … UPDATE would install
    connection_limit: int
    connections_used: int
    shared_buffers: int
    effective_cache: int
    maintenance_memory: int
    size: int
    clock_difference: float
    writable: bool
    encrypted: bool
    tables: tuple[tuple[str, int], ...]  # the largest, with their indexes


def read_database() -> DatabaseFacts:
    """Ask the database about itself. Raises DatabaseError if it does not answer."""
    with connection.cursor() as cursor:
        began = time.time()
        cursor.execute(ABOUT)
        answered: tuple[Any, ...] = cursor.fetchone()
        middle = (began + time.time()) / 2
        row = dict(zip([column.name for column in cursor.description], answered, strict=True))
        cursor.execute(TABLES, [LARGEST_TABLES])
        tables = tuple(cursor.fetchall())
    limits = [row.pop(name) for name in ("server_limit", "role_limit", "database_limit")]
    return DatabaseFacts(
        connection_limit=min(limit for limit in limits if limit not in (None, NO_LIMIT)),
        clock_difference=middle - row.pop("clock"),
        tables=tables,
        **row,
    )


def check_postgres(facts: DatabaseFacts) -> Finding:
    detail = f"{facts.version}, {'encrypted' if facts.encrypted else 'not encrypted'} connection."
    if facts.version_number < OLDEST_POSTGRES:
        return problem("PostgreSQL", detail, "QABot needs 16 or newer: heroku pg:upgrade:run")
    return ok("PostgreSQL", detail)


def check_extension_offered(facts: DatabaseFacts) -> Finding:
    """Whether the server has a newer pgvector than the database uses: it is never updated by itself."""
    if facts.pgvector and facts.pgvector_offered and facts.pgvector != facts.pgvector_offered:
        detail = f"Version {facts.pgvector} is used, {facts.pgvector_offered} is there."
        return warning("extensions", detail, "Run in psql: ALTER EXTENSION vector UPDATE")
    return ok("extensions", f"vector {facts.pgvector or 'not installed yet'}; no other is needed.")


def check_connections(facts: DatabaseFacts, most_needed: int, allowed: int) -> Finding:
    """`most_needed` by a web dyno and its workers, with some to spare; `allowed` is what the settings say of the plan.

    A shared plan counts connections beside PostgreSQL's own limit, so the smaller number is the one that holds.
    """
    limit = min(facts.connection_limit, allowed)
    detail = f"{facts.connections_used} of {limit} in use; one web dyno and its workers take {most_needed} at most."
    if most_needed > limit:
        return warning("connections", detail, "Lower WEB_CONCURRENCY, or take a larger plan: heroku pg:info")
    if facts.connections_used > FULL_WARNING * limit:
        return warning("connections", detail, "See who holds them: heroku pg:ps")
    return ok("connections", detail)


def check_memory_settings(facts: DatabaseFacts) -> Finding:
    vectors = sum(size for name, size in facts.tables if name == "documents_embedding")
    detail = (
        f"shared_buffers {in_bytes(facts.shared_buffers)}, effective_cache_size {in_bytes(facts.effective_cache)}, "
        f"maintenance_work_mem {in_bytes(facts.maintenance_memory)} (index builds set their own); "
        f"vectors take {in_bytes(vectors)}."
    )
    if vectors > facts.effective_cache:
        return warning("database memory", detail, "Vectors are read from disk: take a larger database plan.")
    return ok("database memory", detail)


def check_storage(facts: DatabaseFacts, plan_bytes: int | None) -> Finding:
    largest = ", ".join(f"{name} {in_bytes(size)}" for name, size in facts.tables)
    if plan_bytes is None:
        detail = f"{in_bytes(facts.size)} used. Largest: {largest}."
        return ok("storage", f"{detail} Set DATABASE_PLAN_BYTES to be warned before the plan is full.")
    share = facts.size / plan_bytes
    detail = f"{in_bytes(facts.size)} of {in_bytes(plan_bytes)} used ({share:.0%}). Largest: {largest}."
    advice = "Delete documents, or take a larger plan (docs/operate.md): a full one takes no more writes."
    if share >= FULL_PROBLEM:
        return problem("storage", detail, advice)
    return warning("storage", detail, advice) if share >= FULL_WARNING else ok("storage", detail)


def check_writable(facts: DatabaseFacts) -> Finding:
    if facts.writable:
        return ok("writing", "Allowed.")
    advice = "The plan may be full: heroku pg:info. Asking goes on, uploads do not."
    return problem("writing", "The database takes no writes from us.", advice)


def check_clock(facts: DatabaseFacts) -> Finding:
    """Leases go by the database's clock, sign-in links and tokens by ours."""
    detail = (
        f"{abs(facts.clock_difference):.1f} s {'ahead of' if facts.clock_difference > 0 else 'behind'} the database's."
    )
    if abs(facts.clock_difference) > CLOCK_SECONDS:
        return warning("clock", detail, "Set this machine's clock (NTP): sign-in links expire by it.")
    return ok("clock", detail)
