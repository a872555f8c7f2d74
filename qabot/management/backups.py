"""What the commands about backups share: the server, its tools, words for people, and how they end."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import psycopg
from django.core.management.base import CommandError
from django.db import OperationalError
from django.db.migrations.loader import MigrationLoader

from qabot.backup.archive import Archive, Migration
from qabot.backup.failures import BackupError
from qabot.backup.scratch import ENDING_SIGNALS
from qabot.backup.server import Server, configured_server
from qabot.backup.tools import Tools, find_tools
from qabot.embedded_postgres.binaries import EmbeddedPostgresError

MEGABYTE = 1_000_000


@contextmanager
def failures_told() -> Iterator[None]:
    """What goes wrong becomes a sentence and exit status 1; a signal to end unwinds, and what was begun is undone."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    ending = ENDING_SIGNALS if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, leave) for number in ending}
    try:
        yield
    except (BackupError, EmbeddedPostgresError) as error:
        raise CommandError(str(error)) from None
    except (psycopg.OperationalError, OperationalError) as error:
        raise CommandError(f"The database does not answer, or broke off: {str(error).strip()}") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def server_and_tools() -> tuple[Server, Tools]:
    server = configured_server()
    return server, find_tools(server.major, embedded=server.embedded)


def known_migrations() -> set[Migration]:
    return set(MigrationLoader(None).disk_migrations)


def waiting_migrations(archive: Archive) -> int:
    """How many migrations this QABot has that the backup's database had not seen."""
    return len(known_migrations() - archive.migrations)


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / MEGABYTE:,.1f} MB"


def step_in_words(said: str) -> str:
    """What pg_restore says it is at, without its name and its quotes."""
    return said.removeprefix("pg_restore: ").replace('"', "").replace("public.", "")
