"""What an error of the database says of its state: gone for a moment, or up and taking no writes. Knows no table."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

# PostgreSQL's own codes, appendix A of its manual.
SHUT_DOWN = ("57P01", "57P03")  # told to stop, or starting
READ_ONLY = ("25006", "42501")  # a read-only transaction; Heroku takes the right to write from a plan that is too full
SHORT_OF_RESOURCES = "53"  # disk full, out of memory, too many connections
DISK_FULL = "53100"

log = logging.getLogger(__name__)


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's five characters; empty where the connection itself failed."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def takes_no_writes(error: BaseException) -> bool:
    """Whether the database can still be read from."""
    return isinstance(error, DatabaseError) and sqlstate(error) in (*READ_ONLY, DISK_FULL)


def is_read_only() -> bool:
    """Whether the server told, as this connection began, that it takes no writes. A full disk it does not tell."""
    connection.ensure_connection()
    told = ("default_transaction_read_only", "in_hot_standby")
    return any(connection.connection.info.parameter_status(name) == "on" for name in told)


def is_nobodys_fault(error: BaseException) -> bool:
    """Whether the database stopped or ran short for reasons that no statement of ours can have given it."""
    state = sqlstate(error)
    return state in (*SHUT_DOWN, *READ_ONLY) or state.startswith(SHORT_OF_RESOURCES)


def connection_was_lost(error: BaseException) -> bool:
    """Whether the server is gone, or was a moment ago: it crashed, restarts, or cannot be reached."""
    if isinstance(error, InterfaceError):
        return True
    state = sqlstate(error)
    return isinstance(error, OperationalError) and (state[:2] in ("", "08") or state[:3] == "57P")


@contextmanager
def written_if_possible(what: str) -> Iterator[None]:
    """For what can be done without: where the database takes no writes, it is left out, and the log says so."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        if not takes_no_writes(error):
            raise
        log.warning("not written", extra={"what": what, "reason": type(error.__cause__).__name__})
