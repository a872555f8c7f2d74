"""Tables are changed without making anybody wait for long: locks on a real database, held by another connection."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction

from qabot.patience import LOCK_NOT_AVAILABLE, again_while_locked, lock_timeout

pytestmark = pytest.mark.django_db(transaction=True)

CHANGE = "ALTER TABLE django_session ADD COLUMN next_release integer"
UNDO = "ALTER TABLE django_session DROP COLUMN IF EXISTS next_release"


@contextmanager
def somebody_reads() -> Iterator[psycopg.Connection]:
    """A transaction of somebody else's that has read a table, and so holds a lock which no change passes."""
    connection.ensure_connection()
    info = connection.connection.info
    with psycopg.connect(
        host=info.host, port=info.port, user=info.user, password=info.password, dbname=info.dbname
    ) as it:
        it.execute("SELECT count(*) FROM django_session")
        yield it


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute(UNDO)


def change() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CHANGE)


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


def test_a_lock_is_waited_for_as_long_as_was_said():
    began = time.monotonic()
    with somebody_reads(), lock_timeout(connection, 0.2), pytest.raises(OperationalError) as refused:
        change()

    assert getattr(refused.value.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE
    assert time.monotonic() - began < 5


def test_the_limit_is_that_of_a_transaction_and_of_nothing_else():
    with lock_timeout(connection, 0.2):
        outside = setting()
        with transaction.atomic():
            inside = setting()
    with transaction.atomic():
        later = setting()

    assert (outside, inside, later) == ("0", "200ms", "0")


def test_a_change_is_made_once_the_lock_is_free():
    with somebody_reads() as reader, lock_timeout(connection, 0.1):
        timer = threading.Timer(0.3, reader.rollback)
        timer.start()
        again_while_locked(change, pauses=(0.1,) * 50)
        timer.join()

    with connection.cursor() as cursor:
        cursor.execute("SELECT next_release FROM django_session")


def test_a_lock_that_stays_is_an_error_in_the_end():
    with somebody_reads(), lock_timeout(connection, 0.05), pytest.raises(OperationalError):
        again_while_locked(change, pauses=(0, 0))


def test_what_time_does_not_mend_is_not_tried_again():
    tries = []

    def wrong() -> None:
        tries.append(1)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE no_such_table ADD COLUMN a integer")

    with pytest.raises(ProgrammingError):
        again_while_locked(wrong, pauses=(0,))
    assert len(tries) == 1


def test_migrate_lets_a_reader_pass_and_then_migrates():
    """As the release phase calls it. Sessions have one migration, which is taken back here and applied again."""
    try:
        with somebody_reads() as reader:
            timer = threading.Timer(0.4, reader.rollback)
            timer.start()
            call_command("migrate", "sessions", "zero", verbosity=0, interactive=False, lock_timeout=0.1)
            timer.join()
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_session")
    finally:
        call_command("migrate", verbosity=0, interactive=False)  # what rests on them, too
