"""Close answers whose process was killed: they would stay "being answered" for ever. Called by whoever looks."""

import logging
import threading

from django.db import DatabaseError

from answers.models import Answer, AnswerStatus
from qabot.database_faults import written_if_possible
from qabot.pooling import release_connection

LOOK_SECONDS = 15.0  # between two looks of the worker: with the lease, an answer is closed 75 s after its process
NOTICE = "The server stopped before this answer was complete."

log = logging.getLogger(__name__)


def close_abandoned() -> int:
    """Mark what nobody works on any more as interrupted; how many there were. Where there is none it only reads.

    Should its process live after all, cut off from the database for a minute, the whole answer replaces the mark.
    """
    ids = list(Answer.objects.abandoned().values_list("pk", flat=True))
    if not ids:
        return 0
    lost, closed = Answer.objects.filter(pk__in=ids).abandoned(), 0
    with written_if_possible("abandoned answers"):  # pages call this: they shall be read without it
        closed = lost.update(status=AnswerStatus.INTERRUPTED, notice=NOTICE, lease_until=None)
    if closed:
        log.warning("answers abandoned", extra={"count": closed})
    return closed


def close_abandoned_until(stop: threading.Event) -> None:
    """Look every LOOK_SECONDS until told to stop; a database that is away is waited for."""
    while not stop.is_set():
        try:
            close_abandoned()
        except DatabaseError as error:
            log.warning("The database is not available: %s", type(error).__name__)
        finally:
            release_connection()
        stop.wait(LOOK_SECONDS)
