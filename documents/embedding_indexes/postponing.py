"""Let the filling of an index wait after a failure, the longer the more often it failed, by the database's clock."""

import logging
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from documents.models import EmbeddingIndex
from qabot.provider_contract import ProviderRateLimited

FIRST_WAIT_SECONDS = 15  # after the first failure, twice that after the second
LONGEST_WAIT_SECONDS = 600  # somebody may have mended it

log = logging.getLogger(__name__)


def postpone_filling(index: EmbeddingIndex, error: Exception, reason: str = "") -> None:
    """Try again in a while, telling the reason, or else the error's own words. No document waits for it."""
    standing = EmbeddingIndex.objects.filter(pk=index.pk)
    failures = standing.values_list("failures", flat=True).first() or 0
    seconds: float = min(FIRST_WAIT_SECONDS * 2 ** min(failures, 10), LONGEST_WAIT_SECONDS)
    if isinstance(error, ProviderRateLimited) and error.retry_after:
        seconds = max(seconds, error.retry_after)
    standing.update(
        error=reason or str(error),
        failures=F("failures") + 1,
        postponed_until=Now() + timedelta(seconds=seconds),
    )
    log.warning("filling postponed", extra={"index": index.pk, "reason": type(error).__name__, "seconds": seconds})


def note_progress(index: EmbeddingIndex) -> None:
    """A batch went well: what went wrong before is forgotten."""
    if index.failures:
        EmbeddingIndex.objects.filter(pk=index.pk).update(error="", failures=0, postponed_until=None)
        index.failures = 0
