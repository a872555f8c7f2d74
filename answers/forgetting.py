"""Delete what nobody can come back to: sessions that expired, and old conversations of visitors without an account.

A visitor's conversation is reached through the session of their browser alone, which ends two weeks after its last use.
Called by the worker, once a day and when it starts.
"""

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, InterfaceError
from django.db.models.functions import Now

from answers.models import Conversation
from qabot.pooling import release_connection

FORGET_SECONDS = 24 * 3600.0
RETRY_SECONDS = 60.0  # while the database is away
DELETED_AT_ONCE = 200  # conversations in a transaction: their passages are thousands of rows

log = logging.getLogger(__name__)


def forget_until(stop: threading.Event) -> None:
    """Delete once a day until told to stop; a database that is away is waited for."""
    while not stop.is_set():
        pause = FORGET_SECONDS
        try:
            forget(settings.QABOT_ANONYMOUS_DAYS)
        except (DatabaseError, InterfaceError) as error:
            log.warning("The database is not available: %s", type(error).__name__)
            pause = RETRY_SECONDS
        finally:
            release_connection()
        stop.wait(pause)


def forget(anonymous_days: int) -> None:
    """Delete expired sessions, and visitors' conversations of so many days ago; 0 keeps conversations for ever."""
    sessions, _ = Session.objects.filter(expire_date__lt=Now()).delete()
    conversations = _forget_conversations(anonymous_days) if anonymous_days else 0
    if sessions or conversations:
        log.info("forgotten", extra={"sessions": sessions, "conversations": conversations})


def _forget_conversations(days: int) -> int:
    forgotten = 0
    old = Conversation.objects.of_visitors().untouched_for(timedelta(days=days)).unshared()
    while ids := list(old.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        Conversation.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
    return forgotten
