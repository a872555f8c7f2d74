"""A test database that takes no writes, as a standby does, or one whose plan is full."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def read_only_database() -> Iterator[None]:
    """Every connection made meanwhile, by whatever thread, can only read."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    _execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    _forget_connections()
    try:
        yield
    finally:
        _execute(
            "SET default_transaction_read_only = off", f"ALTER DATABASE {name} RESET default_transaction_read_only"
        )
        _forget_connections()


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _forget_connections() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it
