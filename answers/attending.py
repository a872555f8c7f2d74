"""What an answer under way looks up for: whether its reader is still there, and whether this process goes on.

The thread that answers does it itself, while it waits for a model and between the pieces of an answer, and renews the
answer's lease by the way. Knows nothing of HTTP or of how answers are made.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError

from answers.models import Answer
from answers.querysets import LEASE_SECONDS
from qabot.pooling import release_connection
from qabot.stopping import Stopping, this_process
from qabot.waiting import CalledOff, looking_up

RENEW_SECONDS = LEASE_SECONDS / 3  # two renewals may fail before the lease is lost

log = logging.getLogger(__name__)


class ReaderLeft(CalledOff):
    """The reader hung up before the end."""

    def __init__(self) -> None:
        super().__init__("The connection was closed before this answer was complete.")


class ServerStops(CalledOff):
    """This process was told to end, and the answer had its time."""

    def __init__(self) -> None:
        super().__init__("The server was restarted before this answer was complete.")


def nobody_leaves() -> bool:
    """Of an answer that is wanted whoever is there."""
    return False


class Attendance:
    """One look, called over and over by whoever works on an answer. Raises ReaderLeft and ServerStops."""

    def __init__(self, answer: Answer, has_left: Callable[[], bool], process: Stopping = this_process) -> None:
        self._answer_id = answer.pk
        self._has_left = has_left
        self._process = process
        self._renew_at = time.monotonic() + RENEW_SECONDS

    def __call__(self) -> None:
        if self._has_left():
            raise ReaderLeft
        if self._process.answers_must_end():
            raise ServerStops
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + RENEW_SECONDS
            self._renew_lease()

    def _renew_lease(self) -> None:
        try:
            Answer.objects.renew_lease(self._answer_id)
        except DatabaseError as error:
            log.warning("lease not renewed", extra={"answer": self._answer_id, "reason": type(error).__name__})
        finally:
            release_connection()  # whoever looks up waits for a model, and may do so for long


@contextmanager
def attended(answer: Answer, has_left: Callable[[], bool] = nobody_leaves) -> Iterator[None]:
    """Whatever is done for an answer inside of this, in this thread, is called off when nobody wants it any more."""
    with looking_up(Attendance(answer, has_left)):
        yield
