"""Index waiting documents one after the other. Knows when to give up; how indexing is done is indexing's affair.

The row is the job: a document is claimed with a lease, and whoever dies loses the lease and with it the document.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.db.models.functions import Now

from documents import staging
from documents.embedding.base import EmbedderUnavailable
from documents.indexing import IndexingOptions, LeaseLost, NotToday, index_document
from documents.models import Document, Stage, Status, Worker
from documents.parsing.content import ParserStopped, ParsingError
from documents.querysets import LEASE_SECONDS
from documents.vector_index.base import VectorIndexUnavailable
from qabot.database_faults import connection_was_lost, is_nobodys_fault
from qabot.provider import ProviderError, ProviderRateLimited, ProviderUnavailable

IDLE_SECONDS = 1.0  # between two looks for work
RENEW_SECONDS = LEASE_SECONDS / 4  # a lease is renewed while work goes on, however long a batch takes
CLAIMS = 2  # a document that is claimed once more has twice come to nothing, and brought its worker or parser down
POSTPONE_SECONDS = 15  # while the provider is down
NOT_TODAY_SECONDS = 600  # until it is asked again whether a new day has begun, or the limit was raised
FORGET_WORKERS = timedelta(days=1)

DATABASE_FULL = "The database takes no more data. Indexing goes on when there is room."
ENGINE_AWAY = "The vector engine is not available. Indexing goes on when it is."

log = logging.getLogger(__name__)


class DatabaseLeft(Exception):
    """The database went away, or takes no more data, while a document was worked on: `hand_back` when it can be."""

    def __init__(self, reason: str, hand_back: Callable[[], None]) -> None:
        super().__init__(reason)
        self.hand_back = hand_back


def nothing_else() -> bool:
    """What a worker does with the time that documents leave over, unless it is told."""
    return False


def work_until(stop: threading.Event, options: IndexingOptions, spare_time: Callable[[], bool] = nothing_else) -> None:
    """Index whatever waits until told to stop; a database that is away is waited for.

    `spare_time` is called while no document waits: it does a little, and says whether there was anything to do.
    """
    name = f"{socket.gethostname()}-{os.getpid()}"
    hand_back: Callable[[], None] | None = None
    while not stop.is_set():
        try:
            with connection_kept_healthy():
                if hand_back is not None:
                    hand_back()
                    hand_back = None
                report_alive(name)
                worked = work_once(options) or spare_time()
        except DatabaseLeft as error:
            log.warning("The database left in the middle of a document: %s", error)
            hand_back, worked = error.hand_back, False
        except (DatabaseError, InterfaceError) as error:
            log.warning("The database is not available: %s", type(error).__name__)
            worked = False
        if not worked:
            stop.wait(IDLE_SECONDS)


def work_once(options: IndexingOptions) -> bool:
    """Claim one document and index it; False if there is nothing to do."""
    document = Document.objects.claim_next()
    if document is None:
        return False
    log.info("document claimed", extra={"document": document.pk, "attempt": document.attempts})
    if document.attempts > CLAIMS:
        fail(
            document, "gave_up", "Indexing this document brought the worker down twice. It was not tried a third time."
        )
        return True
    try:
        work_on(document, options)
    except (DatabaseError, InterfaceError) as error:
        if connection_was_lost(error):
            # A server that crashed may have crashed because of this document.
            hand_back = partial(release, document, counted=not is_nobodys_fault(error))
        elif is_nobodys_fault(error):
            hand_back = partial(postpone, document, DATABASE_FULL)
        else:
            raise  # an error of ours: the lease runs out, and its claims are counted
        raise DatabaseLeft(type(error).__name__, hand_back) from error
    return True


def work_on(document: Document, options: IndexingOptions) -> None:
    """Index a claimed document, and note what became of it."""
    try:
        with lease_renewed(document):
            index_document(document, options)
    except LeaseLost:
        log.info("document deleted or taken over", extra={"document": document.pk})
    except ParserStopped as error:
        if document.attempts < CLAIMS:
            release(document, counted=True)
        else:
            fail(document, error.code, str(error))
    except ParsingError as error:
        fail(document, error.code, str(error))
    except (ProviderUnavailable, ProviderRateLimited) as error:
        postpone(document, str(error))
    except VectorIndexUnavailable as error:
        log.warning("document not handed over", extra={"document": document.pk, "reason": str(error)})
        postpone(document, ENGINE_AWAY)
    except NotToday as error:
        postpone(document, str(error), NOT_TODAY_SECONDS)
    except (ProviderError, EmbedderUnavailable) as error:
        fail(document, "embedding", str(error))
    except (SystemExit, KeyboardInterrupt):
        with suppress(DatabaseError, InterfaceError):  # then its lease runs out; leaving comes first
            release(document)
        raise
    else:
        log.info("document ready", extra={"document": document.pk})


def fail(document: Document, code: str, reason: str) -> None:
    """Say why a document cannot be indexed. What was searchable of an earlier indexing stays so."""
    log.warning("document failed", extra={"document": document.pk, "code": code})
    held = Document.objects.held(document.pk, document.lease_token)
    if held.update(
        status=Status.FAILED, stage=Stage.NONE, error=reason, error_code=code, lease_until=None, lease_token=None
    ):
        staging.clear(document)


def postpone(document: Document, reason: str, seconds: float = POSTPONE_SECONDS) -> None:
    """Try again in a while: not the document's fault, so the attempt does not count. What is embedded is kept."""
    Document.objects.held(document.pk, document.lease_token).update(
        status=Status.PENDING,
        attempts=F("attempts") - 1,
        error=reason,
        error_code="postponed",
        lease_until=Now() + timedelta(seconds=seconds),
        lease_token=None,
    )


def release(document: Document, *, counted: bool = False) -> None:
    """Hand a document back, so that any worker goes on at once where it stood; the attempt is forgotten or counted."""
    Document.objects.held(document.pk, document.lease_token).update(
        status=Status.PENDING, attempts=F("attempts") - (0 if counted else 1), lease_until=None, lease_token=None
    )


def report_alive(name: str) -> None:
    Worker.objects.update_or_create(name=name, defaults={"seen_at": Now()})
    Worker.objects.filter(seen_at__lt=Now() - FORGET_WORKERS).delete()


@contextmanager
def lease_renewed(document: Document) -> Iterator[None]:
    """Renew the lease from a thread while the work goes on; a worker that dies renews nothing."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_SECONDS):
            try:
                report_alive(f"{socket.gethostname()}-{os.getpid()}")
                if not Document.objects.renew_lease(document.pk, document.lease_token):
                    return
            except (DatabaseError, InterfaceError) as error:
                log.warning("The lease could not be renewed: %s", type(error).__name__)
            finally:
                connection.close()

    renewing = threading.Thread(target=renew, name="lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


@contextmanager
def connection_kept_healthy() -> Iterator[None]:
    """Give the connection back when a round is over, so that one broken by a database restart is not used again."""
    try:
        yield
    finally:
        if not connection.in_atomic_block:
            connection.close()
