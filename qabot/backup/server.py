"""The PostgreSQL server behind the configured database: reach it, ask it, and hand its address to other programs.

Holds the SQL about databases as a whole; knows nothing of dumps or of what is in a table.
"""

import os
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import pq, sql

from qabot.embedded_postgres.base import DatabaseWrapper as EmbeddedDatabase

MAINTENANCE_DATABASE = "postgres"  # to be connected to while the configured database is renamed
MEBIBYTE = 1024 * 1024
LEAST_MAINTENANCE_BYTES, MOST_MAINTENANCE_BYTES = 64 * MEBIBYTE, 1024 * MEBIBYTE

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
IS_EMPTY = """
SELECT NOT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
)
"""
VECTOR_SCHEMA = """
SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'
"""
SETTING_BYTES = "SELECT pg_size_bytes(current_setting(%s))"


@dataclass(frozen=True)
class Server:
    """`parameters` are libpq's, of the configured database; `major` is PostgreSQL's version: 18."""

    parameters: dict[str, Any]
    major: int
    embedded: bool

    @property
    def database(self) -> str:
        return str(self.parameters["dbname"])

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """A connection of its own, each statement a transaction."""
        return psycopg.connect(**{**self.parameters, "dbname": database}, autocommit=True)

    def environment(self, database: str) -> dict[str, str]:
        """What tells libpq's programs how to connect: not as arguments, which every user of the machine can read."""
        variables = {option.keyword.decode(): option.envvar for option in pq.Conninfo.get_defaults()}
        given = {**self.parameters, "dbname": database}
        named = {variables[name]: str(value) for name, value in given.items() if variables.get(name) and value != ""}
        return {name.decode(): value for name, value in named.items() if name is not None}

    def is_empty(self, database: str) -> bool:
        """Whether there is no table at all; extensions and schemas do not count."""
        with self.connect(database) as connection:
            return bool(_value(connection, IS_EMPTY))

    def others_connected(self) -> int:
        """How many connections others have to the configured database."""
        with self.connect(MAINTENANCE_DATABASE) as connection:
            return int(_value(connection, OTHERS, self.database))

    def maintenance_bytes(self) -> int:
        """Memory for building indexes: an HNSW build slows down once its graph outgrows it.

        Of this machine a quarter where the server is ours; else as much as the server's own shared buffers, which hosts
        set to about a quarter of theirs.
        """
        if self.embedded:
            wanted = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
        else:
            with self.connect(self.database) as connection:
                wanted = max(int(_value(connection, SETTING_BYTES, name)) for name in _MEMORY_SETTINGS)
        return min(max(wanted, LEAST_MAINTENANCE_BYTES), MOST_MAINTENANCE_BYTES)

    def make_ready(self, database: str) -> None:
        """After loading: statistics for the planner, and pgvector's schema where every statement looks for it."""
        with self.connect(database) as connection:
            schema = _value(connection, VECTOR_SCHEMA)
            if schema not in (None, "public", "pg_catalog"):  # heroku_ext, in databases made before 2022
                path = sql.SQL('ALTER DATABASE {} SET search_path TO "$user", public, {}')
                connection.execute(path.format(sql.Identifier(database), sql.Identifier(schema)))
            connection.execute("ANALYZE")

    def swap(self, new: str, old: str) -> None:
        """Let `new` be the configured database from now on, and call the present one `old`: both or neither."""
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        current = sql.Identifier(self.database)
        with self.connect(MAINTENANCE_DATABASE) as connection, connection.transaction():
            connection.execute(rename.format(current, sql.Identifier(old)))
            connection.execute(rename.format(sql.Identifier(new), current))


_MEMORY_SETTINGS = ("shared_buffers", "maintenance_work_mem")


def configured_server() -> Server:
    """The server of the configured database. Django's connection is closed: nothing of ours may stand in the way.

    Raises psycopg.OperationalError if it does not answer, at once: Django's pool would go on trying.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it
    given: dict[str, Any] = connection.get_connection_params()
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    parameters = {name: value for name, value in given.items() if name in known and value is not None}
    with psycopg.connect(**parameters) as session:
        major = session.info.server_version // 10_000
    return Server(parameters, major, isinstance(connection, EmbeddedDatabase))


def _value(connection: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = connection.execute(query, values or None).fetchone()
    return row[0] if row else None
