"""Leave an engine that failed alone, the longer the more often it failed, by the database's clock."""

import logging
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from documents.engine_copies.models import EngineCopy

FIRST_WAIT_SECONDS = 2  # after the first failure, twice that after the second
LONGEST_WAIT_SECONDS = 60  # somebody may have mended it, and documents wait

log = logging.getLogger(__name__)


def postpone_copy(copy: EngineCopy, reason: str) -> None:
    """Try again in a while, telling the reason. What is to be told the engine stays in the outbox."""
    seconds = min(FIRST_WAIT_SECONDS * 2 ** min(copy.failures, 10), LONGEST_WAIT_SECONDS)
    EngineCopy.objects.filter(pk=copy.pk).update(
        error=reason, failures=F("failures") + 1, postponed_until=Now() + timedelta(seconds=seconds)
    )
    log.warning("engine copy postponed", extra={"copy": copy.name, "reason": reason, "seconds": seconds})


def note_progress(copy: EngineCopy) -> None:
    """It went well: what went wrong before is forgotten."""
    if copy.failures:
        EngineCopy.objects.filter(pk=copy.pk).update(error="", failures=0, postponed_until=None)
        copy.failures = 0
