"""Teach the database connection how vectors are sent, once in its life: finding out takes a dozen requests."""

from django.db import connection
from pgvector.psycopg import register_vector


def know_vectors() -> None:
    """To be called before the cursor is made: a cursor copies what its connection knows."""
    connection.ensure_connection()
    if connection.connection.adapters.types.get("halfvec") is None:
        register_vector(connection.connection)
