"""Give database connections back to the pool. Knows nothing of what they were used for."""

from django.db import connection


def release_connection() -> None:
    """Give this thread's connection back; inside somebody's transaction it stays."""
    if not connection.in_atomic_block:
        connection.close()
